//! Files: sent by customers, kept in memory. Twilio's own address asks for the token and leads to a store that must not see it.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;

use super::{
    Platform,
    api::{ApiError, Call},
    world::{StoredFile, sid},
};

/// Where files lie.
pub(super) const STORE: &str = "/twilio-media";

/// `GET …/Messages/{sid}/Media/{media}`
pub(super) async fn get(
    State(platform): State<Arc<Platform>>,
    Path((_, _, media)): Path<(String, String, String)>,
    call: Call,
) -> Response {
    let work = async {
        let known = platform.world().media.contains_key(&media);
        if platform.settings().media_protected {
            platform.caller(&call)?;
        }
        if !known {
            return Err(ApiError::not_found(&media));
        }
        let target = format!("{}{STORE}/{media}", platform.base_url);
        Ok((StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, target)]).into_response())
    };
    platform.answer("media", work).await
}

/// The store, which is no part of the API: it would refuse a request with two sorts of credentials.
pub(super) async fn show(
    State(platform): State<Arc<Platform>>,
    Path(media): Path<String>,
    headers: axum::http::HeaderMap,
) -> Response {
    if headers.contains_key(header::AUTHORIZATION) {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let file = platform.world().media.get(&media).cloned();
    file.map_or_else(
        || StatusCode::NOT_FOUND.into_response(),
        |file| ([(header::CONTENT_TYPE, file.mime)], file.bytes).into_response(),
    )
}

impl Platform {
    /// Takes a file in; returns its media id.
    pub(super) fn keep(&self, bytes: Bytes, mime: &str) -> String {
        let id = sid("ME");
        self.world().media.insert(id.clone(), StoredFile { bytes, mime: mime.to_owned() });
        id
    }

    /// Where a telephone shows the file.
    pub(super) fn store_address(&self, media: &str) -> String {
        format!("{}{STORE}/{media}", self.base_url)
    }

    /// A file of the business's message, as Twilio fetched it.
    pub(super) fn attach(&self, number: &str, message: &str, bytes: Bytes, mime: Option<String>) {
        let mime = mime.unwrap_or_else(|| "application/octet-stream".into());
        let kind = match mime.split('/').next() {
            Some("image") => "image",
            Some("video") => "video",
            Some("audio") => "audio",
            _ => "document",
        };
        let media = self.keep(bytes, &mime);
        let address = self.store_address(&media);
        let mut world = self.world();
        if let Some(bubble) = world.numbers.get_mut(number).and_then(|number| number.find(message)) {
            bubble.view.media_url = Some(address);
            bubble.view.kind = kind.into();
        }
    }
}
