//! What the documents show is what the program does.
//!
//! Every block of a document that starts with `$ calint ` is run from the project's root. `CALINT_UPDATE=1 cargo
//! test --test examples` writes the real output into the documents.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;

use std::fmt::Write as _;
use std::fs;
use std::iter::Peekable;
use std::str::Chars;

use calint::rule::Family;
use calint::rules::ALL;
use calint::{load, syntax};

const DOCUMENTS: [&str; 2] = ["README.md", "policies-examples/README.md"];
const TABLE: [&str; 2] = ["<!-- rules -->", "<!-- end of rules -->"];

/// A run as a document shows it.
struct Block {
    /// The line of the command, counted from 1.
    line: usize,
    command: String,
    output: String,
    code: Option<i32>,
}

/// The text of a document in pieces: what stands outside the runs, and the runs.
enum Piece {
    Text(String),
    Run(Block),
}

/// Splits a document. A block without an `exit code` line as its last is shown without its exit code.
fn pieces(document: &str) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut text = String::new();
    let mut lines = document.lines().enumerate().peekable();
    while let Some((_, line)) = lines.next() {
        writeln!(text, "{line}").unwrap();
        if line != "```console" {
            continue;
        }
        let Some((at, command)) = lines.next_if(|(_, line)| line.starts_with("$ calint")) else { continue };
        let mut body: Vec<&str> = Vec::new();
        while let Some((_, line)) = lines.next_if(|(_, line)| *line != "```") {
            body.push(line);
        }
        let code = body.last().and_then(|last| last.strip_prefix("exit code ")?.parse().ok());
        if code.is_some() {
            body.pop();
        }
        found.push(Piece::Text(std::mem::take(&mut text)));
        found.push(Piece::Run(Block {
            line: at + 1,
            command: command.to_owned(),
            output: without_trailing_space(&body.join("\n")),
            code,
        }));
    }
    found.push(Piece::Text(text));
    found
}

/// A text as an editor would save it, so that padding is no difference.
fn without_trailing_space(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(str::trim_end).collect();
    lines.join("\n").trim_end().to_owned()
}

/// The words of a command line, with quotes as a shell has them.
fn words(command: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut letters = command.chars().peekable();
    loop {
        while letters.next_if(|letter| letter.is_whitespace()).is_some() {}
        if letters.peek().is_none() {
            return found;
        }
        found.push(word(&mut letters));
    }
}

fn word(letters: &mut Peekable<Chars<'_>>) -> String {
    let mut word = String::new();
    let mut quote = None;
    while let Some(letter) = letters.next_if(|letter| quote.is_some() || !letter.is_whitespace()) {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (None, '\'' | '"') => quote = Some(letter),
            _ => word.push(letter),
        }
    }
    word
}

/// Runs a command of a document. Returns what a terminal shows, and the exit code.
fn run(command: &str) -> (String, Option<i32>) {
    let words = words(command);
    let arguments = words.iter().skip_while(|word| *word != "calint").skip(1);
    let output = common::calint(&common::project()).args(arguments).output().unwrap();
    let (out, err, code) = common::ran(output);
    (without_trailing_space(&(out + &err)), code)
}

/// The table of the families of rules.
fn table() -> String {
    let mut table = "| family | what its rules find | rules |\n|---|---|---|\n".to_owned();
    for family in Family::ALL {
        let count = ALL.iter().filter(|rule| rule.meta().family == family).count();
        if count == 0 {
            continue;
        }
        let (name, meaning) = (family.as_str(), family.meaning());
        writeln!(table, "| [{name}](rules/README.md#{name}) | {meaning} | {count} |").unwrap();
    }
    table
}

/// A text with the table of rules between its marks.
fn with_table(text: &str) -> Option<String> {
    let [start, end] = TABLE;
    let (before, rest) = text.split_once(start)?;
    let (_, after) = rest.split_once(end)?;
    Some(format!("{before}{start}\n{}{end}{after}", table()))
}

/// A document with everything in it that the program knows better, and what was different.
fn refreshed(name: &str, document: &str) -> (String, Vec<String>) {
    let mut text = String::new();
    let mut differences = Vec::new();
    for piece in pieces(document) {
        match piece {
            Piece::Text(piece) => text.push_str(&piece),
            Piece::Run(block) => {
                let (output, code) = run(&block.command);
                if output != block.output || block.code.is_some_and(|shown| Some(shown) != code) {
                    differences.push(difference(name, &block, &output, code));
                }
                writeln!(text, "{}", block.command).unwrap();
                if !output.is_empty() {
                    writeln!(text, "{output}").unwrap();
                }
                if let (Some(_), Some(code)) = (block.code, code) {
                    writeln!(text, "exit code {code}").unwrap();
                }
            }
        }
    }
    if let Some(with_table) = with_table(&text)
        && with_table != text
    {
        differences
            .push(format!("{name}: the table of the families of rules is not up to date\n{}", table()));
        text = with_table;
    }
    (text, differences)
}

fn difference(name: &str, block: &Block, output: &str, code: Option<i32>) -> String {
    let exit = |code: Option<i32>| code.map_or("not shown".to_owned(), |code| code.to_string());
    let (mut shown, mut real) = (block.output.lines(), output.lines());
    let first = (1..).find_map(|at| match (shown.next(), real.next()) {
        (None, None) => Some("none in the text".to_owned()),
        (shown, real) if shown == real => None,
        (shown, real) => {
            let [shown, real] = [shown, real].map(Option::unwrap_or_default);
            Some(format!("line {at} of the output\n  document: {shown}\n  program:  {real}"))
        }
    });
    format!(
        "{name}:{}: {}\nfirst difference: {}\n--- the document, exit code {}\n{}\n--- the program, exit code {}\n{output}\n",
        block.line,
        block.command,
        first.unwrap_or_default(),
        exit(block.code),
        block.output,
        exit(code),
    )
}

fn read(name: &str) -> String {
    fs::read_to_string(common::project().join(name)).unwrap()
}

#[test]
fn documents_show_what_the_program_does() {
    let mut all = Vec::new();
    for name in DOCUMENTS {
        let document = read(name);
        let (text, mut differences) = refreshed(name, &document);
        if std::env::var_os("CALINT_UPDATE").is_some() {
            fs::write(common::project().join(name), text).unwrap();
        } else {
            all.append(&mut differences);
        }
    }
    let count = all.len();
    assert!(all.is_empty(), "{}\n{count} differences; CALINT_UPDATE=1 takes them over", all.join("\n"));
}

#[test]
fn every_folder_of_examples_is_run() {
    let runs: Vec<String> = pieces(&read("policies-examples/README.md"))
        .into_iter()
        .filter_map(|piece| match piece {
            Piece::Run(block) => Some(block.command),
            Piece::Text(_) => None,
        })
        .collect();
    for entry in fs::read_dir(common::project().join("policies-examples")).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            let folder = format!("policies-examples/{}", entry.file_name().to_string_lossy());
            assert!(runs.iter().any(|run| run.contains(&folder)), "{folder} is not run in its README");
        }
    }
}

#[test]
fn configurations_in_the_readme_are_accepted() {
    let document = read("README.md");
    let configurations: Vec<_> = document
        .split("```yaml\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .filter(|text| text.starts_with("# calint.yaml"))
        .collect();
    assert!(!configurations.is_empty());
    for text in configurations {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("calint.yaml"), text).unwrap();
        fs::create_dir(folder.path().join("policies")).unwrap();
        let example = "policies-examples/healthy-tenant/CA301-mfa-for-guests.json";
        fs::write(folder.path().join("policies/guests.json"), read(example)).unwrap();
        let output = common::calint(folder.path())
            .args(["--skip", "unused-exception,expired-exception"])
            .output()
            .unwrap();
        let (out, err, code) = common::ran(output);
        assert_eq!(code, Some(0), "{out}{err}");
    }
}

#[test]
fn limits_in_the_readme_are_the_real_ones() {
    let document = read("README.md");
    let aliased = syntax::yaml::MAX_ALIASED / 1000;
    for limit in [
        format!("{} MiB", load::MAX_BYTES / 1024 / 1024),
        format!("{} levels", syntax::MAX_DEPTH),
        format!("{aliased},000 values"),
    ] {
        assert!(document.contains(&limit), "README.md does not state the limit of {limit}");
    }
}

#[test]
fn commands_are_split_as_a_shell_does() {
    assert_eq!(words("$ calint  a 'b c' --x=\"d e\""), ["$", "calint", "a", "b c", "--x=d e"]);
}
