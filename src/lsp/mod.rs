//! `calint lsp`: the findings in an editor, over the Language Server Protocol.
//!
//! One thread answers one message after the other. A change only marks what was found as outdated; once the editor
//! is quiet for a moment, or asks something, everything is checked again with the texts as they stand in it.

mod actions;
mod diagnostics;
mod handshake;
mod hover;
mod place;
mod workspace;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;
use std::time::Duration;

use gen_lsp_types::{
    CodeActionKind, CodeActionResponse, Diagnostic, DidChangeTextDocumentParams,
    DidChangeWatchedFilesRegistrationOptions, DidChangeWorkspaceFoldersParams, DidCloseTextDocumentParams,
    DidOpenTextDocumentParams, FileSystemWatcher, GlobPattern, HoverParams, MessageType,
    PublishDiagnosticsParams, Range, Registration, RegistrationParams, ShowMessageParams,
    TextDocumentIdentifier, Uri, WorkspaceFolder,
};
use lsp_server::{Connection, ErrorCode, Message, Notification, Request, RequestId, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use actions::Abilities;
pub use workspace::Settings;
use workspace::{Document, Workspace};

use crate::finding::Level;

/// How long the editor has to be quiet before a change is checked.
const QUIET: Duration = Duration::from_millis(150);

/// The files whose changes on disk count.
const WATCHED: &str = "**/*.{json,jsonc,yaml,yml,tf,tfvars,ps1}";

/// How long is waited for a message that has already been sent.
const SENT: Duration = Duration::from_millis(5);

/// Why a session ended before its time.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The editor closed its end, or sent what is no message.
    #[error("the editor went away without `shutdown`")]
    Gone,
    /// The editor said `exit` or reads no more.
    #[error("the editor ended the session without `shutdown`")]
    Ended,
    /// An answer could not be written down.
    #[error("an answer cannot be written: {0}")]
    Answer(#[from] serde_json::Error),
}

/// Serves an editor until it says `exit`.
///
/// # Errors
/// When the editor goes away before it has said `shutdown`.
pub fn serve(connection: &Connection, settings: Settings) -> Result<(), Trouble> {
    let client = handshake::greet(connection)?;
    let mut server = Server {
        connection,
        waiting: VecDeque::new(),
        abilities: client.abilities,
        watches: client.watches,
        workspace: Workspace::new(settings, client.folders),
        published: BTreeMap::new(),
        opened: BTreeSet::new(),
        told: BTreeSet::new(),
    };
    server.run()?;
    handshake::end(connection)
}

fn send(connection: &Connection, message: impl Into<Message>) -> Result<(), Trouble> {
    connection.sender.send(message.into()).map_err(|_| Trouble::Ended)
}

fn refusal(id: RequestId, code: ErrorCode, message: String) -> Response {
    Response::new_err(id, code as i32, message)
}

/// What stands at a place; the default where nothing is there, or nothing that is understood.
fn value_at<T: DeserializeOwned + Default>(params: &Value, place: &str) -> T {
    params.pointer(place).and_then(|it| T::deserialize(it).ok()).unwrap_or_default()
}

fn paths(folders: &[WorkspaceFolder]) -> Vec<PathBuf> {
    folders.iter().filter_map(|folder| place::path(&folder.uri)).collect()
}

struct Server<'c> {
    connection: &'c Connection,
    /// Messages that were looked at and not yet answered.
    waiting: VecDeque<Message>,
    abilities: Abilities,
    /// The editor can be asked to tell of changes on disk.
    watches: bool,
    workspace: Workspace,
    /// What the editor lists of each file, where it lists something.
    published: BTreeMap<Uri, Vec<Diagnostic>>,
    /// Files of which it may have forgotten what it listed.
    opened: BTreeSet<Uri>,
    /// What was told that belongs to no file.
    told: BTreeSet<(Level, String)>,
}

impl Server<'_> {
    /// Serves until `shutdown`.
    fn run(&mut self) -> Result<(), Trouble> {
        loop {
            match self.next()? {
                None => self.check()?,
                Some(Message::Request(request)) if request.method == "shutdown" => {
                    return self.send(Response::new_ok(request.id, ()));
                }
                Some(Message::Request(request)) => {
                    let response = self.answer(request)?;
                    self.send(response)?;
                }
                Some(Message::Notification(notification)) => match notification.method.as_str() {
                    "exit" => return Err(Trouble::Ended),
                    "initialized" if self.watches => self.watch()?,
                    _ => self.take(notification)?,
                },
                Some(Message::Response(_)) => {}
            }
        }
    }

    /// The next message; nothing when something is to be checked and the editor is quiet.
    fn next(&mut self) -> Result<Option<Message>, Trouble> {
        if let Some(message) = self.waiting.pop_front() {
            return Ok(Some(message));
        }
        if self.workspace.is_current() {
            return self.connection.receiver.recv().map(Some).map_err(|_| Trouble::Gone);
        }
        match self.connection.receiver.recv_timeout(QUIET) {
            Ok(message) => Ok(Some(message)),
            Err(error) if error.is_timeout() => Ok(None),
            Err(_) => Err(Trouble::Gone),
        }
    }

    /// Whether the editor has taken a request back. Those it makes at every stroke would pile up otherwise.
    fn is_cancelled(&mut self, id: &RequestId) -> bool {
        while let Ok(message) = self.connection.receiver.recv_timeout(SENT) {
            self.waiting.push_back(message);
        }
        self.waiting.iter().any(|message| match message {
            Message::Notification(it) if it.method == "$/cancelRequest" => {
                value_at::<Option<RequestId>>(&it.params, "/id").as_ref() == Some(id)
            }
            _ => false,
        })
    }

    fn send(&self, message: impl Into<Message>) -> Result<(), Trouble> {
        send(self.connection, message)
    }

    /// Asks the editor to tell of changes on disk.
    fn watch(&self) -> Result<(), Trouble> {
        let glob_pattern = GlobPattern::Pattern(WATCHED.to_owned());
        let options = DidChangeWatchedFilesRegistrationOptions {
            watchers: vec![FileSystemWatcher { glob_pattern, kind: None }],
        };
        let registration = Registration {
            id: "files".to_owned(),
            method: "workspace/didChangeWatchedFiles".to_owned(),
            register_options: Some(serde_json::to_value(options)?),
        };
        let params = RegistrationParams { registrations: vec![registration] };
        let id = RequestId::from("files".to_owned());
        self.send(Request::new(id, "client/registerCapability".to_owned(), params))
    }

    /// Takes in what the editor tells. What is not known changes nothing.
    fn take(&mut self, notification: Notification) -> Result<(), Trouble> {
        let Notification { method, params } = notification;
        let taken = match method.as_str() {
            "textDocument/didOpen" => read(&params).map(|it| self.open(it)),
            "textDocument/didChange" => read(&params).map(|it| self.change(it)),
            "textDocument/didClose" => read(&params).map(|it: DidCloseTextDocumentParams| {
                self.close(&it.text_document.uri);
            }),
            "workspace/didChangeWorkspaceFolders" => read(&params).map(|it| self.change_folders(&it)),
            "textDocument/didSave" | "workspace/didChangeWatchedFiles" => {
                self.workspace.outdate_disk();
                Ok(())
            }
            _ => Ok(()),
        };
        let Err(error) = taken else { return Ok(()) };
        // What the editor has there now is not known, so the file counts as it is on disk.
        if let Some(uri) = value_at(&params, "/textDocument/uri") {
            self.close(&uri);
        }
        self.tell(Level::Note, format!("`{method}` is not understood: {error}"))
    }

    fn open(&mut self, params: DidOpenTextDocumentParams) {
        let opened = params.text_document;
        if let Some(path) = place::path(&opened.uri) {
            self.opened.insert(opened.uri.clone());
            let (uri, version, text) = (opened.uri, opened.version, opened.text);
            self.workspace.open(path, Document { uri, version, text });
        }
    }

    fn change(&mut self, params: DidChangeTextDocumentParams) {
        let changed = params.text_document;
        if let Some(path) = place::path(&changed.text_document_identifier.uri) {
            let encoding = self.abilities.encoding;
            self.workspace.change(&path, changed.version, params.content_changes, encoding);
        }
    }

    fn close(&mut self, uri: &Uri) {
        if let Some(path) = place::path(uri) {
            self.workspace.close(&path);
        }
    }

    fn change_folders(&mut self, params: &DidChangeWorkspaceFoldersParams) {
        self.workspace.change_folders(&paths(&params.event.removed), paths(&params.event.added));
    }

    fn answer(&mut self, request: Request) -> Result<Response, Trouble> {
        let Request { id, method, params } = request;
        if self.is_cancelled(&id) {
            return Ok(refusal(id, ErrorCode::RequestCanceled, "taken back".to_owned()));
        }
        let answer = match method.as_str() {
            "textDocument/hover" => read(&params).map(|it| self.hover(&it)),
            "textDocument/codeAction" => read(&params).map(|it| self.actions(&it)),
            _ => {
                let message = format!("`{method}` is not served");
                return Ok(refusal(id, ErrorCode::MethodNotFound, message));
            }
        };
        match answer {
            Ok(answer) => Ok(Response::new_ok(id, answer?)),
            Err(error) => {
                let message = format!("the parameters are not understood: {error}");
                Ok(refusal(id, ErrorCode::InvalidParams, message))
            }
        }
    }

    fn hover(&mut self, params: &HoverParams) -> Result<Value, Trouble> {
        self.bring_up_to_date()?;
        let place = &params.text_document_position_params;
        let found = place::path(&place.text_document.uri)
            .and_then(|path| hover::at(&self.workspace, &path, place.position, self.abilities.encoding));
        Ok(serde_json::to_value(found)?)
    }

    fn actions(&mut self, params: &ActionParams) -> Result<Value, Trouble> {
        self.bring_up_to_date()?;
        let Some(path) = place::path(&params.text_document.uri) else { return Ok(Value::Null) };
        let only = params.context.only.as_deref();
        let found = actions::of(&self.workspace, &path, params.range, only, self.abilities);
        let found: Vec<_> = found.into_iter().map(CodeActionResponse::CodeAction).collect();
        Ok(serde_json::to_value(found)?)
    }

    fn bring_up_to_date(&mut self) -> Result<(), Trouble> {
        if self.workspace.is_current() { Ok(()) } else { self.check() }
    }

    /// Checks everything again and tells the editor what is different now.
    fn check(&mut self) -> Result<(), Trouble> {
        self.workspace.check();
        let found = diagnostics::by_file(&self.workspace, self.abilities.encoding);
        let found = found.into_iter().filter_map(|(path, own)| Some((self.workspace.uri(&path)?, own)));
        let mut found: BTreeMap<_, _> = found.collect();
        let gone: Vec<_> = self.published.keys().filter(|uri| !found.contains_key(*uri)).cloned().collect();
        found.extend(gone.into_iter().map(|uri| (uri, Vec::new())));
        for (uri, diagnostics) in found {
            if self.published.get(&uri) == Some(&diagnostics) && !self.opened.contains(&uri) {
                continue;
            }
            let document = place::path(&uri).and_then(|path| self.workspace.document(&path));
            let version = document.map(|document| document.version);
            let params =
                PublishDiagnosticsParams { uri: uri.clone(), version, diagnostics: diagnostics.clone() };
            self.send(Notification::new("textDocument/publishDiagnostics".to_owned(), params))?;
            if diagnostics.is_empty() {
                self.published.remove(&uri);
            } else {
                self.published.insert(uri, diagnostics);
            }
        }
        self.opened.clear();
        let told = std::mem::replace(&mut self.told, self.workspace.elsewhere());
        let new: Vec<_> = self.told.difference(&told).cloned().collect();
        new.into_iter().try_for_each(|(level, message)| self.tell(level, message))
    }

    /// Tells what belongs to no file: on the screen, or where it can be looked up if it is no more than a note.
    fn tell(&self, level: Level, message: String) -> Result<(), Trouble> {
        let (method, kind) = match level {
            Level::Error => ("window/showMessage", MessageType::Error),
            Level::Warn => ("window/showMessage", MessageType::Warning),
            Level::Note | Level::Off => ("window/logMessage", MessageType::Info),
        };
        self.send(Notification::new(method.to_owned(), ShowMessageParams { kind, message }))
    }
}

/// What counts here of a request for code actions. What it says of findings, which may be those of others, does not.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ActionParams {
    text_document: TextDocumentIdentifier,
    range: Range,
    #[serde(default)]
    context: ActionContext,
}

#[derive(Default, Deserialize)]
struct ActionContext {
    only: Option<Vec<CodeActionKind>>,
}

fn read<T: DeserializeOwned>(params: &Value) -> serde_json::Result<T> {
    T::deserialize(params)
}
