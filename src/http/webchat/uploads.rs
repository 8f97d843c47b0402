//! A visitor's file, kept until a message of the same visitor carries it.

use std::sync::Arc;

use axum::{
    extract::{Multipart, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::Utc;
use serde_json::json;

use super::knock::{Address, Visit};
use crate::{
    error::{Error, Result},
    inbox::attachment,
    upload,
    webchat::{Door, token::Upload},
};

/// A multipart form with a field `file`. Answers what a message names it by.
pub(super) async fn create(
    State(door): State<Arc<Door>>,
    Visit(guest): Visit,
    Address(address): Address,
    mut form: Multipart,
) -> Result<Response> {
    door.limits.upload(guest.visitor.id, address)?;
    let unreadable = || Error::bad_request("upload_broken", "The upload broke off or is no multipart form.");
    while let Some(field) = form.next_field().await.map_err(|_| unreadable())? {
        if field.name() != Some("file") {
            continue;
        }
        let organization = guest.integration.organization_id;
        let file = upload::receive(&door.app, organization, field, false).await?;
        let mut tx = door.app.db.begin(organization).await?;
        attachment::create(&mut tx, None, &file).await?;
        tx.commit().await?;
        let upload = Upload {
            id: file.id,
            thread: guest.visitor.thread(),
            kind: file.kind,
            mime: file.mime,
            file_name: file.file_name,
            size: file.size,
            expires: Upload::expires_from(Utc::now()),
        };
        let answer = json!({
            "upload": upload.seal(&door.app.vault, &guest.integration)?,
            "kind": upload.kind,
            "mime": upload.mime,
            "file_name": upload.file_name,
            "size": upload.size,
        });
        return Ok((StatusCode::CREATED, axum::Json(answer)).into_response());
    }
    Err(Error::invalid_field("file", "The form has no file."))
}
