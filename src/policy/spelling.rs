//! How a file spells the schema, so that findings speak its words.

/// The format of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// JSON.
    #[default]
    Json,
    /// YAML.
    Yaml,
    /// Terraform.
    Hcl,
    /// PowerShell desired-state configuration.
    PowerShell,
}

/// How the members of one policy are spelled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spelling {
    /// The format around them.
    pub format: Format,
    /// The case of the members.
    pub case: Case,
    /// Users, groups and locations stand there by name, as the notation asks.
    pub names: bool,
}

/// The case of members.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Case {
    /// `excludeUsers`, as Microsoft Graph writes.
    #[default]
    Camel,
    /// `ExcludeUsers`, as PowerShell objects come out.
    Pascal,
    /// `exclude_users`.
    Snake,
    /// `excluded_users`, as the azuread Terraform provider writes.
    SnakePast,
}

impl Spelling {
    /// A member, given in the words of Microsoft Graph, as this file would write it.
    #[must_use]
    pub fn member(self, graph: &str) -> String {
        match self.case {
            Case::Camel => graph.to_owned(),
            Case::Pascal => {
                let mut chars = graph.chars();
                chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
            }
            Case::Snake => snake(graph),
            Case::SnakePast => {
                let snake = snake(graph);
                match snake.split_once('_') {
                    Some((verb @ ("include" | "exclude"), rest)) => format!("{verb}d_{rest}"),
                    _ => snake,
                }
            }
        }
    }

    /// A member and its value, as this file would write them.
    #[must_use]
    pub fn assignment(self, graph: &str, value: &str) -> String {
        let member = self.member(graph);
        match self.format {
            Format::Json => format!("\"{member}\": {value}"),
            Format::Yaml => format!("{member}: {value}"),
            Format::Hcl => format!("{member} = {value}"),
            Format::PowerShell => match value.strip_prefix('[').and_then(|value| value.strip_suffix(']')) {
                Some(items) => format!("{member} = @({items})"),
                None => format!("{member} = {value}"),
            },
        }
    }
}

fn snake(graph: &str) -> String {
    let mut text = String::with_capacity(graph.len() + 4);
    for letter in graph.chars() {
        if letter.is_ascii_uppercase() {
            text.push('_');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

/// Whether a key as written is a member of Microsoft Graph, in any of the cases above.
#[must_use]
pub fn same_member(written: &str, graph: &str) -> bool {
    if written == graph {
        return true;
    }
    // Members differ from each other in their first letter more often than not.
    let first = |text: &str| text.bytes().next().map(|byte| byte.to_ascii_lowercase());
    if first(written) != first(graph) {
        return false;
    }
    let mut graph = graph.bytes().map(|byte| byte.to_ascii_lowercase());
    let past = written
        .strip_prefix("included_")
        .map(|rest| ("include", rest))
        .or_else(|| written.strip_prefix("excluded_").map(|rest| ("exclude", rest)));
    let (verb, rest) = past.unwrap_or(("", written));
    let mut written = verb.bytes().chain(rest.bytes()).filter(|byte| *byte != b'_');
    loop {
        match (written.next(), graph.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) if a.to_ascii_lowercase() == b => {}
            _ => return false,
        }
    }
}

/// The case a key is written in, where it tells.
#[must_use]
pub fn case_of(written: &str) -> Option<Case> {
    let first = written.chars().next()?;
    if written.starts_with("included_") || written.starts_with("excluded_") {
        Some(Case::SnakePast)
    } else if written.contains('_') {
        Some(Case::Snake)
    } else if first.is_ascii_uppercase() {
        Some(Case::Pascal)
    } else if written.chars().any(|letter| letter.is_ascii_uppercase()) {
        Some(Case::Camel)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_in_every_case() {
        let spelled = |case| Spelling { case, ..Spelling::default() }.member("excludeGuestsOrExternalUsers");
        for (case, expected) in [
            (Case::Camel, "excludeGuestsOrExternalUsers"),
            (Case::Pascal, "ExcludeGuestsOrExternalUsers"),
            (Case::Snake, "exclude_guests_or_external_users"),
            (Case::SnakePast, "excluded_guests_or_external_users"),
        ] {
            assert_eq!(spelled(case), expected);
            assert!(same_member(expected, "excludeGuestsOrExternalUsers"));
            assert_eq!(case_of(expected), Some(case));
        }
        assert!(!same_member("excludeUser", "excludeUsers"));
    }
}
