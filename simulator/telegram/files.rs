//! Files: uploaded, fetched from a link, or known by id; and their way back through `getFile`.

use bytes::Bytes;
use serde_json::{Value, json};

use super::{
    Shared,
    bot::{Bot, random},
    call::{Call, Upload},
    refused::Refused,
};

/// Bots can download no larger files.
const DOWNLOAD_MAX: usize = 20 << 20;
const PHOTO_MAX: usize = 10 << 20;

/// A kind of file: the field that carries it, the folder that keeps it, and what the chat shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Photo,
    Video,
    Animation,
    Audio,
    Voice,
    VideoNote,
    Document,
    Sticker,
}

impl Sort {
    pub(super) const ALL: [Self; 8] = [
        Self::Photo,
        Self::Video,
        Self::Animation,
        Self::Audio,
        Self::Voice,
        Self::VideoNote,
        Self::Document,
        Self::Sticker,
    ];

    pub(super) fn field(self) -> &'static str {
        match self {
            Self::Photo => "photo",
            Self::Video => "video",
            Self::Animation => "animation",
            Self::Audio => "audio",
            Self::Voice => "voice",
            Self::VideoNote => "video_note",
            Self::Document => "document",
            Self::Sticker => "sticker",
        }
    }

    fn folder(self) -> &'static str {
        match self {
            Self::Photo => "photos",
            Self::Video => "videos",
            Self::Animation => "animations",
            Self::Audio => "music",
            Self::Voice => "voice",
            Self::VideoNote => "video_notes",
            Self::Document => "documents",
            Self::Sticker => "stickers",
        }
    }

    /// As [`crate::ChatMessage`] calls it.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::Photo => "image",
            Self::Video | Self::Animation | Self::VideoNote => "video",
            Self::Audio => "audio",
            Self::Voice => "voice",
            Self::Document => "document",
            Self::Sticker => "sticker",
        }
    }

    /// What a customer's medium is sent as.
    pub(super) fn of_kind(kind: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.kind() == kind)
    }
}

/// A kept file as a message's fields, with its id.
pub(super) struct Kept {
    pub(super) id: String,
    pub(super) fields: Vec<(&'static str, Value)>,
}

/// The file that a method's field means.
pub(super) fn take(bot: &mut Bot, call: &Call, sort: Sort, value: Option<&str>) -> Result<Kept, Refused> {
    let value = value.unwrap_or_default();
    let upload = match value.strip_prefix("attach://") {
        Some(name) => call.files.get(name),
        None if value.is_empty() => call.files.get(sort.field()),
        None => call.files.get(value),
    };
    if let Some(upload) = upload {
        return keep(bot, sort, upload.clone());
    }
    if value.is_empty() {
        return Err(Refused::bad(&format!("there is no {} in the request", sort.field())));
    }
    let known = bot.files.get(value).map(|file| Upload {
        file_name: file.name.clone(),
        mime: Some(file.mime.clone()),
        bytes: file.bytes.clone(),
    });
    keep(bot, sort, known.ok_or_else(|| Refused::bad("wrong file identifier/HTTP URL specified"))?)
}

pub(super) fn keep(bot: &mut Bot, sort: Sort, upload: Upload) -> Result<Kept, Refused> {
    if upload.bytes.is_empty() {
        return Err(Refused::bad("file must be non-empty"));
    }
    if sort == Sort::Photo && upload.bytes.len() > PHOTO_MAX {
        return Err(Refused::bad("file is too big for a photo"));
    }
    let mime = upload.mime.filter(|mime| mime != "application/octet-stream");
    let mime = mime.unwrap_or_else(|| mime_of(&upload.file_name).to_owned());
    // A picture in motion is an animation however it was sent.
    let sort = if sort == Sort::Document && mime == "image/gif" { Sort::Animation } else { sort };
    let size = upload.bytes.len();
    let id = bot.keep(sort.folder(), &upload.file_name, &mime, upload.bytes.clone());
    let unique = format!("AQAD{}", random(10));
    let file = |extra: Value| {
        let mut file = json!({ "file_id": id, "file_unique_id": unique, "file_size": size });
        if let (Value::Object(file), Value::Object(extra)) = (&mut file, extra) {
            file.extend(extra);
        }
        file
    };
    let named = json!({ "file_name": upload.file_name, "mime_type": mime });
    let fields = match sort {
        Sort::Photo => {
            vec![("photo", photo(bot, &upload.bytes, &file(json!({ "width": 1280, "height": 960 }))))]
        }
        Sort::Video => {
            let mut video = file(named);
            video["width"] = json!(640);
            video["height"] = json!(360);
            video["duration"] = json!(3);
            vec![("video", video)]
        }
        Sort::Animation => {
            let mut animation = file(named.clone());
            animation["width"] = json!(320);
            animation["height"] = json!(240);
            animation["duration"] = json!(2);
            vec![("animation", animation), ("document", file(named))]
        }
        Sort::Audio => {
            let mut audio = file(named);
            audio["duration"] = json!(180);
            vec![("audio", audio)]
        }
        Sort::Voice => vec![("voice", file(json!({ "duration": 4, "mime_type": mime })))],
        Sort::VideoNote => vec![("video_note", file(json!({ "length": 240, "duration": 4 })))],
        Sort::Document => vec![("document", file(named))],
        Sort::Sticker => {
            let animated = mime == "application/x-tgsticker";
            let sticker = json!({
                "type": "regular", "width": 512, "height": 512, "emoji": "👋",
                "is_animated": animated, "is_video": mime == "video/webm",
            });
            vec![("sticker", file(sticker))]
        }
    };
    Ok(Kept { id, fields })
}

/// Telegram keeps a photo in several sizes, the largest last.
fn photo(bot: &mut Bot, bytes: &Bytes, large: &Value) -> Value {
    let small = bot.keep("photos", "small.jpg", "image/jpeg", bytes.clone());
    let small = json!({
        "file_id": small, "file_unique_id": format!("AQAD{}", random(10)),
        "file_size": bytes.len(), "width": 90, "height": 67,
    });
    json!([small, large])
}

fn mime_of(name: &str) -> &'static str {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension).to_ascii_lowercase();
    match extension.as_str() {
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "webp" => "image/webp",
        "gif" => "image/gif",
        "mp4" => "video/mp4",
        "webm" => "video/webm",
        "mp3" => "audio/mpeg",
        "m4a" => "audio/mp4",
        "ogg" | "oga" => "audio/ogg",
        "tgs" => "application/x-tgsticker",
        "pdf" => "application/pdf",
        "txt" => "text/plain",
        _ => "application/octet-stream",
    }
}

pub(super) fn get(bot: &Bot, call: &Call) -> Result<Value, Refused> {
    let id = call.text("file_id").unwrap_or_default();
    let file = bot.files.get(id).ok_or_else(|| Refused::bad("invalid file_id"))?;
    if file.bytes.len() > DOWNLOAD_MAX {
        return Err(Refused::bad("file is too big"));
    }
    Ok(json!({
        "file_id": id, "file_unique_id": "AQADplayed", "file_size": file.bytes.len(), "file_path": file.path,
    }))
}

/// Telegram fetches what is sent as a link before it does anything else.
pub(super) async fn fetch_links(shared: &Shared, call: &mut Call) -> Result<(), Refused> {
    let mut links: Vec<String> =
        Sort::ALL.iter().filter_map(|sort| call.text(sort.field())).map(str::to_owned).collect();
    for item in call.json("media").as_ref().and_then(Value::as_array).into_iter().flatten() {
        links.extend(item["media"].as_str().map(str::to_owned));
    }
    for link in links.into_iter().filter(|link| link.starts_with("http://") || link.starts_with("https://")) {
        let fetched = shared.poster.fetch(&link).await;
        let (bytes, mime) = fetched.ok_or_else(|| Refused::bad("failed to get HTTP URL content"))?;
        let path = link.split(['?', '#']).next().unwrap_or_default();
        let file_name = path.rsplit('/').next().unwrap_or("file").to_owned();
        call.files.insert(link, Upload { file_name, mime, bytes });
    }
    Ok(())
}
