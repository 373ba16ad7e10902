//! The JSON Schema of `calint.yaml`, for editors.

use std::collections::BTreeMap;

use schemars::{JsonSchema, SchemaGenerator, json_schema, schema_for};
use serde_json::Value;

use crate::rules;

/// Configuration of calint: what a team says about its tenant and about the rules.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
#[expect(dead_code, reason = "the fields exist for the schema alone")]
struct Calint {
    /// The accounts and groups that must always get in.
    emergency_access: Option<EmergencyAccess>,
    /// What is taken for granted about the tenant.
    assume: Option<Assume>,
    /// Rules that are off unless they are asked for, by the name for all of them.
    profiles: Option<Vec<Profile>>,
    /// The level of each rule.
    #[schemars(schema_with = "levels", default)]
    rules: Option<BTreeMap<String, Level>>,
    /// Findings that are excused.
    exceptions: Option<Vec<Exception>>,
    /// Which files are read.
    paths: Option<Paths>,
    /// Files that tell about the tenant: exports of users, groups, role assignments, authentication strengths,
    /// named locations and cross-tenant access settings. Paths relative to this file, with `*`, `**` and `?`.
    context: Option<Vec<String>>,
    /// Files and folders with rules of the tenant's own, relative to this file. Default: the folder .calint/rules
    /// beside it or above.
    house_rules: Option<Vec<String>>,
    /// How policies are named. Without it, names are not looked at.
    naming: Option<Naming>,
    /// After how many days a policy in report-only is due for a decision. Without it, their age is not looked at.
    #[schemars(range(min = 1))]
    report_only_days: Option<u32>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
#[expect(dead_code, reason = "the fields exist for the schema alone")]
struct Naming {
    /// A regular expression that the display name of every policy matches, such as `^CA\d{3} `.
    pattern: Option<String>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
#[expect(dead_code, reason = "the fields exist for the schema alone")]
struct EmergencyAccess {
    /// Object ids of accounts, or the text that stands for one in the policies.
    users: Option<Vec<String>>,
    /// Object ids of groups, or the text that stands for one in the policies.
    groups: Option<Vec<String>>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
#[expect(dead_code, reason = "the fields exist for the schema alone")]
struct Assume {
    /// Whether the service still honours the grant control `approvedApplication`. Default: retired.
    approved_app: Option<ApprovedApp>,
    /// Whether sign-ins that ask only for basic scopes are judged in policies that leave apps out. Default:
    /// enforced.
    baseline_scopes: Option<BaselineScopes>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
#[expect(dead_code, reason = "the variants exist for the schema alone")]
enum Profile {
    /// What checklists expect of every tenant, such as CISA's and Microsoft's own templates.
    Coverage,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
#[expect(dead_code, reason = "the variants exist for the schema alone")]
enum ApprovedApp {
    Retired,
    Honoured,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
#[expect(dead_code, reason = "the variants exist for the schema alone")]
enum BaselineScopes {
    Enforced,
    Legacy,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
#[expect(dead_code, reason = "the variants exist for the schema alone")]
enum Level {
    Error,
    Warn,
    Note,
    Off,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
#[expect(dead_code, reason = "the fields exist for the schema alone")]
struct Exception {
    /// The rule that is excused.
    rule: String,
    /// The policy, by display name or id.
    policy: String,
    /// Why this is acceptable.
    reason: String,
    /// The last day the exception holds, as 2027-01-31.
    until: Option<String>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
#[expect(dead_code, reason = "the fields exist for the schema alone")]
struct Paths {
    /// Only files that match one of these patterns are read. Patterns as in .gitignore.
    include: Option<Vec<String>>,
    /// Files that match one of these patterns are not read. Patterns as in .gitignore.
    exclude: Option<Vec<String>>,
}

fn levels(generator: &mut SchemaGenerator) -> schemars::Schema {
    let level = generator.subschema_for::<Level>();
    let properties: serde_json::Map<String, Value> = rules::ALL
        .iter()
        .map(|rule| {
            let meta = rule.meta();
            let property = serde_json::json!({ "description": meta.summary(), "allOf": [level.clone()] });
            (meta.id.as_str().to_owned(), property)
        })
        .collect();
    json_schema!({
        "type": ["object", "null"],
        "properties": properties,
        "additionalProperties": level,
    })
}

/// The schema, as printed by `calint schema`.
///
/// # Errors
/// None in practice: the schema is made of plain values.
pub fn json() -> serde_json::Result<String> {
    let mut text = serde_json::to_string_pretty(&schema_for!(Calint))?;
    text.push('\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;

    #[test]
    fn the_schema_has_the_keys_the_reader_takes() {
        let schema: Value = serde_json::from_str(&json().unwrap()).unwrap();
        let keys = |object: &Value| -> Vec<String> {
            object["properties"].as_object().unwrap().keys().cloned().collect()
        };
        let sorted = |list: &[&str]| -> Vec<String> {
            let mut list: Vec<_> = list.iter().map(ToString::to_string).collect();
            list.sort();
            list
        };
        assert_eq!(keys(&schema), sorted(read::TOP));
        for (name, expected) in [
            ("EmergencyAccess", read::EMERGENCY),
            ("Assume", read::ASSUME),
            ("Exception", read::EXCEPTION),
            ("Paths", read::PATHS),
            ("Naming", read::NAMING),
        ] {
            assert_eq!(keys(&schema["$defs"][name]), sorted(expected), "{name}");
        }
        let profile = schema["$defs"]["Profile"].to_string();
        for known in rules::Profile::ALL {
            assert!(profile.contains(&format!("\"{}\"", known.as_str())), "{profile}");
        }
    }
}
