//! Files: uploads before they are sent, and where a browser gets a message's files.

use axum::{
    extract::{DefaultBodyLimit, Multipart, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use chrono::Utc;
use garde::Validate;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    access::{agent::Agent, permission::May},
    app::App,
    error::{Error, Problems, Result},
    http::extract::{Json, Path, Query},
    ids::AttachmentId,
    inbox::{attachment, message::MessageAttachment},
    upload,
};

pub fn routes() -> OpenApiRouter<App> {
    let uploads = OpenApiRouter::new().routes(routes!(create)).layer(DefaultBodyLimit::disable());
    uploads.routes(routes!(show, remove)).routes(routes!(retry))
}

/// A multipart form with a field `file`, and before it, for a voice note, `kind` = `voice`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the form")]
struct UploadForm {
    kind: Option<String>,
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// Stores a file to be sent with a message, up to the installation's limit (100 MB unless set).
#[utoipa::path(post, path = "/attachments", operation_id = "create_attachment", tag = "attachments",
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses((status = 201, body = MessageAttachment), Problems))]
async fn create(State(app): State<App>, agent: Agent, mut form: Multipart) -> Result<Response> {
    // Asked before the bytes are taken; no transaction stays open while they come.
    let (tx, member) = agent.begin(May::WriteConversations).await?;
    drop(tx);
    let unreadable = || Error::bad_request("upload_broken", "The upload broke off or is no multipart form.");
    let mut voice = false;
    while let Some(field) = form.next_field().await.map_err(|_| unreadable())? {
        match field.name() {
            Some("kind") => voice = field.text().await.map_err(|_| unreadable())? == "voice",
            Some("file") => {
                let upload = upload::receive(&app, member.organization_id, field, voice).await?;
                let (mut tx, member) = agent.begin(May::WriteConversations).await?;
                let stored = attachment::create(&mut tx, Some(&member), &upload).await?;
                tx.commit().await?;
                return Ok((StatusCode::CREATED, Json(stored)).into_response());
            }
            _ => {}
        }
    }
    Err(Error::invalid_field("file", "The form has no file."))
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Show {
    /// The small picture of it.
    #[garde(skip)]
    thumbnail: Option<bool>,
}

/// Redirects to an address that works for ten minutes without a token. 409 while the file is being fetched, or could not be.
#[utoipa::path(get, path = "/attachments/{id}", operation_id = "get_attachment", tag = "attachments",
    params(("id" = AttachmentId, Path,), Show), responses((status = 302, description = "Where the bytes are"), Problems))]
async fn show(
    State(app): State<App>,
    agent: Agent,
    Path(id): Path<AttachmentId>,
    Query(query): Query<Show>,
) -> Result<Response> {
    let (mut tx, member) = agent.begin(May::ReadConversations).await?;
    let found = attachment::find(&mut tx, &member, id).await?;
    let Some(key) = found.storage_key.as_deref().filter(|_| found.state == "stored") else {
        let detail = found.error.unwrap_or_else(|| "This file is still being fetched.".to_owned());
        return Err(Error::conflict("not_stored", detail));
    };
    let name = found.file_name.as_deref();
    let address = match (query.thumbnail.unwrap_or_default(), &found.thumbnail_key) {
        (true, Some(thumbnail)) => app.store.address(thumbnail, "image/webp", None, Utc::now()),
        (true, None) => return Err(Error::not_found("thumbnail")),
        (false, _) => app.store.address(
            key,
            found.mime.as_deref().unwrap_or("application/octet-stream"),
            name,
            Utc::now(),
        ),
    };
    let mut response = Redirect::temporary(&address).into_response();
    *response.status_mut() = StatusCode::FOUND;
    response
        .headers_mut()
        .insert("cache-control", axum::http::HeaderValue::from_static("private, max-age=300"));
    Ok(response)
}

/// Forgets an upload that was not sent.
#[utoipa::path(delete, path = "/attachments/{id}", operation_id = "delete_attachment", tag = "attachments",
    params(("id" = AttachmentId, Path,)), responses((status = 204, description = "Forgotten"), Problems))]
async fn remove(State(app): State<App>, agent: Agent, Path(id): Path<AttachmentId>) -> Result<StatusCode> {
    let (mut tx, member) = agent.begin(May::WriteConversations).await?;
    let keys = attachment::discard(&mut tx, &member, id).await?;
    tx.commit().await?;
    for key in keys {
        app.store.delete(&key).await.map_err(|error| Error::Internal(error.to_string()))?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Fetches a file once more that could not be had from the platform.
#[utoipa::path(post, path = "/attachments/{id}/retry", operation_id = "retry_attachment", tag = "attachments",
    params(("id" = AttachmentId, Path,)), responses((status = 200, body = MessageAttachment), Problems))]
async fn retry(agent: Agent, Path(id): Path<AttachmentId>) -> Result<Json<MessageAttachment>> {
    let (mut tx, member) = agent.begin(May::WriteConversations).await?;
    let attachment = attachment::retry(&mut tx, &member, id).await?;
    tx.commit().await?;
    Ok(Json(attachment))
}
