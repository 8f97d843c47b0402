//! A visitor's messages: written once however often they are posted, and read by position.

use std::sync::Arc;

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use channels::webchat::{Attachment, Choice, FormAnswers, Message as Written, Page};
use chrono::Utc;
use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::knock::Visit;
use crate::{
    error::{Error, Result},
    http::extract::{Json, Path, Query},
    ids::{IntegrationId, MessageId},
    webchat::{
        Door,
        acts::Guest,
        own::{self, Position, Window},
        token::Upload,
        view::{self, Shown},
    },
};

const ROWS: i64 = 50;

#[derive(Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub(super) struct List {
    /// Below this position; without both, the newest.
    #[garde(skip)]
    before: Option<String>,
    /// Above this position.
    #[garde(skip)]
    after: Option<String>,
    #[garde(range(min = 1, max = 100))]
    limit: Option<i64>,
}

#[derive(Serialize)]
pub(super) struct Listed {
    /// Oldest first.
    data: Vec<Shown>,
    /// Whether there is more in that direction.
    more: bool,
}

pub(super) async fn list(
    State(door): State<Arc<Door>>,
    Visit(guest): Visit,
    Query(query): Query<List>,
) -> Result<Json<Listed>> {
    let limit = query.limit.unwrap_or(ROWS);
    let window = match (query.before, query.after) {
        (_, Some(after)) => Window::After(position("after", &after)?, Utc::now()),
        (before, None) => Window::Before(before.map(|at| position("before", &at)).transpose()?),
    };
    let mut tx = door.app.db.begin(guest.integration.organization_id).await?;
    let mut messages = own::messages(&mut tx, &guest.own(), window, limit + 1).await?;
    let more = messages.len() > limit as usize;
    if more {
        // The one that only tells that there is more.
        match window {
            Window::Before(_) => drop(messages.remove(0)),
            Window::After(..) => drop(messages.pop()),
        }
    }
    let data = view::show(&door.app, &mut tx, &guest.own(), messages).await?;
    Ok(Json(Listed { data, more }))
}

fn position(field: &str, text: &str) -> Result<Position> {
    text.parse().map_err(|_| Error::invalid_field(field, "This is no message's position."))
}

/// 404 for what is not the visitor's.
pub(super) async fn show(
    State(door): State<Arc<Door>>,
    Visit(guest): Visit,
    Path((_, id)): Path<(IntegrationId, MessageId)>,
) -> Result<Json<Shown>> {
    let mut tx = door.app.db.begin(guest.integration.organization_id).await?;
    let found = own::find(&mut tx, &guest.own(), &[id]).await?;
    let shown = view::show(&door.app, &mut tx, &guest.own(), found).await?.pop();
    shown.map(Json).ok_or_else(|| Error::not_found("message"))
}

#[derive(Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub(super) struct Create {
    /// The client's own; a repeat changes nothing.
    #[garde(skip)]
    client_id: Uuid,
    #[serde(default)]
    #[garde(length(chars, max = 10_000))]
    text: String,
    /// What the uploads answered.
    #[serde(default)]
    #[garde(length(max = 10), inner(length(max = 4096)))]
    uploads: Vec<String>,
    #[garde(skip)]
    reply_to: Option<MessageId>,
    /// A button of ours.
    #[garde(dive)]
    choice: Option<CreateChoice>,
    #[garde(dive)]
    form: Option<CreateForm>,
    #[garde(dive)]
    page: Option<CreatePage>,
}

#[derive(Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
struct CreateChoice {
    #[garde(length(chars, min = 1, max = 200))]
    id: String,
    #[garde(length(chars, min = 1, max = 200))]
    title: String,
}

#[derive(Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
struct CreateForm {
    #[garde(inner(length(chars, max = 200)))]
    name: Option<String>,
    #[garde(inner(length(chars, max = 320)))]
    email: Option<String>,
    #[garde(inner(length(chars, max = 50)))]
    phone: Option<String>,
}

#[derive(Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
struct CreatePage {
    #[garde(length(chars, max = 2000))]
    url: String,
    #[garde(inner(length(chars, max = 300)))]
    title: Option<String>,
    #[garde(inner(length(chars, max = 2000)))]
    referrer: Option<String>,
}

/// 201 with the message, also for a repeat.
pub(super) async fn create(
    State(door): State<Arc<Door>>,
    Visit(guest): Visit,
    Json(body): Json<Create>,
) -> Result<Response> {
    door.limits.message(guest.visitor.id)?;
    if body.text.trim().is_empty() && body.uploads.is_empty() && body.choice.is_none() {
        return Err(Error::invalid_field("text", "A message has a text, files or a choice."));
    }
    let (tenant, own) = (guest.integration.organization_id, guest.own());
    let reply_to = match body.reply_to {
        Some(id) => {
            let quoted = own::find(&mut door.app.db.begin(tenant).await?, &own, &[id]).await?.pop();
            quoted.ok_or_else(|| Error::not_found("message"))?.external_id
        }
        None => None,
    };
    let written = Written {
        id: body.client_id.to_string(),
        attachments: attachments(&door, &guest, &body.uploads)?,
        text: body.text,
        choice: body.choice.map(|choice| Choice { id: choice.id, title: choice.title }),
        form: body.form.map(|form| FormAnswers { name: form.name, email: form.email, phone: form.phone }),
        reply_to,
        page: body.page.map(|page| Page { url: page.url, title: page.title, referrer: page.referrer }),
        at: None,
    };
    let stored = door.write(&guest, written).await?;
    let shown = view::show_one(&door.app, tenant, &own, stored).await?;
    Ok((StatusCode::CREATED, axum::Json(shown)).into_response())
}

fn attachments(door: &Door, guest: &Guest, uploads: &[String]) -> Result<Vec<Attachment>> {
    let read = |text: &String| {
        let upload = Upload::read(&door.app.vault, &guest.integration, &guest.visitor, text)?;
        Some(Attachment {
            upload: upload.id.to_string(),
            kind: serde_json::from_value(json!(upload.kind)).ok()?,
            mime: upload.mime,
            file_name: upload.file_name,
            size: u64::try_from(upload.size).ok()?,
        })
    };
    uploads
        .iter()
        .map(|text| {
            read(text).ok_or_else(|| Error::invalid_field("uploads", "This upload is not there any more."))
        })
        .collect()
}
