//! The rule language of device filters.
//!
//! Source: Microsoft Entra documentation, "Filter for devices as a condition": attributes, operators, and the
//! rules for attributes that a device does not have. `-and` binds tighter than `-or`, and texts compare without
//! case, as in rules of dynamic groups.

use std::collections::BTreeMap;

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilterRule {
    /// All hold.
    And(Vec<FilterRule>),
    /// One holds.
    Or(Vec<FilterRule>),
    /// It does not hold.
    Not(Box<FilterRule>),
    /// A comparison of one attribute.
    Compare(Comparison),
}

/// A comparison of one attribute of a device.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Comparison {
    /// The attribute in lower case, without `device.`.
    pub attribute: String,
    /// How the attribute is compared.
    pub test: Test,
    /// The comparison has to fail: `-ne`, `-notContains`, `-notIn` and the like.
    pub negated: bool,
    /// The values, in lower case; one but for `-in`.
    pub values: Vec<String>,
}

/// How an attribute is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Test {
    /// Equal to one of the values.
    Equals,
    /// Starts with the value.
    StartsWith,
    /// Ends with the value.
    EndsWith,
    /// Contains the value; of a collection, an element is the value.
    Contains,
}

/// The attributes of a device, by name in lower case. What a device does not have is absent.
pub type Attributes = BTreeMap<String, Vec<String>>;

/// What an attribute holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    /// Any text.
    Text,
    /// An id.
    Id,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Several texts.
    Collection,
}

/// The attributes, as the documentation spells them.
const ATTRIBUTES: &[(&str, Holds)] = &[
    ("deviceId", Holds::Id),
    ("displayName", Holds::Text),
    ("deviceOwnership", Holds::Word(&["Personal", "Company"])),
    ("enrollmentProfileName", Holds::Text),
    ("isCompliant", Holds::Word(&["True", "False"])),
    ("manufacturer", Holds::Text),
    ("mdmAppId", Holds::Id),
    ("model", Holds::Text),
    ("operatingSystem", Holds::Text),
    ("operatingSystemVersion", Holds::Text),
    ("physicalIds", Holds::Collection),
    ("profileType", Holds::Word(&["RegisteredDevice", "SecureVM", "Printer", "Shared", "IoT"])),
    ("systemLabels", Holds::Collection),
    ("trustType", Holds::Word(&["AzureAD", "ServerAD", "Workplace"])),
    ("extensionAttribute1", Holds::Text),
    ("extensionAttribute2", Holds::Text),
    ("extensionAttribute3", Holds::Text),
    ("extensionAttribute4", Holds::Text),
    ("extensionAttribute5", Holds::Text),
    ("extensionAttribute6", Holds::Text),
    ("extensionAttribute7", Holds::Text),
    ("extensionAttribute8", Holds::Text),
    ("extensionAttribute9", Holds::Text),
    ("extensionAttribute10", Holds::Text),
    ("extensionAttribute11", Holds::Text),
    ("extensionAttribute12", Holds::Text),
    ("extensionAttribute13", Holds::Text),
    ("extensionAttribute14", Holds::Text),
    ("extensionAttribute15", Holds::Text),
];

/// What in a comparison is not documented, so that it may have the same answer for every device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Oddity<'c> {
    /// There is no such attribute.
    Attribute,
    /// The attribute, as it is spelled, is not compared in this way.
    Operator(&'static str),
    /// The attribute, as it is spelled, has no such value; those it has.
    Value(&'static str, &'c str, &'static [&'static str]),
}

/// The names of all attributes.
pub fn attributes() -> impl Iterator<Item = &'static str> {
    ATTRIBUTES.iter().map(|(name, _)| *name)
}

/// Whether an attribute is a collection, of which `-contains` matches whole elements.
#[must_use]
pub(super) fn is_collection(attribute: &str) -> bool {
    ATTRIBUTES.iter().any(|(name, holds)| *holds == Holds::Collection && name.eq_ignore_ascii_case(attribute))
}

/// The longest rule the service accepts, in characters.
pub const MAX_RULE: usize = 3072;

impl FilterRule {
    /// Whether a device matches. An attribute that the device does not have fails every comparison, and so
    /// passes every negated one.
    #[must_use]
    pub fn matches(&self, device: &Attributes) -> bool {
        match self {
            Self::And(rules) => rules.iter().all(|rule| rule.matches(device)),
            Self::Or(rules) => rules.iter().any(|rule| rule.matches(device)),
            Self::Not(rule) => !rule.matches(device),
            Self::Compare(comparison) => comparison.holds(device),
        }
    }

    /// Every comparison of a rule, in order.
    #[must_use]
    pub fn comparisons(&self) -> Vec<&Comparison> {
        match self {
            Self::And(rules) | Self::Or(rules) => rules.iter().flat_map(Self::comparisons).collect(),
            Self::Not(rule) => rule.comparisons(),
            Self::Compare(comparison) => vec![comparison],
        }
    }

    /// The rule of a text; nothing where the text is not one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.chars().count() > MAX_RULE {
            return None;
        }
        let mut tokens = tokens(text)?;
        tokens.reverse();
        let mut parser = Parser { tokens };
        let rule = parser.either(0)?;
        parser.tokens.is_empty().then_some(rule)
    }
}

impl Comparison {
    /// What of it is not documented, where something is not.
    #[must_use]
    pub fn oddity(&self) -> Option<Oddity<'_>> {
        let known = ATTRIBUTES.iter().find(|(name, _)| name.eq_ignore_ascii_case(&self.attribute));
        let Some((name, holds)) = known else { return Some(Oddity::Attribute) };
        let fits = match holds {
            Holds::Text => true,
            Holds::Id | Holds::Word(_) => self.test == Test::Equals,
            Holds::Collection => self.test == Test::Contains,
        };
        if !fits {
            return Some(Oddity::Operator(name));
        }
        let Holds::Word(words) = holds else { return None };
        let is_odd =
            |value: &&String| *value != "null" && !words.iter().any(|word| word.eq_ignore_ascii_case(value));
        self.values.iter().find(is_odd).map(|value| Oddity::Value(name, value, words))
    }

    fn holds(&self, device: &Attributes) -> bool {
        let own = device.get(&self.attribute).map_or(&[][..], Vec::as_slice);
        let absent = own.is_empty();
        let is_one = |value: &String| {
            if value == "null" {
                return absent && self.test == Test::Equals;
            }
            own.iter().map(|own| own.to_lowercase()).any(|own| match self.test {
                Test::Equals => own == *value,
                Test::StartsWith => own.starts_with(value.as_str()),
                Test::EndsWith => own.ends_with(value.as_str()),
                Test::Contains if is_collection(&self.attribute) => own == *value,
                Test::Contains => own.contains(value.as_str()),
            })
        };
        self.values.iter().any(is_one) != self.negated
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    And,
    Or,
    Not,
    Attribute(String),
    Operator(Test, bool),
    Value(String),
    ListOpen,
    ListClose,
    Comma,
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let single = match first {
            '(' => Some(Token::Open),
            ')' => Some(Token::Close),
            '[' => Some(Token::ListOpen),
            ']' => Some(Token::ListClose),
            ',' => Some(Token::Comma),
            _ => None,
        };
        let length = if let Some(token) = single {
            found.push(token);
            1
        } else if first == '"' || first == '\'' {
            let (value, length) = quoted(rest, first)?;
            found.push(Token::Value(value));
            length
        } else {
            let length = rest.find(|letter: char| letter.is_whitespace() || "()[],".contains(letter));
            let length = length.unwrap_or(rest.len());
            found.push(word(rest.get(..length)?)?);
            length
        };
        rest = rest.get(length..)?.trim_start();
    }
    Some(found)
}

fn quoted(text: &str, quote: char) -> Option<(String, usize)> {
    let mut value = String::new();
    let mut letters = text.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' | '`' => value.push(letters.next()?.1),
            letter if letter == quote => return Some((value.to_lowercase(), at + 1)),
            letter => value.push(letter),
        }
    }
    None
}

fn word(word: &str) -> Option<Token> {
    let lower = word.to_ascii_lowercase();
    if let Some(attribute) = lower.strip_prefix("device.") {
        return Some(Token::Attribute(attribute.to_owned()));
    }
    let operator = |test, negated| Some(Token::Operator(test, negated));
    match lower.strip_prefix('-').unwrap_or(&lower) {
        "and" => Some(Token::And),
        "or" => Some(Token::Or),
        "not" => Some(Token::Not),
        "eq" | "in" => operator(Test::Equals, false),
        "ne" | "notin" => operator(Test::Equals, true),
        "startswith" => operator(Test::StartsWith, false),
        "notstartswith" => operator(Test::StartsWith, true),
        "endswith" => operator(Test::EndsWith, false),
        "notendswith" => operator(Test::EndsWith, true),
        "contains" => operator(Test::Contains, false),
        "notcontains" => operator(Test::Contains, true),
        _ if lower.starts_with('-') => None,
        _ => Some(Token::Value(lower)),
    }
}

/// How deep brackets may nest.
const MAX_BRACKETS: usize = 64;

struct Parser {
    /// The tokens, last first.
    tokens: Vec<Token>,
}

impl Parser {
    fn take_if(&mut self, token: &Token) -> bool {
        let found = self.tokens.last() == Some(token);
        if found {
            self.tokens.pop();
        }
        found
    }

    fn either(&mut self, depth: usize) -> Option<FilterRule> {
        let mut rules = vec![self.all(depth)?];
        while self.take_if(&Token::Or) {
            rules.push(self.all(depth)?);
        }
        Some(if rules.len() == 1 { rules.pop()? } else { FilterRule::Or(rules) })
    }

    fn all(&mut self, depth: usize) -> Option<FilterRule> {
        let mut rules = vec![self.one(depth)?];
        while self.take_if(&Token::And) {
            rules.push(self.one(depth)?);
        }
        Some(if rules.len() == 1 { rules.pop()? } else { FilterRule::And(rules) })
    }

    fn one(&mut self, depth: usize) -> Option<FilterRule> {
        if depth > MAX_BRACKETS {
            return None;
        }
        match self.tokens.pop()? {
            Token::Not => Some(FilterRule::Not(Box::new(self.one(depth + 1)?))),
            Token::Open => {
                let rule = self.either(depth + 1)?;
                self.take_if(&Token::Close).then_some(rule)
            }
            Token::Attribute(attribute) => self.comparison(attribute),
            _ => None,
        }
    }

    fn comparison(&mut self, attribute: String) -> Option<FilterRule> {
        let Token::Operator(test, negated) = self.tokens.pop()? else { return None };
        let values = match self.tokens.pop()? {
            Token::Value(value) => vec![value],
            Token::ListOpen => self.list()?,
            _ => return None,
        };
        Some(FilterRule::Compare(Comparison { attribute, test, negated, values }))
    }

    fn list(&mut self) -> Option<Vec<String>> {
        let mut values = Vec::new();
        loop {
            match self.tokens.pop()? {
                Token::Value(value) => values.push(value),
                Token::Comma => {}
                Token::ListClose => return Some(values),
                _ => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(attributes: &[(&str, &str)]) -> Attributes {
        attributes.iter().map(|(name, value)| (name.to_lowercase(), vec![(*value).to_owned()])).collect()
    }

    fn matches(rule: &str, attributes: &[(&str, &str)]) -> bool {
        FilterRule::parse(rule).expect(rule).matches(&device(attributes))
    }

    #[test]
    fn an_unregistered_device_fails_every_comparison() {
        assert!(!matches("device.trustType -eq \"AzureAD\"", &[]));
        assert!(matches("device.trustType -ne \"AzureAD\"", &[]));
        assert!(!matches("device.isCompliant -eq False", &[]), "not compliant is not the same as no device");
        assert!(matches("device.extensionAttribute1 -ne \"SAW\"", &[]));
        assert!(matches("device.trustType -ne \"ServerAD\" -or device.isCompliant -ne True", &[]));
    }

    #[test]
    fn connectives_bind_as_in_dynamic_groups() {
        let compliant = [("isCompliant", "True"), ("trustType", "AzureAD")];
        assert!(matches("device.trustType -ne \"ServerAD\" -or device.isCompliant -ne True", &compliant));
        assert!(matches(
            "device.model -eq \"x\" -and device.model -eq \"y\" -or device.isCompliant -eq True",
            &compliant
        ));
        assert!(!matches(
            "device.isCompliant -eq True -and not (device.trustType -eq 'azuread')",
            &compliant
        ));
    }

    #[test]
    fn operators_and_lists() {
        let phone = [("displayName", "Meeting Room 4"), ("physicalIds", "[USER-GID]:1")];
        assert!(matches("device.displayName -startsWith \"meeting\"", &phone));
        assert!(matches("device.displayName -notEndsWith \"5\"", &phone));
        assert!(matches("device.displayName -in [\"a\", \"Meeting Room 4\"]", &phone));
        assert!(!matches("device.physicalIds -contains \"USER\"", &phone), "whole elements of a collection");
        assert!(matches("device.mdmAppId -eq null", &phone));
    }

    #[test]
    fn what_is_not_a_rule_is_none() {
        for text in [
            "",
            "garbage",
            "device.model -like \"x\"",
            "device.model -eq",
            "(device.model -eq \"x\"",
            "device.model -eq \"x",
        ] {
            assert_eq!(FilterRule::parse(text), None, "{text}");
        }
        assert_eq!(FilterRule::parse(&"(".repeat(3000)), None);
        assert_eq!(FilterRule::parse(&format!("device.model -eq \"{}\"", "x".repeat(4000))), None);
    }
}
