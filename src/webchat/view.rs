//! A message as its visitor sees it. What is not named here does not leave the house: no ids of members, no statuses of failures, no
//! details of the inbox.

use channels::{
    markup,
    message::{Button, FormatRange, Part, PaymentCard},
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use super::own::{Own, OwnConversation, Position};
use crate::{
    app::App,
    db::Tx,
    error::Result,
    ids::{AttachmentId, MessageId, OrganizationId},
    inbox::message::Message,
};

#[derive(Clone, Debug, Serialize)]
pub struct Shown {
    pub id: MessageId,
    /// Sorts messages; a place to read on from.
    pub position: String,
    /// What the visitor's own client called it.
    pub client_id: Option<String>,
    /// `visitor` or `agent`.
    pub from: &'static str,
    pub name: Option<String>,
    pub text: String,
    /// Ranges of the text, in Unicode characters.
    pub format: Vec<FormatRange>,
    pub attachments: Vec<File>,
    pub buttons: Vec<Button>,
    pub location: Option<Place>,
    /// Money that is asked for.
    pub payment: Option<PaymentCard>,
    pub reply_to: Option<Quoted>,
    pub sent_at: DateTime<Utc>,
    pub edited: bool,
    /// Nothing of it is left to be shown.
    pub deleted: bool,
}

#[derive(Clone, Debug, Serialize)]
pub struct File {
    pub id: AttachmentId,
    pub kind: String,
    pub file_name: Option<String>,
    pub mime: Option<String>,
    pub size: Option<i64>,
    pub width: Option<i32>,
    pub height: Option<i32>,
    /// `pending`, `stored` or `failed`.
    pub state: String,
    /// Relative to the hub; works for ten minutes.
    pub url: Option<String>,
    pub thumbnail_url: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Place {
    pub latitude: f64,
    pub longitude: f64,
    pub name: Option<String>,
    pub address: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Quoted {
    pub id: Option<MessageId>,
    pub text: Option<String>,
}

/// How a conversation stands.
#[derive(Clone, Debug, Serialize)]
pub struct ShownConversation {
    /// Positions of its messages begin with this.
    pub id: String,
    /// `open` or `closed`.
    pub status: &'static str,
    /// Somebody has read up to here.
    pub read_up_to: String,
}

impl ShownConversation {
    pub fn of(one: &OwnConversation) -> Self {
        let position = Position { conversation: one.id.0, seq: one.read_seq };
        Self {
            id: one.id.to_string(),
            status: if one.status == "closed" { "closed" } else { "open" },
            read_up_to: position.to_string(),
        }
    }
}

/// Where a file's bytes lie.
#[derive(sqlx::FromRow)]
pub(super) struct Kept {
    id: AttachmentId,
    storage_key: Option<String>,
    thumbnail_key: Option<String>,
}

/// Messages of [`super::own`], with addresses for their files.
pub async fn show(app: &App, tx: &mut Tx, own: &Own, messages: Vec<Message>) -> Result<Vec<Shown>> {
    let stored = files(tx, &messages).await?;
    Ok(messages.into_iter().map(|one| shown(app, own, one, &stored)).collect())
}

/// One message of [`super::own`], without a look at the table where it has no files.
pub async fn show_one(app: &App, tenant: OrganizationId, own: &Own, message: Message) -> Result<Shown> {
    let stored = match message.attachments.is_empty() {
        true => Vec::new(),
        false => files(&mut app.db.begin(tenant).await?, [&message]).await?,
    };
    Ok(shown(app, own, message, &stored))
}

/// Where the files of the messages lie.
pub(super) async fn files(tx: &mut Tx, messages: impl IntoIterator<Item = &Message>) -> Result<Vec<Kept>> {
    let files: Vec<_> = messages.into_iter().flat_map(|one| &one.attachments).map(|file| file.id).collect();
    if files.is_empty() {
        return Ok(Vec::new());
    }
    Ok(sqlx::query_as(
        "select id, storage_key, thumbnail_key from attachments where organization_id = $1 and id = any($2)",
    )
    .bind(tx.organization())
    .bind(files)
    .fetch_all(tx.sql())
    .await?)
}

pub(super) fn shown(app: &App, own: &Own, message: Message, stored: &[Kept]) -> Shown {
    let deleted = message.deleted_at.is_some();
    let inbound = message.direction == "inbound";
    let prefix = format!("{}/", own.thread);
    let client_id = message.external_id.as_deref().filter(|_| inbound);
    // What was written before the visitor was proven begins with the name that they had then.
    let client_id = client_id
        .and_then(|id| id.strip_prefix(&prefix).or_else(|| Some(id.rsplit_once('/')?.1)))
        .map(str::to_owned);
    let position = Position::of(&message).to_string();
    let parts: Vec<Part> = match deleted {
        true => Vec::new(),
        false => list(&message.parts),
    };
    let (text, format) = match (deleted, inbound) {
        (true, _) => (String::new(), Vec::new()),
        (false, true) => (message.text, Vec::new()),
        (false, false) => {
            let marked = markup::parse(&message.text);
            let ranges = marked.ranges();
            (marked.text, ranges)
        }
    };
    let files = message.attachments.into_iter().filter(|_| !deleted);
    Shown {
        id: message.id,
        position,
        client_id,
        from: if inbound { "visitor" } else { "agent" },
        name: message.sender.name.filter(|_| !inbound),
        text,
        format,
        attachments: files.map(|file| self::file(app, file, stored)).collect(),
        buttons: parts.iter().flat_map(buttons).cloned().collect(),
        location: parts.iter().find_map(place),
        payment: parts.iter().find_map(payment),
        reply_to: message
            .reply_to
            .filter(|_| !deleted)
            .map(|quoted| Quoted { id: quoted.id, text: quoted.text }),
        sent_at: message.sent_at,
        edited: message.edited_at.is_some(),
        deleted,
    }
}

fn list(parts: &Value) -> Vec<Part> {
    let parts = parts.as_array().map(Vec::as_slice).unwrap_or_default();
    parts.iter().filter_map(|part| serde_json::from_value(part.clone()).ok()).collect()
}

fn buttons(part: &Part) -> &[Button] {
    match part {
        Part::Buttons { buttons, .. } => buttons,
        _ => &[],
    }
}

fn place(part: &Part) -> Option<Place> {
    match part {
        Part::Location { latitude, longitude, name, address, .. } => Some(Place {
            latitude: *latitude,
            longitude: *longitude,
            name: name.clone(),
            address: address.clone(),
        }),
        _ => None,
    }
}

fn payment(part: &Part) -> Option<PaymentCard> {
    match part {
        Part::Payment(card) => Some(card.clone()),
        _ => None,
    }
}

fn file(app: &App, file: crate::inbox::message::MessageAttachment, stored: &[Kept]) -> File {
    let keys = stored.iter().find(|one| one.id == file.id);
    let now = Utc::now();
    let mime = file.mime.as_deref().unwrap_or("application/octet-stream");
    let address = |key: &String, mime: &str| {
        format!("/webchat{}", app.store.address(key, mime, file.file_name.as_deref(), now))
    };
    let url = keys.and_then(|one| one.storage_key.as_ref()).map(|key| address(key, mime));
    let thumbnail_url = keys.and_then(|one| one.thumbnail_key.as_ref()).map(|key| address(key, "image/webp"));
    File {
        id: file.id,
        kind: file.kind,
        mime: file.mime,
        size: file.size,
        width: file.width,
        height: file.height,
        state: file.state,
        url,
        thumbnail_url,
        file_name: file.file_name,
    }
}
