//! The JSON Schema of files with house rules, for editors.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema, schema_for};
use serde_json::{Map, Value, json};

use super::field::{FIELDS, Field, REPORT_ONLY};
use super::read::{MAX_PATTERN, verbs_of};

/// House rules of calint: what an organization asks of its Conditional Access policies.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "the fields exist for the schema alone")]
struct HouseRules(Vec<Rule>);

/// One rule.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("anyOf" = [{"required": ["require"]}, {"required": ["forbid"]}]))]
#[expect(dead_code, reason = "the fields exist for the schema alone")]
struct Rule {
    /// Its name, in lower case with hyphens. Read after "allow", it names what is wrong.
    #[schemars(regex(pattern = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"))]
    id: String,
    /// What is wrong, in one line: in lower case and without a full stop.
    message: String,
    /// What to do about it.
    help: String,
    /// Why it matters.
    note: Option<String>,
    /// How much it matters.
    level: Level,
    /// Where to read more.
    #[schemars(regex(pattern = r"^https://\S+$"))]
    url: Option<String>,
    /// The policies the rule is about: those for which all of this holds. Without it, all.
    r#where: Option<Conditions>,
    /// What has to hold, all of it.
    require: Option<Conditions>,
    /// What must not hold, all of it together.
    forbid: Option<Conditions>,
    /// Policies that the rule has nothing to say of, as Microsoft Graph has them. Members that do not matter may be
    /// left out.
    #[schemars(length(min = 1))]
    good: Vec<Map<String, Value>>,
    /// Policies that break the rule.
    #[schemars(length(min = 1))]
    bad: Vec<Map<String, Value>>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
#[expect(dead_code, reason = "the variants exist for the schema alone")]
enum Level {
    Error,
    Warn,
    Note,
}

/// Fields of a policy, each with what is asked of it.
struct Conditions;

impl JsonSchema for Conditions {
    fn schema_name() -> Cow<'static, str> {
        "Conditions".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut properties = Map::new();
        for field in FIELDS {
            let name = field.kebab();
            // Fields that take the same share a definition, named after the first of them.
            let condition = condition(field);
            let definitions = generator.definitions_mut();
            let known = definitions.iter().find(|(_, known)| **known == condition);
            let like = known.map_or_else(|| format!("like-{name}"), |(like, _)| like.clone());
            definitions.entry(like.clone()).or_insert(condition);
            let property = json!({
                "description": format!("`{}` of Microsoft Graph.", field.place()),
                "$ref": format!("#/$defs/{like}"),
            });
            for name in [field.name.to_owned(), name] {
                properties.insert(name, property.clone());
            }
        }
        json_schema!({
            "description": "Fields of a policy, each with what is asked of it.",
            "type": "object",
            "properties": properties,
            "additionalProperties": false,
            "minProperties": 1,
        })
    }
}

fn condition(field: &Field) -> Value {
    let value = value(field);
    let values = json!({ "type": "array", "items": value, "minItems": 1 });
    let either = json!({ "anyOf": [value, values] });
    let verbs: Map<String, Value> = verbs_of(field)
        .into_iter()
        .map(|verb| {
            let argument = match verb {
                "equals" if field.single => value.clone(),
                "matches" => json!({ "type": "string", "format": "regex", "maxLength": MAX_PATTERN }),
                "empty" => json!({ "type": "boolean" }),
                _ => either.clone(),
            };
            (verb.to_owned(), argument)
        })
        .collect();
    let object = json!({
        "type": "object", "properties": verbs, "additionalProperties": false, "minProperties": 1,
    });
    if field.single { json!({ "anyOf": [value, values, object] }) } else { object }
}

fn value(field: &Field) -> Value {
    let mut words = field.values.words();
    if field.name == "state" {
        words.push(REPORT_ONLY);
    }
    if words.is_empty() { json!({ "type": ["string", "number"] }) } else { json!({ "enum": words }) }
}

/// The schema, as printed by `calint schema --house-rules`.
///
/// # Errors
/// None in practice: the schema is made of plain values.
pub fn json() -> serde_json::Result<String> {
    let mut text = serde_json::to_string_pretty(&schema_for!(HouseRules))?;
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
        let mut expected: Vec<_> = read::RULE.iter().map(ToString::to_string).collect();
        expected.sort();
        assert_eq!(keys(&schema["$defs"]["Rule"]), expected);
        let fields = keys(&schema["$defs"]["Conditions"]);
        assert!(FIELDS.iter().all(|field| fields.contains(&field.kebab())));
    }
}
