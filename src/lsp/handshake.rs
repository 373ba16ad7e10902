//! How a session begins and ends.

use std::path::PathBuf;

use gen_lsp_types::{
    ChangeNotifications, CodeActionKind, CodeActionOptions, CodeActionProvider, HoverProvider,
    InitializeResult, PositionEncodingKind, ResourceOperationKind, Save, ServerCapabilities, ServerInfo,
    TextDocumentSync, TextDocumentSyncKind, TextDocumentSyncOptions, Uri, WorkspaceFolder,
    WorkspaceFoldersServerCapabilities, WorkspaceOptions,
};
use lsp_server::{Connection, ErrorCode, Message, Request, Response};
use serde_json::Value;

use super::actions::{self, Abilities};
use super::place::{self, Encoding};
use super::{Trouble, paths, refusal, send, value_at};

/// Waits for `initialize` and answers it.
pub(super) fn greet(connection: &Connection) -> Result<Client, Trouble> {
    loop {
        match connection.receiver.recv().map_err(|_| Trouble::Gone)? {
            Message::Request(Request { id, method, params }) if method == "initialize" => {
                let client = Client::of(&params);
                let result = InitializeResult {
                    capabilities: capabilities(client.abilities.encoding),
                    server_info: Some(ServerInfo {
                        name: env!("CARGO_PKG_NAME").to_owned(),
                        version: Some(env!("CARGO_PKG_VERSION").to_owned()),
                    }),
                };
                send(connection, Response::new_ok(id, result))?;
                return Ok(client);
            }
            Message::Request(request) => {
                let message = "`initialize` comes first".to_owned();
                send(connection, refusal(request.id, ErrorCode::ServerNotInitialized, message))?;
            }
            Message::Notification(notification) if notification.method == "exit" => {
                return Err(Trouble::Ended);
            }
            Message::Notification(_) | Message::Response(_) => {}
        }
    }
}

/// Waits for `exit`, once `shutdown` is answered.
pub(super) fn end(connection: &Connection) -> Result<(), Trouble> {
    while let Ok(message) = connection.receiver.recv() {
        match message {
            Message::Request(request) => {
                let message = "nothing is served after `shutdown`".to_owned();
                send(connection, refusal(request.id, ErrorCode::InvalidRequest, message))?;
            }
            Message::Notification(notification) if notification.method == "exit" => break,
            Message::Notification(_) | Message::Response(_) => {}
        }
    }
    Ok(())
}

/// What an editor says of itself.
pub(super) struct Client {
    pub(super) abilities: Abilities,
    pub(super) folders: Vec<PathBuf>,
    /// It can be asked to tell of changes on disk.
    pub(super) watches: bool,
}

impl Client {
    /// Takes what counts here out of the parameters of `initialize`. Nothing else in them can keep an editor out.
    fn of(params: &Value) -> Self {
        let can = |place: &str| params.pointer(place).and_then(Value::as_bool).unwrap_or_default();
        let edits = "/capabilities/workspace/workspaceEdit";
        let operations: Vec<ResourceOperationKind> = value_at(params, &format!("{edits}/resourceOperations"));
        let encodings: Vec<PositionEncodingKind> =
            value_at(params, "/capabilities/general/positionEncodings");
        let mut folders = paths(&value_at::<Vec<WorkspaceFolder>>(params, "/workspaceFolders"));
        if folders.is_empty() {
            // Editors without workspace folders have nothing else.
            let root = value_at::<Option<Uri>>(params, "/rootUri");
            folders.extend(root.as_ref().and_then(place::path));
        }
        Self {
            abilities: Abilities {
                encoding: Encoding::of(&encodings),
                // An editor that knows operations on files takes them beside edits of versions.
                versions: can(&format!("{edits}/documentChanges")) || !operations.is_empty(),
                create: operations.contains(&ResourceOperationKind::Create),
            },
            folders,
            watches: can("/capabilities/workspace/didChangeWatchedFiles/dynamicRegistration"),
        }
    }
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
