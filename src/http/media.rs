//! Files behind signed addresses. Whoever holds the address may read: it names one file and dies after ten minutes.

use axum::{
    Router,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header},
    response::IntoResponse,
    routing::get,
};
use chrono::Utc;
use object_store::{GetOptions, GetRange};

use crate::{
    app::App,
    error::{Error, Problem, Result},
    store::{Address, StoreError},
};

/// Types that a browser may show in place; everything else is a download.
const SHOWN: [&str; 14] = [
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "image/avif",
    "audio/ogg",
    "audio/mpeg",
    "audio/mp4",
    "audio/aac",
    "audio/amr",
    "audio/wav",
    "video/mp4",
    "video/webm",
    "application/pdf",
];

pub fn router() -> Router<App> {
    let own =
        |app: State<App>, token: Path<String>, headers: HeaderMap| serve(app, token, headers, "same-origin");
    let visitors =
        |app: State<App>, token: Path<String>, headers: HeaderMap| serve(app, token, headers, "cross-origin");
    Router::new().route("/media/{token}", get(own)).route("/webchat/media/{token}", get(visitors))
}

async fn serve(
    State(app): State<App>,
    Path(token): Path<String>,
    headers: HeaderMap,
    readers: &'static str,
) -> Result<Response<Body>> {
    let address = app.store.read_address(&token, Utc::now()).ok_or_else(|| {
        Problem::new(
            StatusCode::FORBIDDEN,
            "address_expired",
            "This address has expired. Ask for the file again.",
        )
    })?;
    let range = headers.get(header::RANGE).and_then(|value| value.to_str().ok()).and_then(parse_range);
    let partial = range.is_some();
    let options = GetOptions { range, ..GetOptions::default() };
    let found = match app.store.get(&address.storage_key, options).await {
        Ok(found) => found,
        Err(StoreError::Missing) => return Err(Error::not_found("file")),
        Err(StoreError::Range(size)) => {
            let whole = [(header::CONTENT_RANGE, format!("bytes */{size}"))];
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, whole).into_response());
        }
        Err(error) => return Err(Error::Internal(error.to_string())),
    };
    let (range, size) = (found.range.clone(), found.meta.size);
    let mut response = Response::new(Body::from_stream(found.into_stream()));
    let mut set = |name: HeaderName, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    };
    set(header::CONTENT_TYPE, address.mime.clone());
    set(header::CONTENT_DISPOSITION, disposition(&address));
    set(header::CONTENT_LENGTH, (range.end - range.start).to_string());
    set(header::ACCEPT_RANGES, "bytes".into());
    set(header::CACHE_CONTROL, "private, max-age=600, immutable".into());
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff".into());
    set(header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'; style-src 'unsafe-inline'".into());
    set(HeaderName::from_static("cross-origin-resource-policy"), readers.into());
    if partial {
        set(header::CONTENT_RANGE, format!("bytes {}-{}/{size}", range.start, range.end.saturating_sub(1)));
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    Ok(response)
}

/// One range; several, or anything else, mean the whole file, as the standard allows.
fn parse_range(text: &str) -> Option<GetRange> {
    let (start, end) = text.strip_prefix("bytes=")?.split_once('-')?;
    match (start.trim(), end.trim()) {
        ("", suffix) => suffix.parse().ok().map(GetRange::Suffix),
        (start, "") => start.parse().ok().map(GetRange::Offset),
        (start, end) => {
            let (start, end): (u64, u64) = (start.parse().ok()?, end.parse().ok()?);
            (start <= end).then(|| GetRange::Bounded(start..end.saturating_add(1)))
        }
    }
}

fn disposition(address: &Address) -> String {
    let essence = address.mime.split(';').next().unwrap_or_default().trim();
    let mode = if SHOWN.contains(&essence) { "inline" } else { "attachment" };
    match &address.file_name {
        Some(name) => format!("{mode}; filename*=UTF-8''{}", percent(name)),
        None => mode.to_owned(),
    }
}

/// The characters that RFC 8187 lets stand, the rest as bytes.
fn percent(name: &str) -> String {
    name.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        assert_eq!(parse_range("bytes=0-4"), Some(GetRange::Bounded(0..5)));
        assert_eq!(parse_range("bytes=7-"), Some(GetRange::Offset(7)));
        assert_eq!(parse_range("bytes=-7"), Some(GetRange::Suffix(7)));
        for whole in ["bytes=5-4", "bytes=0-1,3-4", "lines=1-2", "bytes=", "bytes=a-b"] {
            assert_eq!(parse_range(whole), None, "{whole}");
        }
    }

    #[test]
    fn only_harmless_types_are_shown() {
        let of = |mime: &str, name: &str| {
            disposition(&Address {
                storage_key: String::new(),
                mime: mime.into(),
                file_name: Some(name.into()),
                expires: 0,
            })
        };
        assert_eq!(of("image/png", "a b.png"), "inline; filename*=UTF-8''a%20b.png");
        assert_eq!(of("text/html", "x\"\r\n.html"), "attachment; filename*=UTF-8''x%22%0D%0A.html");
        assert!(of("image/svg+xml", "x").starts_with("attachment"));
    }
}
