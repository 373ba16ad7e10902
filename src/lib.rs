//! Finds the Conditional Access policies that would lock an organization out, before they are merged.
//!
//! Data goes one way: arguments lead to files ([`discover`]), files to texts ([`source`]), texts to trees
//! ([`syntax`]), trees to policies ([`notation`], [`policy`]). Rules ([`rules`]) ask [`access`] what the
//! policies do and report findings ([`finding`]); [`suppress`] takes out what is excused and [`report`] writes
//! the rest. [`engine`] is the whole run; each subcommand is a file of [`command`].

pub mod access;
pub mod baseline;
pub mod cli;
pub mod command;
pub mod config;
pub mod discover;
pub mod edit;
pub mod engine;
pub mod excuse;
pub mod finding;
pub mod fingerprint;
pub mod fix;
pub mod history;
pub mod house;
pub mod load;
pub mod lsp;
pub mod modules;
pub mod notation;
pub mod policy;
pub mod records;
pub mod replay;
pub mod report;
pub mod revision;
pub mod rule;
pub mod rule_set;
#[path = "../rules/mod.rs"]
pub mod rules;
pub mod scenario;
pub mod sign_in_error;
pub mod source;
pub mod suppress;
pub mod syntax;
pub mod terraform;
