//! `calint lsp`, as an editor meets it: a scripted client over standard input and output.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot go on fails"
)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Stdio};

use common::{calint, fed, folder, project, ran};
use gen_lsp_types::Uri;
use serde_json::{Value, json};

const BLOCK: &str = "displayName: CA900 Closed\nstate: enabled\nconditions:\n  users:\n    includeUsers: [All]\n  \
                     applications: {includeApplications: [All]}\ngrantControls: {operator: OR, builtInControls: [block]}\n";

fn blocking(name: &str) -> String {
    format!(
        r#"{{"displayName": "{name}", "state": "enabled",
  "conditions": {{"users": {{"includeUsers": ["All"]}}, "applications": {{"includeApplications": ["All"]}}}},
  "grantControls": {{"operator": "OR", "builtInControls": ["block"]}}}}
"#
    )
}

fn uri(path: &Path) -> String {
    Uri::from_file_path(path).unwrap().to_string()
}

/// What an editor can do: everything, or as little as the protocol allows.
fn able() -> Value {
    json!({
        "workspace": {
            "workspaceEdit": {"documentChanges": true, "resourceOperations": ["create"]},
            "didChangeWatchedFiles": {"dynamicRegistration": true},
        },
    })
}

struct Editor {
    child: Child,
    out: BufReader<ChildStdout>,
    next: i64,
    /// What the server answered to `initialize`.
    initialized: Value,
    /// What is listed, by file.
    listed: BTreeMap<String, Vec<Value>>,
    /// Requests of the server, and what it told beside lists.
    asked: Vec<Value>,
}

impl Editor {
    fn start(folders: &[&Path], args: &[&str], capabilities: Value) -> Self {
        let folders: Vec<_> = folders.iter().map(|path| json!({"uri": uri(path), "name": "it"})).collect();
        let params = json!({
            "processId": null, "rootUri": null, "capabilities": capabilities, "workspaceFolders": folders,
        });
        let mut editor = Self::launch(&project(), args);
        editor.initialize(params);
        editor
    }

    fn launch(directory: &Path, args: &[&str]) -> Self {
        let mut command = calint(directory);
        let mut child = command
            .arg("lsp")
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Self { child, out, next: 0, initialized: Value::Null, listed: BTreeMap::new(), asked: Vec::new() }
    }

    fn initialize(&mut self, params: Value) {
        self.initialized = self.ask("initialize", params).unwrap();
        self.tell("initialized", json!({}));
    }

    /// What the server has told by a method.
    fn told(&mut self, method: &str) -> Vec<Value> {
        self.settle();
        let told = self.asked.iter().filter(|message| message["method"] == method);
        told.map(|message| message["params"].clone()).collect()
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        let stdin = self.child.stdin.as_mut().unwrap();
        write!(stdin, "Content-Length: {}\r\n\r\n{text}", text.len()).unwrap();
        stdin.flush().unwrap();
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    fn ask(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        self.next += 1;
        let id = self.next;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        loop {
            let message = self.take();
            if message["id"] == json!(id) && message.get("method").is_none() {
                let error = message.get("error").filter(|error| !error.is_null());
                return error.map_or_else(|| Ok(message["result"].clone()), |error| Err(error.clone()));
            }
        }
    }

    /// Reads a message and keeps what it tells.
    fn take(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert!(self.out.read_line(&mut line).unwrap() > 0, "the server went away");
            match line.trim_end().split_once(": ") {
                Some(("Content-Length", number)) => length = number.parse().unwrap(),
                _ => break,
            }
        }
        let mut bytes = vec![0; length];
        self.out.read_exact(&mut bytes).unwrap();
        let message: Value = serde_json::from_slice(&bytes).unwrap();
        match message["method"].as_str() {
            Some("textDocument/publishDiagnostics") => {
                let list = message["params"]["diagnostics"].as_array().unwrap().clone();
                self.listed.insert(message["params"]["uri"].as_str().unwrap().to_owned(), list);
            }
            Some(_) => self.asked.push(message.clone()),
            None => {}
        }
        message
    }

    fn open(&mut self, path: &Path, text: &str) {
        let document = json!({"uri": uri(path), "languageId": "json", "version": 1, "text": text});
        self.tell("textDocument/didOpen", json!({"textDocument": document}));
    }

    fn change(&mut self, path: &Path, text: &str) {
        let document = json!({"uri": uri(path), "version": 2});
        let changes = json!([{"text": text}]);
        self.tell("textDocument/didChange", json!({"textDocument": document, "contentChanges": changes}));
    }

    fn hover(&mut self, path: &Path, line: u32, character: u32) -> Option<String> {
        let params = json!({
            "textDocument": {"uri": uri(path)}, "position": {"line": line, "character": character},
        });
        let hover = self.ask("textDocument/hover", params).unwrap();
        Some(hover["contents"]["value"].as_str()?.to_owned())
    }

    /// Waits until everything told so far is checked.
    fn settle(&mut self) {
        self.hover(&project().join("nothing.json"), 0, 0);
    }

    /// The rules that are listed for a file.
    fn rules(&mut self, path: &Path) -> Vec<String> {
        self.settle();
        let own = self.listed.get(&uri(path)).into_iter().flatten();
        own.map(|it| it["code"].as_str().unwrap().to_owned()).collect()
    }

    fn actions(&mut self, path: &Path, only: &Value) -> Vec<Value> {
        let end = json!({"line": 9999, "character": 0});
        let params = json!({
            "textDocument": {"uri": uri(path)},
            "range": {"start": {"line": 0, "character": 0}, "end": end},
            "context": {"diagnostics": [], "only": only},
        });
        self.ask("textDocument/codeAction", params).unwrap().as_array().unwrap().clone()
    }

    /// The action whose title begins so.
    fn action(&mut self, path: &Path, title: &str) -> Option<Value> {
        let found = self.actions(path, &Value::Null);
        found.into_iter().find(|action| action["title"].as_str().unwrap().starts_with(title))
    }

    /// Ends the session and returns the exit code.
    fn end(mut self) -> Option<i32> {
        self.ask("shutdown", Value::Null).unwrap();
        self.tell("exit", Value::Null);
        self.child.wait().unwrap().code()
    }
}

/// A text after the edits of an action on one file. Columns count UTF-16.
fn edited(text: &str, action: &Value) -> String {
    let changes = action["edit"]["documentChanges"].as_array().unwrap();
    let edits = changes.iter().flat_map(|change| change["edits"].as_array().cloned().unwrap_or_default());
    let mut edits: Vec<_> = edits.collect();
    let offset = |place: &Value| {
        let line = place["line"].as_u64().unwrap() as usize;
        let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
        let mut left = place["character"].as_u64().unwrap() as usize;
        let mut at = start;
        for letter in text[start..].chars() {
            if left == 0 || letter == '\n' {
                break;
            }
            left -= letter.len_utf16();
            at += letter.len_utf8();
        }
        at
    };
    edits.sort_by_key(|edit| std::cmp::Reverse(offset(&edit["range"]["start"])));
    let mut after = text.to_owned();
    for edit in edits {
        let (start, end) = (offset(&edit["range"]["start"]), offset(&edit["range"]["end"]));
        after.replace_range(start..end, edit["newText"].as_str().unwrap());
    }
    after
}

/// Rule, severity, message and start of what the editor lists, against the findings of the command line.
#[test]
fn an_editor_lists_what_the_command_line_finds() {
    for example in
        ["seed-mistakes", "healthy-tenant", "broken", "yaml-tenant", "terraform-tenant", "house-rules"]
    {
        let path = project().join("policies-examples").join(example);
        let (out, _, _) = ran(calint(&path).args([".", "--format", "json"]).output().unwrap());
        let report: Value = serde_json::from_str(&out).unwrap();
        let mut expected = BTreeSet::new();
        for finding in report["findings"].as_array().unwrap() {
            let place = &finding["location"];
            let severity = match finding["level"].as_str().unwrap() {
                "error" => 1,
                "warn" => 2,
                _ => 3,
            };
            expected.insert((
                uri(&path.join(place["path"].as_str().unwrap())),
                finding["rule"].as_str().unwrap().to_owned(),
                severity,
                finding["message"].as_str().unwrap().to_owned(),
                place["start"]["line"].as_u64().unwrap() - 1,
                place["start"]["column"].as_u64().unwrap() - 1,
            ));
        }
        let mut editor = Editor::start(&[&path], &[], able());
        editor.settle();
        let mut listed = BTreeSet::new();
        for (uri, own) in &editor.listed {
            for it in own {
                assert_eq!(it["source"], "calint");
                listed.insert((
                    uri.clone(),
                    it["code"].as_str().unwrap().to_owned(),
                    it["severity"].as_u64().unwrap(),
                    it["message"].as_str().unwrap().to_owned(),
                    it["range"]["start"]["line"].as_u64().unwrap(),
                    it["range"]["start"]["character"].as_u64().unwrap(),
                ));
            }
        }
        assert!(listed.is_superset(&expected), "{example}: {expected:#?} {listed:#?}");
        // What was found again elsewhere is listed there too.
        let rules = |list: &BTreeSet<(String, String, u64, String, u64, u64)>| {
            list.iter().map(|(_, rule, ..)| rule.clone()).collect::<BTreeSet<_>>()
        };
        assert_eq!(rules(&listed), rules(&expected), "{example}");
        assert_eq!(editor.end(), Some(0));
    }
}

#[test]
fn texts_count_as_they_stand_in_the_editor() {
    let folder = folder(&[("a.json", &blocking("A")), ("b.yaml", BLOCK)]);
    let (a, b) = (folder.path().join("a.json"), folder.path().join("b.yaml"));
    let mut editor = Editor::start(&[folder.path()], &[], able());
    assert!(editor.rules(&a).contains(&"block-everyone".to_owned()), "files nobody opened are checked");
    assert!(editor.rules(&b).contains(&"block-everyone".to_owned()));
    editor.open(&a, &blocking("A"));
    editor.change(&a, &blocking("A").replace("\"enabled\"", "\"disabled\""));
    assert_eq!(editor.rules(&a), Vec::<String>::new(), "the change is not saved");
    editor.tell("textDocument/didClose", json!({"textDocument": {"uri": uri(&a)}}));
    assert!(editor.rules(&a).contains(&"block-everyone".to_owned()), "the file on disk counts again");
    fs::write(&b, BLOCK.replace("state: enabled", "state: disabled")).unwrap();
    editor.tell("workspace/didChangeWatchedFiles", json!({"changes": [{"uri": uri(&b), "type": 2}]}));
    assert_eq!(editor.rules(&b), Vec::<String>::new());
    assert_eq!(editor.asked[0]["method"], "client/registerCapability");
    assert_eq!(editor.asked[0]["params"]["registrations"][0]["method"], "workspace/didChangeWatchedFiles");
    fs::remove_file(&a).unwrap();
    editor.tell("textDocument/didSave", json!({"textDocument": {"uri": uri(&b)}}));
    assert_eq!(editor.rules(&a), Vec::<String>::new(), "a file that is gone has no findings");
    assert_eq!(editor.end(), Some(0));
}

/// Without a question of the editor, what it typed is checked once it is quiet.
#[test]
fn a_quiet_editor_is_told_by_itself() {
    let folder = folder(&[("a.json", &blocking("A"))]);
    let a = folder.path().join("a.json");
    let mut editor = Editor::start(&[folder.path()], &[], json!({}));
    while editor.take()["method"] != "textDocument/publishDiagnostics" {}
    editor.open(&a, &blocking("A"));
    let first = editor.take();
    assert_eq!((first["params"]["uri"].as_str(), &first["params"]["version"]), (Some(&*uri(&a)), &json!(1)));
    assert!(editor.asked.is_empty(), "an editor that cannot watch files is not asked to");
    editor.change(&a, "{}");
    let second = editor.take();
    assert_eq!(second["params"]["diagnostics"], json!([]));
    assert_eq!(editor.end(), Some(0));
}

#[test]
fn pieces_of_a_text_change() {
    let text = "{\"displayName\": \"𝄞ä\", \"state\": \"enabled\",\n\"conditions\": {\"users\": {\"includeUsers\": \
                [\"All\"]}, \"applications\": {\"includeApplications\": [\"All\"]}},\n\"grantControls\": \
                {\"operator\": \"OR\", \"builtInControls\": [\"block\"]}}\n";
    let folder = folder(&[("a.json", text)]);
    let a = folder.path().join("a.json");
    let before = &text[..text.find("enabled").unwrap()];
    for (encoding, column) in [("utf-8", before.len()), ("utf-16", before.encode_utf16().count())] {
        let able = json!({"general": {"positionEncodings": [encoding, "utf-16"]}});
        let mut editor = Editor::start(&[folder.path()], &[], able);
        assert_eq!(editor.initialized["capabilities"]["positionEncoding"], encoding);
        editor.open(&a, text);
        assert!(!editor.rules(&a).is_empty());
        let at = |column: usize| json!({"line": 0, "character": column});
        let range = json!({"start": at(column), "end": at(column + "enabled".len())});
        let document = json!({"uri": uri(&a), "version": 2});
        let changes = json!([{"range": range, "text": "disabled"}]);
        editor.tell("textDocument/didChange", json!({"textDocument": document, "contentChanges": changes}));
        assert_eq!(editor.rules(&a), Vec::<String>::new(), "{encoding}");
        assert_eq!(editor.end(), Some(0));
    }
}

#[test]
fn a_finding_is_explained_where_the_pointer_rests() {
    let role = "62e90394-69f5-4237-9190-012177145e10";
    let policy = BLOCK.replace("[All]\n  app", &format!("[All]\n    excludeRoles: [{role}]\n  app"));
    let group = r##"{"@odata.type": "#microsoft.graph.group", "id": "b365ab35-6630-4654-ae08-fe871f9cf1a7",
        "displayName": "Emergency *access*", "securityEnabled": true, "groupTypes": []}"##;
    let folder = folder(&[("a.yaml", BLOCK), ("sub/b.yaml", &policy), ("group.json", group)]);
    let (a, b) = (folder.path().join("a.yaml"), folder.path().join("sub/b.yaml"));
    let mut editor = Editor::start(&[folder.path()], &[], able());
    editor.open(&a, BLOCK);
    editor.open(&b, &policy);
    let text = editor.hover(&a, 4, 20).unwrap();
    for part in [
        "policy blocks every user from every app",
        "Policy: CA900 Closed",
        "**What to do:**",
        "**Way back in:**",
        "AADSTS53003",
        "`block-everyone`: ",
        "[Documentation](https://learn.microsoft.com/",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(editor.hover(&a, 1, 2), None, "nothing is wrong with the state");
    let text = editor.hover(&b, 5, 25).unwrap();
    assert!(text.ends_with("role **Global Administrator**"), "{text}");
    let named = policy.replace(role, "b365ab35-6630-4654-ae08-fe871f9cf1a7").replace("Roles", "Groups");
    editor.change(&b, &named);
    let text = editor.hover(&b, 5, 26).unwrap();
    assert!(text.ends_with("group **Emergency \\*access\\***"), "{text}");
    assert_eq!(editor.end(), Some(0));
}

#[test]
fn a_safe_fix_is_offered_and_does_what_the_command_line_does() {
    let text = blocking("𝄞").replace("\"All\"]}, \"app", "\"all\", \"All\"]}, \"app");
    let folder = folder(&[("a.json", &text)]);
    let a = folder.path().join("a.json");
    let mut editor = Editor::start(&[folder.path()], &[], able());
    editor.open(&a, &text);
    let fixes: Vec<_> =
        editor.actions(&a, &Value::Null).into_iter().filter(|action| action["isPreferred"] == true).collect();
    assert!(!fixes.is_empty());
    for fix in &fixes {
        assert_eq!(fix["kind"], "quickfix");
        let rule = fix["diagnostics"][0]["code"].as_str().unwrap().to_owned();
        assert_eq!(fix["edit"]["documentChanges"][0]["textDocument"]["version"], 1);
        editor.change(&a, &edited(&text, fix));
        assert!(!editor.rules(&a).contains(&rule), "{rule} is mended by {fix}");
        editor.change(&a, &text);
        editor.settle();
    }
    for only in ["source", "source.fixAll", "source.fixAll.calint"] {
        let all = editor.actions(&a, &json!([only]));
        assert_eq!(all.len(), 1, "{only}");
        let after = edited(&text, &all[0]);
        let (_, _, code) = ran(calint(folder.path()).args(["--fix", "."]).output().unwrap());
        assert_eq!(code, Some(1));
        assert_eq!(after, fs::read_to_string(&a).unwrap());
        fs::write(&a, &text).unwrap();
    }
    assert!(editor.actions(&a, &json!(["refactor"])).is_empty());
    assert_eq!(editor.end(), Some(0));
}

#[test]
fn a_comment_excuses_once_it_gives_a_reason() {
    let folder = folder(&[("a.yaml", BLOCK)]);
    let a = folder.path().join("a.yaml");
    let mut editor = Editor::start(&[folder.path()], &[], able());
    editor.open(&a, BLOCK);
    let action = editor.action(&a, "Excuse `block-everyone` with a comment").unwrap();
    let commented = edited(BLOCK, &action);
    assert!(commented.contains("\n# calint: allow(block-everyone) \ngrantControls"), "{commented}");
    editor.change(&a, &commented);
    let rules = editor.rules(&a);
    assert!(rules.contains(&"block-everyone".to_owned()), "without a reason it has no effect");
    assert!(rules.contains(&"exception-without-reason".to_owned()));
    editor.change(&a, &commented.replace("(block-everyone) ", "(block-everyone) the tenant is closed"));
    let rules = editor.rules(&a);
    assert!(!rules.contains(&"block-everyone".to_owned()), "{rules:?}");
    assert!(!rules.contains(&"exception-without-reason".to_owned()), "{rules:?}");
    assert_eq!(editor.end(), Some(0));
}

#[test]
fn an_entry_of_the_configuration_excuses_once_it_gives_a_reason() {
    let folder = folder(&[("policies/a.json", &blocking("A: \\\"b\\\""))]);
    let (a, config) = (folder.path().join("policies/a.json"), folder.path().join("calint.yaml"));
    let mut editor = Editor::start(&[folder.path()], &[], able());
    editor.open(&a, &blocking("A: \\\"b\\\""));
    assert!(editor.action(&a, "Excuse `block-everyone` with a comment").is_none(), "JSON has no comments");
    let action = editor.action(&a, "Excuse `block-everyone` in calint.yaml").unwrap();
    assert_eq!(action["edit"]["documentChanges"][0]["kind"], "create");
    assert_eq!(action["edit"]["documentChanges"][0]["uri"], json!(uri(&config)));
    fs::write(&config, edited("", &action)).unwrap();
    editor.tell("workspace/didChangeWatchedFiles", json!({"changes": [{"uri": uri(&config), "type": 1}]}));
    assert_eq!(editor.rules(&config), ["exception-without-reason"]);
    assert!(editor.rules(&a).contains(&"block-everyone".to_owned()));
    let reasoned = fs::read_to_string(&config).unwrap().replace("reason: \"\"", "reason: closed");
    editor.open(&config, &reasoned);
    assert!(!editor.rules(&a).contains(&"block-everyone".to_owned()), "the configuration is not saved");
    assert_eq!(editor.rules(&config), Vec::<String>::new());
    let next = editor.action(&a, "Excuse `missing-emergency-exclusion` in calint.yaml").unwrap();
    let text = edited(&reasoned, &next);
    assert!(text.starts_with("exceptions:\n  - rule: missing-emergency-exclusion\n"), "{text}");
    assert!(text.contains("\n  - rule: block-everyone\n"), "{text}");
    assert_eq!(editor.end(), Some(0));

    // Nothing above a repository counts for the files in it.
    fs::remove_file(&config).unwrap();
    fs::create_dir(folder.path().join("policies/.git")).unwrap();
    let mut editor = Editor::start(&[folder.path()], &[], able());
    editor.open(&a, &blocking("A"));
    let action = editor.action(&a, "Excuse `block-everyone` in calint.yaml").unwrap();
    let inner = uri(&folder.path().join("policies/calint.yaml"));
    assert_eq!(action["edit"]["documentChanges"][0]["uri"], json!(inner));
    assert_eq!(editor.end(), Some(0));

    // An editor that can create no file, nor name versions, is not asked to.
    fs::remove_dir(folder.path().join("policies/.git")).unwrap();
    let mut editor = Editor::start(&[folder.path()], &[], json!({}));
    editor.open(&a, &blocking("A"));
    assert!(editor.action(&a, "Excuse").is_none());
    fs::write(&config, "rules: {}\n").unwrap();
    let action = editor.action(&a, "Excuse `block-everyone` in calint.yaml").unwrap();
    assert!(action["edit"]["changes"][uri(&config)][0]["newText"].as_str().unwrap().contains("exceptions:"));
    assert_eq!(editor.end(), Some(0));
}

#[test]
fn what_cannot_be_read_is_listed() {
    let cut_off = &blocking("B")[..150];
    let folder = folder(&[("a.json", &blocking("A")), ("b.json", cut_off)]);
    let (a, b) = (folder.path().join("a.json"), folder.path().join("b.json"));
    let config = folder.path().join("calint.yaml");
    let mut editor = Editor::start(&[folder.path()], &[], able());
    assert_eq!(editor.rules(&b), ["syntax-error"]);
    editor.open(&b, cut_off);
    assert!(editor.actions(&b, &Value::Null).is_empty(), "a file that cannot be read cannot be excused");
    let before = editor.rules(&a);
    fs::write(&config, "rules: {block-everybody: off}\n").unwrap();
    editor.tell("workspace/didChangeWatchedFiles", json!({"changes": []}));
    assert_eq!(editor.rules(&config), ["configuration"]);
    assert_eq!(editor.rules(&a), before, "what was found before stays listed");
    fs::write(&config, "rules: {block-everyone: off}\n").unwrap();
    editor.tell("workspace/didChangeWatchedFiles", json!({"changes": []}));
    assert_eq!(editor.rules(&config), Vec::<String>::new());
    assert_ne!(editor.rules(&a), before);
    assert_eq!(editor.end(), Some(0));
}

#[test]
fn files_outside_the_folders_are_checked_with_their_tenant() {
    let excluded = blocking("B").replace("[\"All\"]}, \"app", "[\"All\"], \"excludeRoles\": [\"x\"]}, \"app");
    let tenant = folder(&[("calint.yaml", ""), ("a.json", &blocking("A")), ("b.json", &excluded)]);
    let other = folder(&[("c.json", &blocking("C")), ("d.txt", &blocking("D"))]);
    let a = tenant.path().join("a.json");
    let mut editor = Editor::start(&[other.path()], &[], able());
    assert_eq!(editor.rules(&a), Vec::<String>::new());
    editor.open(&a, &blocking("A"));
    assert!(editor.rules(&a).contains(&"block-everyone".to_owned()));
    assert!(editor.listed.keys().all(|uri| !uri.ends_with("b.json")), "the rest of the tenant is not listed");
    editor.open(&other.path().join("d.txt"), &blocking("D"));
    assert_eq!(editor.rules(&other.path().join("d.txt")), Vec::<String>::new());
    let folders = |added: &[&Path], removed: &[&Path]| {
        let list = |paths: &[&Path]| {
            paths.iter().map(|path| json!({"uri": uri(path), "name": "it"})).collect::<Vec<_>>()
        };
        json!({"event": {"added": list(added), "removed": list(removed)}})
    };
    editor.tell("workspace/didChangeWorkspaceFolders", folders(&[tenant.path()], &[other.path()]));
    assert!(editor.rules(&tenant.path().join("b.json")).contains(&"block-everyone".to_owned()));
    assert_eq!(editor.rules(&other.path().join("c.json")), Vec::<String>::new());
    assert_eq!(editor.end(), Some(0));
}

/// What many policies share is listed in each file; the first place leads to all others, each other to the first.
#[test]
fn what_was_found_again_is_listed_at_each_place() {
    let policy = |name: &str| {
        blocking(name).replace("[\"All\"]}, \"app", "[\"All\"], \"excludeGroups\": [\"<emergency>\"]}, \"app")
    };
    let names = ["a.json", "b.json", "c.json", "d.json"];
    let texts = names.map(policy);
    let files: Vec<_> = names.iter().copied().zip(texts.iter().map(String::as_str)).collect();
    let folder = folder(&files);
    let mut editor = Editor::start(&[folder.path()], &[], able());
    editor.settle();
    let related = names.map(|name| {
        let own = editor.listed.get(&uri(&folder.path().join(name))).into_iter().flatten();
        let found: Vec<_> = own.filter(|it| it["code"] == "exclusion-that-excludes-nobody").collect();
        let [only] = found.as_slice() else { panic!("{name}: {found:?}") };
        only["relatedInformation"].as_array().unwrap().len()
    });
    assert_eq!(related, [3, 1, 1, 1]);
    assert_eq!(editor.end(), Some(0));
}

#[test]
fn a_baseline_and_a_profile_count_as_on_the_command_line() {
    let folder = folder(&[("a.json", &blocking("A"))]);
    let a = folder.path().join("a.json");
    let baseline = folder.path().join("baseline.json");
    let (_, _, code) =
        ran(calint(folder.path()).arg(".").arg("--write-baseline").arg(&baseline).output().unwrap());
    assert_eq!(code, Some(0));
    let mut editor = Editor::start(&[folder.path()], &["--baseline", baseline.to_str().unwrap()], able());
    assert_eq!(editor.rules(&a), Vec::<String>::new());
    assert_eq!(editor.end(), Some(0));
    let plain = blocking("A").replace("block", "mfa");
    fs::write(&a, &plain).unwrap();
    let mut editor = Editor::start(&[folder.path()], &[], able());
    let without = editor.rules(&a);
    assert_eq!(editor.end(), Some(0));
    let mut editor = Editor::start(&[folder.path()], &["--profile", "coverage", "--stdio"], able());
    let with = editor.rules(&a);
    assert!(with.len() > without.len(), "{with:?} {without:?}");
    assert_eq!(editor.end(), Some(0));
}

#[test]
fn the_protocol_is_kept() {
    let folder = folder(&[]);
    let mut editor = Editor::start(&[folder.path()], &[], able());
    assert_eq!(editor.initialized["serverInfo"]["name"], "calint");
    assert_eq!(editor.ask("textDocument/rename", json!({})).unwrap_err()["code"], -32601);
    assert_eq!(editor.ask("textDocument/hover", json!({"position": 1})).unwrap_err()["code"], -32602);
    editor.tell("textDocument/didChange", json!({"nonsense": true}));
    editor.tell("$/setTrace", json!({"value": "off"}));
    let a = folder.path().join("never-opened.json");
    editor.change(&a, "{}");
    assert_eq!(editor.hover(&a, 3, 3), None);
    assert!(editor.actions(&a, &Value::Null).is_empty());
    assert_eq!(editor.end(), Some(0));

    let mut editor = Editor::start(&[], &[], json!({}));
    editor.tell("exit", Value::Null);
    assert_eq!(editor.child.wait().unwrap().code(), Some(2), "`exit` without `shutdown`");

    for input in ["", "Content-Length: 3\r\n\r\n{{{", "Content-Length: x\r\n\r\n", "nonsense\r\n\r\n"] {
        let (out, err, code) = ran(fed(calint(&project()).arg("lsp"), input.as_bytes()));
        assert_eq!((out.as_str(), code), ("", Some(2)), "{input}: {err}");
        assert!(err.starts_with("calint: ") && !err.contains("panicked"), "{input}: {err}");
    }
}

#[test]
fn what_editors_leave_out_or_add_keeps_none_out() {
    let folder = folder(&[("a.yaml", BLOCK)]);
    let a = folder.path().join("a.yaml");
    let root = uri(folder.path());
    for params in [
        json!({"rootUri": root}),
        json!({"rootUri": root, "capabilities": null, "workspaceFolders": null, "trace": "compact"}),
        json!({"rootUri": root, "capabilities": {"workspace": [], "general": null}, "workspaceFolders": []}),
        json!({"rootUri": "", "capabilities": {}, "workspaceFolders": [{"uri": root, "name": "it"}]}),
    ] {
        let mut editor = Editor::launch(&project(), &[]);
        assert_eq!(editor.ask("textDocument/hover", json!({})).unwrap_err()["code"], -32002);
        editor.tell("$/setTrace", json!({"value": "off"}));
        editor.initialized = editor.ask("initialize", params.clone()).unwrap();
        editor.tell("$/setTrace", json!({"value": "off"}));
        editor.tell("initialized", json!({}));
        assert!(editor.rules(&a).contains(&"block-everyone".to_owned()), "{params}");
        assert_eq!(editor.end(), Some(0));
    }
    let mut editor = Editor::start(&[folder.path()], &[], able());
    editor.open(&a, BLOCK);
    let range = json!({"start": {"line": 0, "character": 0}, "end": {"line": 9, "character": 0}});
    let of_others = json!({"range": range, "message": "x", "code": {"value": 1}, "severity": 9});
    let params =
        json!({"textDocument": {"uri": uri(&a)}, "range": range, "context": {"diagnostics": [of_others]}});
    let found = editor.ask("textDocument/codeAction", params).unwrap();
    assert!(!found.as_array().unwrap().is_empty(), "findings of others do not matter");
    editor.ask("shutdown", Value::Null).unwrap();
    editor.tell("$/cancelRequest", json!({"id": 1}));
    assert_eq!(editor.ask("textDocument/hover", json!({})).unwrap_err()["code"], -32600);
    editor.tell("exit", Value::Null);
    assert_eq!(editor.child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_request_that_is_taken_back_is_not_worked_on() {
    let folder = folder(&[("a.yaml", BLOCK)]);
    let a = folder.path().join("a.yaml");
    let mut editor = Editor::start(&[folder.path()], &[], able());
    editor.open(&a, BLOCK);
    let params = json!({"textDocument": {"uri": uri(&a)}, "position": {"line": 6, "character": 49}});
    let frame = |message: Value| format!("Content-Length: {}\r\n\r\n{message}", message.to_string().len());
    let request =
        |id: &str| json!({"jsonrpc": "2.0", "id": id, "method": "textDocument/hover", "params": params});
    let cancel = json!({"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": "one"}});
    let sent = [request("one"), request("two"), cancel].map(frame).concat();
    let mut is_taken_back = || {
        editor.child.stdin.as_mut().unwrap().write_all(sent.as_bytes()).unwrap();
        let mut answers = BTreeMap::new();
        while answers.len() < 2 {
            let message = editor.take();
            if let Some(id) = message["id"].as_str().filter(|_| message.get("method").is_none()) {
                answers.insert(id.to_owned(), message.clone());
            }
        }
        assert!(answers["two"]["result"]["contents"].is_object(), "{}", answers["two"]);
        answers["one"]["error"]["code"] == -32800
    };
    // On a busy machine what was sent may come late.
    assert!((0..20).any(|_| is_taken_back()));
    assert_eq!(editor.end(), Some(0));
}

#[test]
fn what_belongs_to_no_file_is_told_once() {
    let folder = folder(&[("a.yaml", BLOCK)]);
    let a = folder.path().join("a.yaml");
    let gone = folder.path().join("gone");
    let mut editor = Editor::start(&[&gone], &[], able());
    editor.open(&gone.join("new.yaml"), BLOCK);
    editor.settle();
    editor.open(&a, BLOCK);
    let told = editor.told("window/showMessage");
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0]["message"].as_str().unwrap().contains("gone: cannot be read: no such file or folder"));
    assert_eq!(told[0]["type"], 1);
    assert!(editor.action(&a, "Excuse").is_some());
    // Without a version it is not known what the text is of.
    let changes = json!([{"text": ""}]);
    editor
        .tell("textDocument/didChange", json!({"textDocument": {"uri": uri(&a)}, "contentChanges": changes}));
    let told = editor.told("window/logMessage");
    assert!(told[0]["message"].as_str().unwrap().starts_with("`textDocument/didChange` is not understood: "));
    assert!(editor.actions(&a, &Value::Null).is_empty(), "edits would meet another text");
    assert_eq!(editor.end(), Some(0));
}

#[test]
fn folders_of_one_configuration_are_one_tenant() {
    let exception = "exceptions: [{rule: block-everyone, policy: B, reason: closed}]\n";
    let tenant = folder(&[
        ("calint.yaml", exception),
        ("one/a.json", &blocking("A")),
        ("two/b.json", &blocking("B")),
        ("two/.hidden/c.json", &blocking("C")),
        ("three/d.json", &blocking("D")),
    ]);
    let at = |name: &str| tenant.path().join(name);
    let mut editor = Editor::start(&[&at("one"), &at("two"), &at("two/.hidden")], &[], able());
    assert_eq!(editor.rules(&at("calint.yaml")), Vec::<String>::new(), "the exception is used");
    for (name, is_found) in
        [("one/a.json", true), ("two/b.json", false), ("two/.hidden/c.json", true), ("three/d.json", false)]
    {
        let rules = editor.rules(&at(name));
        assert_eq!(rules.contains(&"block-everyone".to_owned()), is_found, "{name}: {rules:?}");
    }
    assert_eq!(editor.end(), Some(0));
}

#[test]
fn the_rest_of_a_tenant_counts_as_it_stands_in_the_editor() {
    let tenant = folder(&[("calint.yaml", ""), ("a.json", &blocking("A")), ("b.json", &blocking("B"))]);
    let (a, b) = (tenant.path().join("a.json"), tenant.path().join("b.json"));
    let mut editor = Editor::launch(tenant.path(), &[]);
    editor.initialize(json!({"capabilities": able(), "rootUri": null}));
    editor.open(&b, &blocking("A"));
    editor.open(&a, &blocking("A"));
    let rules = editor.rules(&a);
    assert!(rules.contains(&"duplicate-policy-name".to_owned()), "{rules:?}");
    assert_eq!(editor.end(), Some(0));
}

#[test]
fn the_history_counts_as_it_is_once_a_file_is_saved() {
    let text = BLOCK.replace("enabled", "enabledForReportingButNotEnforced");
    let tenant = folder(&[("calint.yaml", "report-only-days: 30\n"), ("a.yaml", &text)]);
    let a = tenant.path().join("a.yaml");
    let git = |args: &[&str], day: &str| {
        let mut command = std::process::Command::new("git");
        command.args(["-c", "user.name=it", "-c", "user.email=it@example.org"]).args(args);
        let time = format!("{day}T12:00:00Z");
        command.env("GIT_COMMITTER_DATE", &time).env("GIT_AUTHOR_DATE", &time);
        assert!(command.current_dir(tenant.path()).output().unwrap().status.success(), "{args:?}");
    };
    git(&["init", "-q"], "2020-01-01");
    git(&["add", "."], "2020-01-01");
    git(&["commit", "-q", "-m", "first"], "2020-01-01");
    let is_stale = |editor: &mut Editor| editor.rules(&a).contains(&"stale-report-only".to_owned());
    let mut editor = Editor::start(&[tenant.path()], &[], able());
    editor.open(&a, &text);
    assert!(is_stale(&mut editor));
    let edited = format!("# edited\n{text}");
    editor.change(&a, &edited);
    assert!(is_stale(&mut editor), "it is not saved");
    fs::write(&a, &edited).unwrap();
    editor.tell("textDocument/didSave", json!({"textDocument": {"uri": uri(&a)}}));
    assert!(!is_stale(&mut editor));
    assert_eq!(editor.end(), Some(0));
}

#[test]
fn no_exception_is_offered_that_would_excuse_nothing() {
    let module = "variable \"name\" {}\nresource \"azuread_conditional_access_policy\" \"x\" {\n  \
                  display_name = var.name\n  state = \"enabled\"\n  conditions {\n    \
                  client_app_types = [\"all\"]\n    applications { included_applications = [\"All\"] }\n    \
                  users { included_users = [\"All\"] }\n  }\n  grant_controls {\n    operator = \"OR\"\n    \
                  built_in_controls = [\"block\"]\n  }\n}\n";
    let call = |label: &str| format!("module \"{label}\" {{\n  source = \"./m\"\n  name = \"{label}\"\n}}\n");
    let config = "context: [none/*.json]\n";
    let folder =
        folder(&[("main.tf", &(call("one") + &call("two"))), ("m/main.tf", module), ("calint.yaml", config)]);
    let (inner, settings) = (folder.path().join("m/main.tf"), folder.path().join("calint.yaml"));
    let mut editor = Editor::start(&[folder.path()], &[], able());
    editor.open(&settings, config);
    editor.open(&inner, module);
    assert_eq!(editor.rules(&settings), ["unreadable-file"]);
    assert!(editor.actions(&settings, &Value::Null).is_empty(), "no comment counts in the configuration");
    assert!(editor.action(&inner, "Excuse `block-everyone` with a comment").is_some());
    assert!(
        editor.action(&inner, "Excuse `block-everyone` in calint.yaml").is_none(),
        "an entry would excuse one of two policies"
    );
    assert_eq!(editor.end(), Some(0));

    let with_id = blocking("Same").replacen('{', r#"{"id": "4d1b7e0c-0000-4000-8000-000000000001", "#, 1);
    let folder = common::folder(&[("a.json", &with_id), ("b.json", &blocking("same"))]);
    let (a, b) = (folder.path().join("a.json"), folder.path().join("b.json"));
    let mut editor = Editor::start(&[folder.path()], &[], able());
    editor.open(&a, &with_id);
    editor.open(&b, &blocking("same"));
    let action = editor.action(&a, "Excuse `block-everyone` in calint.yaml").unwrap();
    assert!(edited("", &action).contains("policy: \"4d1b7e0c-"), "{action}");
    assert!(
        editor.action(&b, "Excuse `block-everyone` in calint.yaml").is_none(),
        "the name would excuse another policy"
    );
    assert_eq!(editor.end(), Some(0));
}

/// The task of the README for an editor without a language server.
#[test]
fn the_problem_matcher_of_the_readme_reads_every_finding() {
    let readme = fs::read_to_string(project().join("README.md")).unwrap();
    let (_, task) = readme.split_once("`.vscode/tasks.json`:\n\n```json\n").unwrap();
    let task: Value = serde_json::from_str(task.split_once("```").unwrap().0).unwrap();
    let task = &task["tasks"][0];
    let pattern = regex::Regex::new(task["problemMatcher"]["pattern"]["regexp"].as_str().unwrap()).unwrap();
    let args: Vec<_> = task["args"].as_array().unwrap().iter().map(|arg| arg.as_str().unwrap()).collect();
    let examples = project().join("policies-examples");
    let (out, _, _) = ran(calint(&examples).args(args).output().unwrap());
    assert!(out.lines().count() > 10, "{out}");
    for line in out.lines() {
        let parts = pattern.captures(line).unwrap_or_else(|| panic!("not matched: {line}"));
        assert!(examples.join(&parts[1]).is_file(), "{line}");
    }
}
