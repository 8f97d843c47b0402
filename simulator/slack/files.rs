//! Files: uploaded in three steps, and shown to whoever has the token.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{
    Shared,
    call::{Call, Refused, broken},
    lock, methods,
    world::{File, Workspace, random},
};
use crate::{Fault, Media};

pub(super) fn begin(base_url: &str, workspace: &mut Workspace, call: &Call) -> Result<Value, Refused> {
    let (name, length) = (call.text("filename"), call.text("length").parse::<usize>());
    if name.is_empty() || !length.is_ok_and(|length| length > 0) {
        return Err("invalid_arguments".into());
    }
    let id = format!("F0{}", random(9));
    let file =
        File { name: name.to_owned(), mime: mime_of(name).to_owned(), bytes: Bytes::new(), share: None };
    workspace.files.insert(id.clone(), file);
    Ok(json!({ "upload_url": format!("{base_url}/upload/v1/{id}"), "file_id": id }))
}

pub(super) async fn upload(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match shared.faults.take("upload") {
        Some(Fault::Status(status)) => {
            return StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR).into_response();
        }
        Some(_) => return broken(),
        None => {}
    }
    // The address is the proof; a token has no business here.
    if headers.contains_key(header::AUTHORIZATION) {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let mut workspaces = lock(&shared.workspaces);
    let Some(file) = workspaces.values_mut().find_map(|workspace| workspace.files.get_mut(&id)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let length = body.len();
    file.bytes = body;
    format!("OK - {length}").into_response()
}

/// One message with all files. The answer does not name it, as Slack's does not.
pub(super) fn complete(base_url: &str, workspace: &mut Workspace, call: &Call) -> Result<Value, Refused> {
    let channel = call.text("channel_id").to_owned();
    if !workspace.channels.contains_key(&channel) {
        return Err("channel_not_found".into());
    }
    let listed = call.fields.get("files").and_then(Value::as_array).cloned().unwrap_or_default();
    let ids: Vec<String> = listed.iter().filter_map(|file| file["id"].as_str()).map(str::to_owned).collect();
    if ids.is_empty()
        || !ids.iter().all(|id| workspace.files.get(id).is_some_and(|file| !file.bytes.is_empty()))
    {
        return Err("invalid_upload".into());
    }
    let mut json = methods::own(workspace);
    json["subtype"] = json!("file_share");
    json["text"] = json!(call.text("initial_comment"));
    json["files"] = ids.iter().map(|id| workspace.file_json(base_url, id)).collect();
    if !call.text("thread_ts").is_empty() {
        json["thread_ts"] = json!(call.text("thread_ts"));
    }
    let event = workspace.keep(&channel, json, true);
    let ts = event["ts"].as_str().unwrap_or_default().to_owned();
    for id in &ids {
        if let Some(file) = workspace.files.get_mut(id) {
            file.share = Some((channel.clone(), ts.clone()));
        }
    }
    let files: Vec<_> = ids.iter().map(|id| json!({ "id": id })).collect();
    Ok(json!({ "files": files }))
}

pub(super) fn info(base_url: &str, workspace: &mut Workspace, call: &Call) -> Result<Value, Refused> {
    let id = call.text("file");
    if !workspace.files.contains_key(id) {
        return Err("file_not_found".into());
    }
    Ok(json!({ "file": workspace.file_json(base_url, id) }))
}

pub(super) fn delete(workspace: &mut Workspace, call: &Call) -> Result<Value, Refused> {
    workspace.files.remove(call.text("file")).map(|_| json!({})).ok_or("file_not_found".into())
}

/// A customer's file; its id.
pub(super) fn keep(workspace: &mut Workspace, media: &Media) -> String {
    let id = format!("F0{}", random(9));
    let file = File {
        name: media.file_name.clone(),
        mime: media.mime.clone(),
        bytes: media.bytes.clone(),
        share: None,
    };
    workspace.files.insert(id.clone(), file);
    id
}

/// Without a token that may see files Slack shows its login page, with status 200.
pub(super) async fn download(
    State(shared): State<Arc<Shared>>,
    Path((id, _)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let token = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let workspaces = lock(&shared.workspaces);
    let owner = workspaces.values().find(|one| token.strip_prefix("Bearer ") == Some(&one.bot_token));
    let owner = owner.filter(|one| one.scopes.split(',').any(|scope| scope == "files:read"));
    let Some(owner) = owner else {
        return Html("<!DOCTYPE html><title>Sign in | Slack</title>").into_response();
    };
    let id = id.rsplit('-').next().unwrap_or_default();
    match owner.files.get(id) {
        Some(file) => ([(header::CONTENT_TYPE, file.mime.clone())], file.bytes.clone()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The file as the customer's screen shows it.
pub(super) async fn shown(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    let workspaces = lock(&shared.workspaces);
    match workspaces.values().find_map(|workspace| workspace.files.get(&id)) {
        Some(file) => ([(header::CONTENT_TYPE, file.mime.clone())], file.bytes.clone()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn mime_of(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "webp" => "image/webp",
        "gif" => "image/gif",
        "mp4" => "video/mp4",
        "mp3" => "audio/mpeg",
        "m4a" => "audio/mp4",
        "pdf" => "application/pdf",
        "txt" => "text/plain",
        _ => "application/octet-stream",
    }
}
