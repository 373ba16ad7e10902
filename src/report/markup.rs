//! Texts of files inside Markdown, where they may say anything and do nothing.

/// A text that is shown as it is and does nothing: no markup, no HTML, no links, nobody is mentioned.
pub(super) fn text(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let first = shown.trim_start().is_empty();
        let next = letters.peek().copied().unwrap_or(' ');
        match letter {
            '\\' | '`' | '*' | '_' | '[' | ']' | '~' | '$' | '!' => shown.extend(['\\', letter]),
            '|' => shown.push_str("&#124;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '&' => shown.push_str("&amp;"),
            // A mention or a number of an issue is found in what is shown, so a backslash does not stop it.
            '@' | '#' if next.is_alphanumeric() => {
                shown.push(letter);
                shown.push_str("<!-- -->");
            }
            // `GH-1` is a number of an issue too.
            '-' if next.is_ascii_digit() && (shown.ends_with("GH") || shown.ends_with("gh")) => {
                shown.push_str("-<!-- -->");
            }
            // The start of a heading or a list.
            '#' | '-' | '+' if first => shown.extend(['\\', letter]),
            '.' | ')' if shown.trim_start().chars().all(|before| before.is_ascii_digit()) => {
                shown.extend(['\\', letter]);
            }
            // What makes a link of an address.
            ':' if next == '/' => shown.push_str("\\:"),
            '.' if shown.ends_with("www") => shown.push_str("\\."),
            // Several spaces would make code of the first words of an item.
            letter if letter.is_control() || letter.is_whitespace() => {
                if !shown.ends_with(' ') {
                    shown.push(' ');
                }
            }
            letter => shown.push(letter),
        }
    }
    shown
}

/// A message, in which what stands between backticks is code.
pub(super) fn message(message: &str) -> String {
    let mut shown = String::new();
    let mut rest = message;
    while let Some((before, quoted, after)) = quoted(rest) {
        shown.push_str(&text(before));
        shown.push_str(&code(quoted));
        rest = after;
    }
    shown + &text(rest)
}

/// A text as code; outside tables. There is no code without a letter: two backticks would begin some.
pub(super) fn code(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let text: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A message before, between and after its first pair of backticks.
pub(super) fn quoted(message: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = message.split_once('`')?;
    let (code, after) = rest.split_once('`')?;
    Some((before, code, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stay_texts() {
        assert_eq!(
            text("# a @b GH-1 <c> www.contoso.com"),
            "\\# a @<!-- -->b GH-<!-- -->1 &lt;c&gt; www\\.contoso.com"
        );
        assert_eq!(text("- a\n\n- b"), "\\- a - b");
    }

    #[test]
    fn code_ends_where_it_should() {
        assert_eq!(code("a`b``"), "``` a`b`` ```");
        assert_eq!(message("`a` and `` and `b"), "`a` and  and \\`b");
    }
}
