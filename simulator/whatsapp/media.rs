//! Files: uploaded by the business or sent by customers, kept in memory, handed out at addresses that expire.

use std::sync::Arc;

use axum::{
    extract::{Multipart, Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use chrono::{DateTime, Duration, Utc};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{
    Player,
    graph::{Call, GraphError, ok},
    world::{StoredFile, random_digits},
};

/// Where the business downloads, with its token.
pub(super) const ADDRESS: &str = "/whatsapp-media";
/// Where a customer's phone shows files.
pub(super) const PHONE: &str = "/whatsapp-phone";

const ADDRESS_MINUTES: i64 = 5;

/// Types that may be uploaded, with the largest size in bytes.
const TYPES: [(&str, usize); 18] = [
    ("audio/aac", 16 << 20),
    ("audio/amr", 16 << 20),
    ("audio/mpeg", 16 << 20),
    ("audio/mp4", 16 << 20),
    ("audio/ogg", 16 << 20),
    ("image/jpeg", 5 << 20),
    ("image/png", 5 << 20),
    ("image/webp", 500 << 10),
    ("video/mp4", 16 << 20),
    ("video/3gpp", 16 << 20),
    ("text/plain", 100 << 20),
    ("application/pdf", 100 << 20),
    ("application/msword", 100 << 20),
    ("application/vnd.ms-excel", 100 << 20),
    ("application/vnd.ms-powerpoint", 100 << 20),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", 100 << 20),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", 100 << 20),
    ("application/vnd.openxmlformats-officedocument.presentationml.presentation", 100 << 20),
];

/// `POST /{number}/media`
pub(super) async fn upload(State(player): State<Arc<Player>>, call: Call, form: Multipart) -> Response {
    let work = async {
        player.caller(&call)?;
        let file = uploaded(form).await?;
        ok(json!({ "id": player.keep(file) }))
    };
    player.answer("media", work).await
}

/// `GET /{media}`: where to download, for five minutes.
pub(super) async fn address(player: Arc<Player>, call: Call) -> Response {
    let work = async {
        player.bearer(&call)?;
        let world = player.world();
        let file = world.media.get(&call.object).ok_or_else(|| GraphError::unknown_object(&call.object))?;
        let issued = Utc::now().timestamp_millis();
        ok(json!({
            "messaging_product": "whatsapp",
            "url": format!("{}{ADDRESS}/{}?issued={issued}", player.base_url, call.object),
            "mime_type": file.mime,
            "sha256": hex::encode(Sha256::digest(&file.bytes)),
            "file_size": file.bytes.len(),
            "id": call.object,
        }))
    };
    player.answer("media_url", work).await
}

pub(super) async fn delete(State(player): State<Arc<Player>>, call: Call) -> Response {
    let work = async {
        player.bearer(&call)?;
        let gone = player.world().media.remove(&call.object);
        gone.ok_or_else(|| GraphError::unknown_object(&call.object))?;
        ok(json!({ "success": true }))
    };
    player.answer("delete_media", work).await
}

pub(super) async fn download(State(player): State<Arc<Player>>, call: Call) -> Response {
    let work = async {
        player.bearer(&call)?;
        let issued = call.query.get("issued").and_then(|millis| millis.parse().ok());
        let issued = issued.and_then(DateTime::from_timestamp_millis).unwrap_or_default();
        let world = player.world();
        match world.media.get(&call.object) {
            Some(file) if file.answers(issued) => Ok(served(file)),
            _ => Ok(StatusCode::NOT_FOUND.into_response()),
        }
    };
    player.answer("download", work).await
}

/// What a customer's phone shows needs no token.
pub(super) async fn show(State(player): State<Arc<Player>>, Path(media): Path<String>) -> Response {
    player.world().media.get(&media).map_or_else(|| StatusCode::NOT_FOUND.into_response(), served)
}

impl Player {
    /// Takes a file in; returns its media id.
    pub(super) fn keep(&self, file: StoredFile) -> String {
        let id = random_digits(16);
        self.world().media.insert(id.clone(), file);
        id
    }

    pub(super) fn phone_address(&self, media: &str) -> String {
        format!("{}{PHONE}/{media}", self.base_url)
    }
}

impl StoredFile {
    pub(super) fn new(bytes: Bytes, mime: String) -> Self {
        Self { bytes, mime, addresses_from: DateTime::UNIX_EPOCH }
    }

    fn answers(&self, issued: DateTime<Utc>) -> bool {
        issued > self.addresses_from && Utc::now() - issued < Duration::minutes(ADDRESS_MINUTES)
    }

    /// As callbacks write it.
    pub(super) fn sha256(&self) -> String {
        STANDARD.encode(Sha256::digest(&self.bytes))
    }
}

fn served(file: &StoredFile) -> Response {
    ([(header::CONTENT_TYPE, file.mime.clone())], file.bytes.clone()).into_response()
}

async fn uploaded(mut form: Multipart) -> Result<StoredFile, GraphError> {
    let unreadable = |_| GraphError::new(400, 100, "(#100) The upload is not readable.");
    let (mut product, mut file) = (false, None);
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        match field.name().unwrap_or_default() {
            "messaging_product" => product = field.text().await.map_err(unreadable)? == "whatsapp",
            "file" => {
                let mime = field.content_type().unwrap_or_default().to_owned();
                file = Some(StoredFile::new(field.bytes().await.map_err(unreadable)?, mime));
            }
            _ => {}
        }
    }
    if !product {
        return Err(GraphError::required("messaging_product"));
    }
    let file = file.ok_or_else(|| GraphError::required("file"))?;
    let plain = file.mime.split(';').next().unwrap_or_default().trim();
    match TYPES.iter().find(|(mime, _)| *mime == plain) {
        None => {
            let types: Vec<_> = TYPES.iter().map(|(mime, _)| *mime).collect();
            let message = format!(
                "(#100) Param file must be a file with one of the following types: {}. Received file of type '{plain}'.",
                types.join(", ")
            );
            Err(GraphError::new(400, 100, message))
        }
        Some((_, largest)) if file.bytes.len() > *largest => {
            let details = format!("The file has {} bytes; {plain} may have {largest}.", file.bytes.len());
            Err(GraphError::new(400, 131053, "(#131053) Media upload error").details(details))
        }
        Some(_) => Ok(file),
    }
}
