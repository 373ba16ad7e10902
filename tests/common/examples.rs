//! The examples in the documentation of the rules.

use std::fs;

use calint::discover::ConfigChoice;
use calint::engine::change::Base;
use calint::engine::{self, Options, Outcome};

/// A policy without any finding, for examples that are configurations.
const HEALTHY: &str = r#"{
  "displayName": "Example", "state": "enabled",
  "conditions": {
    "users": { "includeUsers": ["All"], "excludeGroups": ["5b0f3a52-6c1e-4f0e-8b1d-2f4f6a7c9d10"] },
    "applications": { "includeApplications": ["All"] }
  },
  "grantControls": { "operator": "OR", "builtInControls": ["mfa"] }
}"#;

/// One block of code that is run.
#[derive(Clone, Debug)]
pub(crate) struct Example {
    /// The ending of its file.
    pub(crate) format: String,
    /// It has one finding of its rule; else it has none.
    pub(crate) bad: bool,
    /// It is a configuration instead of a file with policies.
    pub(crate) config: bool,
    /// The state before the change, where the example is a change: the block before it.
    pub(crate) base: Option<String>,
    /// The configuration it is run with, where its rule needs one.
    pub(crate) needs: Option<String>,
    /// The block.
    pub(crate) text: String,
}

impl Example {
    /// The examples of a documentation.
    pub(crate) fn all(docs: &str) -> Vec<Self> {
        let mut found = Vec::new();
        let mut base = None;
        let needs = docs.split_once("```yaml config\n").and_then(|(_, rest)| rest.split("```").next());
        let mut lines = docs.lines();
        while let Some(line) = lines.next() {
            let Some(info) = line.strip_prefix("```") else { continue };
            let words: Vec<_> = info.split_whitespace().collect();
            let text: Vec<_> = lines.by_ref().take_while(|line| !line.starts_with("```")).collect();
            if let [_, "base"] = words.as_slice() {
                base = Some(text.join("\n"));
            } else if let [format, kind @ ("bad" | "good"), rest @ ..] = words.as_slice() {
                found.push(Self {
                    format: (*format).to_owned(),
                    bad: *kind == "bad",
                    config: rest.contains(&"config"),
                    base: base.take(),
                    needs: needs.map(str::to_owned),
                    text: text.join("\n"),
                });
            }
        }
        found
    }

    /// Runs the program on it. Rules that are off by default run where `only` names them.
    pub(crate) fn run(&self, only: &[&str]) -> Outcome {
        let only = only.iter().map(|rule| (*rule).to_owned()).collect();
        if let Some(base) = &self.base {
            return self.change(base, only);
        }
        if let Some(config) = &self.needs {
            let name = format!("example.{}", self.format);
            return Self::in_folder(&[("calint.yaml", config), (&name, &self.text)], only);
        }
        if !self.config {
            let stdin = Some((format!("example.{}", self.format), self.text.as_bytes().to_vec()));
            let options = Options { stdin, only, ..super::options() };
            return engine::run(&options).expect("no configuration is read");
        }
        Self::in_folder(&[("calint.yaml", &self.text), ("example.json", HEALTHY)], only)
    }

    /// Runs the program on a folder with a configuration.
    fn in_folder(files: &[(&str, &str)], only: Vec<String>) -> Outcome {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let paths = vec![folder.path().to_path_buf()];
        let options = Options { paths, config: ConfigChoice::Nearest, only, ..super::options() };
        engine::run(&options).expect("the configuration is accepted")
    }

    /// Runs it as a change, each state in a folder of its own.
    fn change(&self, base: &str, only: Vec<String>) -> Outcome {
        let folder = tempfile::tempdir().unwrap();
        let roots = ["before", "after"].map(|name| folder.path().join(name));
        for (root, text) in roots.iter().zip([base, self.text.as_str()]) {
            fs::create_dir(root).unwrap();
            fs::write(root.join(format!("example.{}", self.format)), text).unwrap();
        }
        let [before, after] = roots;
        let options = Options { paths: vec![after.clone()], only, ..super::options() };
        let base = Base::Files { paths: vec![before.clone()], roots: (before, after), revision: None };
        engine::change::diff(&options, &base, "before").expect("no configuration is read")
    }
}
