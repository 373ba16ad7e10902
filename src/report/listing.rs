//! What rules there are, and what is known of each.

use std::io::{self, Write};

use clap::ValueEnum;
use serde::Serialize;

use crate::finding::{Level, RuleId};
use crate::rule::{Family, Meta, Profile, Rule};
use crate::rule_set::RuleSet;

/// The formats of the list of rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ListingFormat {
    /// One rule a line
    #[default]
    Text,
    /// A table a family
    Markdown,
    /// JSON; the shape is versioned
    Json,
}

/// What programs are told of a rule.
#[derive(Clone, Debug, Serialize)]
pub struct Entry<'r> {
    id: &'r RuleId,
    family: Family,
    level: Level,
    #[serde(rename = "onByDefault")]
    is_on: bool,
    profile: Option<&'static str>,
    summary: &'r str,
    url: Option<&'r str>,
}

/// What programs are told of a rule.
#[must_use]
pub fn entry(rule: &dyn Rule) -> Entry<'_> {
    let meta = rule.meta();
    Entry {
        id: &meta.id,
        family: meta.family,
        level: meta.level,
        is_on: rule.is_on(),
        profile: rule.profile().map(Profile::as_str),
        summary: meta.summary(),
        url: meta.url(),
    }
}

#[derive(Serialize)]
struct Document<'r> {
    version: u8,
    rules: Vec<Entry<'r>>,
}

/// Writes the list.
///
/// # Errors
/// What the writer returns.
pub fn write(rules: &RuleSet, format: ListingFormat, out: &mut dyn Write) -> io::Result<()> {
    match format {
        ListingFormat::Text => text(rules, out),
        ListingFormat::Markdown => {
            out.write_all(markdown(rules, |meta| meta.url().unwrap_or_default().to_owned()).as_bytes())
        }
        ListingFormat::Json => {
            let rules = rules.iter().map(entry).collect();
            serde_json::to_writer_pretty(&mut *out, &Document { version: 1, rules })?;
            writeln!(out)
        }
    }
}

fn text(rules: &RuleSet, out: &mut dyn Write) -> io::Result<()> {
    let longest = rules.iter().map(|rule| rule.meta().id.as_str().len()).max().unwrap_or_default();
    rules.iter().try_for_each(|rule| {
        let meta = rule.meta();
        writeln!(
            out,
            "{:longest$}  {:5}  {:9}  {}{}",
            meta.id.as_str(),
            meta.level.as_str(),
            meta.family.as_str(),
            meta.summary(),
            match rule.profile() {
                Some(profile) => format!(" (off; profile {})", profile.as_str()),
                None if !rule.is_on() => " (off)".to_owned(),
                None => String::new(),
            }
        )
    })
}

/// A heading and a table for each family; the name of a rule leads to where `link` says.
pub fn markdown(rules: &RuleSet, link: impl Fn(&Meta) -> String) -> String {
    let tables = Family::ALL.iter().filter_map(|family| {
        let rows: String = rules
            .iter()
            .filter(|rule| rule.meta().family == *family)
            .map(|rule| row(rule, &link(rule.meta())))
            .collect();
        let head = "| rule | highest level | by default | what it finds |\n|---|---|---|---|\n";
        let (name, meaning) = (family.title(), family.meaning());
        (!rows.is_empty()).then(|| format!("## {name}\n\n{meaning}\n\n{head}{rows}"))
    });
    tables.collect::<Vec<_>>().join("\n")
}

fn row(rule: &dyn Rule, link: &str) -> String {
    let meta = rule.meta();
    let standing = match rule.profile() {
        Some(profile) => format!("profile {}", profile.as_str()),
        None => if rule.is_on() { "on" } else { "off" }.to_owned(),
    };
    format!("| [`{}`]({link}) | {} | {standing} | {} |\n", meta.id, meta.level, meta.summary())
}
