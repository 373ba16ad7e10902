//! Input that no policy should be: each file gets a finding that names it, the run says that it did not do its
//! whole job, nothing crashes, and the policy beside it is checked all the same.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot go on fails"
)]

mod common;

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::Command;

use calint::engine::{self, Options, Outcome};
use common::{calint, ran};
use tempfile::TempDir;

/// Blocks everyone, so a run that checks it finds something.
const GOOD: &str = r#"{
  "displayName": "Good",
  "state": "enabled",
  "conditions": {
    "users": { "includeUsers": ["All"] },
    "applications": { "includeApplications": ["All"] }
  },
  "grantControls": { "operator": "OR", "builtInControls": ["block"] }
}
"#;

const GOOD_YAML: &str = "displayName: Good\nstate: enabled\nconditions:\n  users: {includeUsers: [All]}\n  \
                         applications: {includeApplications: [All]}\ngrantControls: {builtInControls: [block]}\n";

const DEPTH: usize = 10_000;
const MEGABYTE: usize = 1024 * 1024;

/// A folder with [`GOOD`] and one file more.
fn beside_good(name: &str, bytes: impl AsRef<[u8]>) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("good.json"), GOOD).unwrap();
    fs::write(folder.path().join(name), bytes).unwrap();
    folder
}

/// What a run printed and how it ended.
struct Run {
    out: String,
    code: Option<i32>,
}

/// Runs to the end; a panic or a signal fails the test.
fn run(command: &mut Command) -> Run {
    let output = command.args(["--no-config", "--format", "concise", "--show-files"]).output().unwrap();
    let (out, err, code) = ran(output);
    assert!(!err.contains("panicked"), "{err}");
    assert!(code.is_some(), "ended by a signal: {err}");
    Run { out, code }
}

fn run_in(folder: &TempDir, args: &[&str]) -> Run {
    run(calint(folder.path()).args(args))
}

impl Run {
    /// The findings on a file.
    fn on<'r>(&'r self, file: &str) -> Vec<&'r str> {
        self.out
            .lines()
            .filter(|line| line.strip_prefix(file).is_some_and(|rest| rest.starts_with(':')))
            .collect()
    }

    /// The file has an error that says `what`, the run failed for it, and [`GOOD`] was checked once.
    #[track_caller]
    fn assert_fails_on(&self, file: &str, what: &str) {
        let named = self.on(file).iter().any(|line| line.contains(": error: ") && line.contains(what));
        assert!(named, "no error on {file} says `{what}`:\n{}", self.out);
        assert_eq!(self.code, Some(2), "{}", self.out);
        self.assert_checks_good();
    }

    /// The file is left out with a reason that says `why`, which is no failure, and [`GOOD`] was checked once.
    #[track_caller]
    fn assert_passes_over(&self, file: &str, why: &str) {
        let start = format!("left out {file}: ");
        let told = self.out.lines().any(|line| line.starts_with(&start) && line.contains(why));
        assert!(told, "nothing says that {file} is left out because it is `{why}`:\n{}", self.out);
        assert_eq!(self.on(file), [""; 0]);
        assert_eq!(self.code, Some(1), "{}", self.out);
        self.assert_checks_good();
    }

    #[track_caller]
    fn assert_checks_good(&self) {
        let found = self.out.lines().filter(|line| line.ends_with("[block-everyone]")).count();
        assert_eq!((found, self.on("good.json").is_empty()), (1, false), "{}", self.out);
    }
}

/// Checks bytes as if they came on standard input under a name.
fn check_bytes(name: &str, bytes: Vec<u8>) -> Outcome {
    let stdin = Some((name.to_owned(), bytes));
    engine::run(&Options { stdin, ..common::options() }).expect("no configuration is read")
}

fn utf16(text: &str) -> Vec<u8> {
    [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
}

#[test]
fn empty_files_are_named() {
    for text in ["", " \n\t\r\n", "\u{feff}"] {
        for name in ["bad.json", "bad.yaml"] {
            run_in(&beside_good(name, text), &[]).assert_fails_on(name, "empty");
        }
    }
    run_in(&beside_good("bad.json", utf16("")), &[]).assert_fails_on("bad.json", "empty");
}

#[test]
fn a_truncated_policy_is_named() {
    let cut = GOOD.find("builtInControls").unwrap();
    run_in(&beside_good("bad.json", &GOOD[..cut]), &[]).assert_fails_on("bad.json", "[syntax-error]");
}

#[test]
fn a_policy_truncated_anywhere_is_not_read_as_whole() {
    let whole = GOOD.trim_end();
    for end in 0..whole.len() {
        assert_eq!(common::check_text("bad.json", &whole[..end]).unreadable, 1, "{}", &whole[..end]);
    }
    let whole = utf16(whole);
    for end in 0..whole.len() {
        assert_eq!(check_bytes("bad.json", whole[..end].to_vec()).unreadable, 1, "{end} bytes of UTF-16");
    }
}

#[test]
fn bytes_that_are_no_text_are_named() {
    let mut latin1 = GOOD.as_bytes().to_vec();
    latin1[GOOD.find("Good").unwrap()] = 0xfc;
    run_in(&beside_good("bad.json", latin1), &[]).assert_fails_on("bad.json", "not valid UTF-8");

    let odd = [utf16(GOOD), vec![b'x']].concat();
    run_in(&beside_good("bad.json", odd), &[]).assert_fails_on("bad.json", "not valid UTF-16");
}

#[test]
fn a_byte_that_is_no_text_is_found_anywhere() {
    for at in 0..GOOD.len() {
        let mut bytes = GOOD.as_bytes().to_vec();
        bytes[at] = 0xff;
        assert_eq!(check_bytes("bad.json", bytes).unreadable, 1, "at {at}");
    }
}

#[test]
fn zero_bytes_are_named() {
    let between_values = GOOD.replacen(' ', "\0", 1);
    run_in(&beside_good("bad.json", between_values), &[]).assert_fails_on("bad.json", "[unreadable-file]");

    let in_yaml = GOOD_YAML.replace("Good", "Go\0od");
    run_in(&beside_good("bad.yaml", in_yaml), &[]).assert_fails_on("bad.yaml", "[unreadable-file]");

    let nothing_else = beside_good("bad.json", [0; 4096]);
    run_in(&nothing_else, &["bad.json", "good.json"]).assert_fails_on("bad.json", "[unreadable-file]");
}

#[test]
fn nesting_without_end_is_named() {
    let (open, close) = ("[".repeat(DEPTH), "]".repeat(DEPTH));
    let objects = format!("{}1{}", "{\"a\": ".repeat(DEPTH), "}".repeat(DEPTH));
    let inside = GOOD.replacen('{', &format!("{{\"extra\": {objects},"), 1);
    let files = [
        ("bad.json", format!("{open}{GOOD}{close}")),
        ("bad.json", inside),
        ("bad.yaml", format!("{open}{GOOD}{close}")),
        ("bad.yaml", format!("{GOOD_YAML}extra:\n  {}x\n", "- ".repeat(DEPTH))),
        ("bad.yaml", format!("{GOOD_YAML}extra: {}x\n", "{a: ".repeat(DEPTH))),
    ];
    for (name, text) in files {
        run_in(&beside_good(name, text), &[]).assert_fails_on(name, "nesting is deeper than");
    }
    for name in ["bad.json", "bad.yaml"] {
        let unclosed = beside_good(name, &open);
        run_in(&unclosed, &[name, "good.json"]).assert_fails_on(name, "nesting is deeper than");
    }
}

#[test]
fn aliases_that_grow_without_end_are_named() {
    let mut lists = "l0: &l0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    let mut merges = "m0: &m0 {k: x}\n".to_owned();
    for level in 1..30 {
        let below = level - 1;
        let uses = vec![format!("*l{below}"); 9].join(", ");
        lists.push_str(&format!("l{level}: &l{level} [{uses}]\n"));
        merges
            .push_str(&format!("m{level}: &m{level} {{<<: *m{below}, a{level}: *m{below}, b: *m{below}}}\n"));
    }
    for bomb in [lists, merges] {
        let folder = beside_good("bad.yaml", format!("{GOOD_YAML}{bomb}"));
        run(&mut with_little_memory(folder.path()))
            .assert_fails_on("bad.yaml", "aliases expand to more than");
    }
}

#[test]
fn a_huge_file_that_looks_like_a_policy_is_named_without_reading_it_whole() {
    let folder = beside_good("bad.json", GOOD.trim_end().trim_end_matches('}'));
    let file = File::options().write(true).open(folder.path().join("bad.json")).unwrap();
    file.set_len(100 * MEGABYTE as u64).unwrap();
    run(&mut with_little_memory(folder.path())).assert_fails_on("bad.json", "larger than 32 MiB");
}

#[test]
fn a_huge_file_of_something_else_is_passed_over_without_reading_it_whole() {
    let folder = beside_good("data.json", "[\n");
    let mut file = File::options().append(true).open(folder.path().join("data.json")).unwrap();
    let piece = "{\"key\": \"value\"},\n".repeat(MEGABYTE / 18);
    for _ in 0..100 {
        file.write_all(piece.as_bytes()).unwrap();
    }
    file.write_all(b"{}]\n").unwrap();
    run(&mut with_little_memory(folder.path())).assert_passes_over("data.json", "larger than 32 MiB");
}

#[test]
fn a_huge_file_given_by_name_is_named_whatever_is_in_it() {
    let folder = beside_good("data.json", "");
    let file = File::options().write(true).open(folder.path().join("data.json")).unwrap();
    file.set_len(33 * MEGABYTE as u64).unwrap();
    run_in(&folder, &["data.json", "good.json"]).assert_fails_on("data.json", "larger than 32 MiB");
}

/// The program in a folder; on Linux in 400 MB of address space.
fn with_little_memory(folder: &Path) -> Command {
    let program = calint(folder);
    if !cfg!(target_os = "linux") {
        return program;
    }
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -v 400000; exec \"$0\" \"$@\""]).arg(program.get_program());
    limited.current_dir(folder);
    limited
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let folder = beside_good("other.txt", "");
    run_in(&folder, &["gone.json", "good.json"]).assert_fails_on("gone.json", "no such file");
    run_in(&folder, &["gone", "good.json"]).assert_fails_on("gone", "no such file");
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_link_to_nothing_is_named() {
        let folder = beside_good("other.txt", "");
        symlink("nowhere.json", folder.path().join("bad.json")).unwrap();
        run_in(&folder, &["bad.json", "good.json"]).assert_fails_on("bad.json", "no such file");
        run_in(&folder, &[]).assert_fails_on("bad.json", "no such file");
    }

    #[test]
    fn a_link_to_itself_is_named() {
        let folder = beside_good("other.txt", "");
        symlink("bad.json", folder.path().join("bad.json")).unwrap();
        run_in(&folder, &["bad.json", "good.json"]).assert_fails_on("bad.json", "loop");
    }

    #[test]
    fn a_file_without_permission_is_named() {
        let folder = beside_good("bad.json", GOOD);
        let path = folder.path().join("bad.json");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
        if File::open(&path).is_ok() {
            return; // permissions do not bind root
        }
        run_in(&folder, &[]).assert_fails_on("bad.json", "permission denied");
        run_in(&folder, &["bad.json", "good.json"]).assert_fails_on("bad.json", "permission denied");
    }

    #[test]
    fn a_link_to_a_folder_above_is_told_and_not_followed() {
        let folder = beside_good("other.txt", "");
        fs::create_dir(folder.path().join("below")).unwrap();
        symlink("..", folder.path().join("below/above")).unwrap();
        let run = run_in(&folder, &[]);
        run.assert_checks_good();
        assert_eq!(run.code, Some(1), "{}", run.out);
        assert!(matches!(run.on("below/above")[..], [told] if told.contains(": note: link leads back")));
    }
}
