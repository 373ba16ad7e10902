//! `calint lsp`: the findings in an editor, over the Language Server Protocol.
//!
//! One thread answers one message after the other. A change only marks what was found as outdated; once the editor
//! is quiet for a moment, or asks something, everything is checked again with the texts as they stand in it.

mod actions;
mod diagnostics;
mod hover;
mod place;
mod workspace;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use gen_lsp_types::{
    ChangeNotifications, CodeActionKind, CodeActionOptions, CodeActionParams, CodeActionProvider,
    CodeActionResponse, Diagnostic, DidChangeTextDocumentParams, DidChangeWatchedFilesRegistrationOptions,
    DidChangeWorkspaceFoldersParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams,
    FileSystemWatcher, GlobPattern, HoverParams, HoverProvider, InitializeParams, InitializeResult,
    PublishDiagnosticsParams, Registration, RegistrationParams, ResourceOperationKind, Save,
    ServerCapabilities, ServerInfo, TextDocumentSync, TextDocumentSyncKind, TextDocumentSyncOptions, Uri,
    WorkspaceFolder, WorkspaceFolders, WorkspaceFoldersServerCapabilities, WorkspaceOptions,
};
use lsp_server::{Connection, ErrorCode, Message, Notification, ProtocolError, Request, RequestId, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use actions::Abilities;
use place::Encoding;
pub use workspace::Settings;
use workspace::{Document, Workspace};

/// How long the editor has to be quiet before a change is checked.
const QUIET: Duration = Duration::from_millis(150);

/// The files whose changes on disk count.
const WATCHED: &str = "**/*.{json,jsonc,yaml,yml,tf,tfvars,ps1}";

/// Why a session ended before its time.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The editor broke the protocol, or went away without a word.
    #[error("the editor did not keep to the protocol: {0}")]
    Protocol(#[from] ProtocolError),
    /// What the editor says of itself is not understood.
    #[error("the editor's `initialize` is not understood: {0}")]
    Initialize(#[from] serde_json::Error),
    /// The editor closed its end.
    #[error("the editor went away without `shutdown`")]
    Gone,
}

/// Serves an editor until it says `exit`.
///
/// # Errors
/// When the editor breaks the protocol or goes away.
pub fn serve(connection: &Connection, settings: Settings) -> Result<(), Trouble> {
    let (id, params) = connection.initialize_start()?;
    let params: InitializeParams = serde_json::from_value(params)?;
    let client = Client::of(&params);
    let result = InitializeResult {
        capabilities: capabilities(client.abilities.encoding),
        server_info: Some(ServerInfo {
            name: env!("CARGO_PKG_NAME").to_owned(),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        }),
    };
    connection.initialize_finish(id, serde_json::to_value(result)?)?;
    let mut server = Server {
        connection,
        abilities: client.abilities,
        workspace: Workspace::new(settings, client.folders),
        published: BTreeMap::new(),
        opened: BTreeSet::new(),
    };
    if client.watches {
        server.watch()?;
    }
    server.run()
}

/// What an editor says of itself.
struct Client {
    abilities: Abilities,
    folders: Vec<PathBuf>,
    /// It can be asked to tell of changes on disk.
    watches: bool,
}

impl Client {
    fn of(params: &InitializeParams) -> Self {
        let capabilities = &params.capabilities;
        let general = capabilities.general.as_ref();
        let encodings = general.and_then(|general| general.position_encodings.as_deref());
        let workspace = capabilities.workspace.as_ref();
        let edits = workspace.and_then(|workspace| workspace.workspace_edit.as_ref());
        let operations = edits.and_then(|edits| edits.resource_operations.as_deref()).unwrap_or_default();
        let watches = workspace.and_then(|workspace| workspace.did_change_watched_files.as_ref());
        let listed = params.workspace_folders_initialize_params.workspace_folders.as_ref();
        let folders = match listed {
            Some(WorkspaceFolders::WorkspaceFolderList(folders)) => paths(folders),
            Some(WorkspaceFolders::Null) => Vec::new(),
            #[expect(deprecated, reason = "editors without workspace folders have nothing else")]
            None => params.root_uri.iter().filter_map(place::path).collect(),
        };
        Self {
            abilities: Abilities {
                encoding: Encoding::of(encodings.unwrap_or_default()),
                // An editor that knows operations on files takes them beside edits of versions.
                versions: edits.and_then(|edits| edits.document_changes) == Some(true)
                    || !operations.is_empty(),
                create: operations.contains(&ResourceOperationKind::Create),
            },
            folders,
            watches: watches.and_then(|watches| watches.dynamic_registration).unwrap_or_default(),
        }
    }
}

fn paths(folders: &[WorkspaceFolder]) -> Vec<PathBuf> {
    folders.iter().filter_map(|folder| place::path(&folder.uri)).collect()
}

fn capabilities(encoding: Encoding) -> ServerCapabilities {
    ServerCapabilities {
        position_encoding: Some(encoding.kind()),
        text_document_sync: Some(TextDocumentSync::Options(TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::Incremental),
            save: Some(Save::Bool(true)),
            ..TextDocumentSyncOptions::default()
        })),
        hover_provider: Some(HoverProvider::Bool(true)),
        code_action_provider: Some(CodeActionProvider::CodeActionOptions(CodeActionOptions {
            code_action_kinds: Some(vec![CodeActionKind::QuickFix, actions::FIX_ALL]),
            ..CodeActionOptions::default()
        })),
        workspace: Some(WorkspaceOptions {
            workspace_folders: Some(WorkspaceFoldersServerCapabilities {
                supported: Some(true),
                change_notifications: Some(ChangeNotifications::Bool(true)),
            }),
            ..WorkspaceOptions::default()
        }),
        ..ServerCapabilities::default()
    }
}

struct Server<'c> {
    connection: &'c Connection,
    abilities: Abilities,
    workspace: Workspace,
    /// What the editor lists of each file, where it lists something.
    published: BTreeMap<Uri, Vec<Diagnostic>>,
    /// Files of which it may have forgotten what it listed.
    opened: BTreeSet<Uri>,
}

impl Server<'_> {
    fn run(&mut self) -> Result<(), Trouble> {
        loop {
            let message = if self.workspace.is_current() {
                self.connection.receiver.recv().map_err(|_| Trouble::Gone)?
            } else {
                match self.connection.receiver.recv_timeout(QUIET) {
                    Ok(message) => message,
                    Err(error) if error.is_timeout() => {
                        self.check()?;
                        continue;
                    }
                    Err(_) => return Err(Trouble::Gone),
                }
            };
            match message {
                Message::Request(request) => {
                    if self.connection.handle_shutdown(&request)? {
                        return Ok(());
                    }
                    let response = self.answer(request)?;
                    self.send(response)?;
                }
                Message::Notification(notification) if notification.method == "exit" => {
                    return Err(Trouble::Gone);
                }
                Message::Notification(notification) => self.take(notification),
                Message::Response(_) => {}
            }
        }
    }

    fn send(&self, message: impl Into<Message>) -> Result<(), Trouble> {
        self.connection.sender.send(message.into()).map_err(|_| Trouble::Gone)
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

    /// Takes in what the editor tells. What is not known, or not understood, changes nothing.
    fn take(&mut self, notification: Notification) {
        let Notification { method, params } = notification;
        match method.as_str() {
            "textDocument/didOpen" => {
                let Some(DidOpenTextDocumentParams { text_document: opened }) = read(params) else { return };
                if let Some(path) = place::path(&opened.uri) {
                    self.opened.insert(opened.uri.clone());
                    let (uri, version, text) = (opened.uri, opened.version, opened.text);
                    self.workspace.open(path, Document { uri, version, text });
                }
            }
            "textDocument/didChange" => {
                let Some(DidChangeTextDocumentParams { text_document: changed, content_changes }) =
                    read(params)
                else {
                    return;
                };
                if let Some(path) = place::path(&changed.text_document_identifier.uri) {
                    self.workspace.change(&path, changed.version, content_changes, self.abilities.encoding);
                }
            }
            "textDocument/didClose" => {
                let Some(DidCloseTextDocumentParams { text_document: closed }) = read(params) else { return };
                if let Some(path) = place::path(&closed.uri) {
                    self.workspace.close(&path);
                }
            }
            "workspace/didChangeWorkspaceFolders" => {
                let Some(DidChangeWorkspaceFoldersParams { event }) = read(params) else { return };
                self.workspace.change_folders(&paths(&event.removed), paths(&event.added));
            }
            "textDocument/didSave" | "workspace/didChangeWatchedFiles" => self.workspace.outdate(),
            _ => {}
        }
    }

    fn answer(&mut self, request: Request) -> Result<Response, Trouble> {
        let Request { id, method, params } = request;
        let answer = match method.as_str() {
            "textDocument/hover" => match read::<HoverParams>(params) {
                Some(params) => self.hover(&params)?,
                None => return Ok(misunderstood(id)),
            },
            "textDocument/codeAction" => match read::<CodeActionParams>(params) {
                Some(params) => self.actions(&params)?,
                None => return Ok(misunderstood(id)),
            },
            _ => {
                let message = format!("`{method}` is not served");
                return Ok(Response::new_err(id, ErrorCode::MethodNotFound as i32, message));
            }
        };
        Ok(Response::new_ok(id, answer))
    }

    fn hover(&mut self, params: &HoverParams) -> Result<Value, Trouble> {
        self.bring_up_to_date()?;
        let place = &params.text_document_position_params;
        let found = place::path(&place.text_document.uri)
            .and_then(|path| hover::at(&self.workspace, &path, place.position, self.abilities.encoding));
        value(found)
    }

    fn actions(&mut self, params: &CodeActionParams) -> Result<Value, Trouble> {
        self.bring_up_to_date()?;
        let Some(path) = place::path(&params.text_document.uri) else { return Ok(Value::Null) };
        let only = params.context.only.as_deref();
        let found = actions::of(&self.workspace, &path, params.range, only, self.abilities);
        value(found.into_iter().map(CodeActionResponse::CodeAction).collect::<Vec<_>>())
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
        Ok(())
    }
}

fn read<T: DeserializeOwned>(params: Value) -> Option<T> {
    serde_json::from_value(params).ok()
}

fn value(answer: impl Serialize) -> Result<Value, Trouble> {
    Ok(serde_json::to_value(answer)?)
}

fn misunderstood(id: RequestId) -> Response {
    Response::new_err(id, ErrorCode::InvalidParams as i32, "the parameters are not understood".to_owned())
}
