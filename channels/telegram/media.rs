//! Files out and in. One file is a message of its kind; two to ten of kinds that go together are an album.

use serde_json::{Value, json};
use teloxide_core::{
    prelude::Requester,
    requests::HasPayload,
    types::{
        ChatId, InputFile, InputMedia, InputMediaAudio, InputMediaDocument, InputMediaPhoto, InputMediaVideo,
        MessageEntity, ReplyParameters,
    },
};

use super::{
    api::{Api, Sent},
    errors::{Failed, TOO_LARGE, repeatable},
    format,
    send::{CAPTION_MAX, deliver, place, some},
    thread::Thread,
};
use crate::{
    Account, FetchedMedia, MediaLimit, SendError,
    abilities::MediaKind,
    error::{NextStep, Refusal},
    message::{MediaSource, OutboundMedia},
};

pub(super) const ALBUM_MAX: usize = 10;

/// Kinds that may share an album: <https://core.telegram.org/bots/api#sendmediagroup>.
pub(super) fn albums() -> Vec<Vec<MediaKind>> {
    vec![vec![MediaKind::Image, MediaKind::Video], vec![MediaKind::Document], vec![MediaKind::Audio]]
}

pub(super) async fn send(
    api: &Api<'_>,
    files: &[OutboundMedia],
    caption: Option<&str>,
    thread: &Thread,
    reply: Option<ReplyParameters>,
) -> Result<Vec<Sent>, Failed> {
    let caption = captioned(caption)?;
    match files {
        [] => Err(Failed::refused("media_rejected", "There is no file.")),
        [file] => one(api, file, caption, thread, reply).await,
        several => album(api, several, caption, thread, reply).await,
    }
}

type Caption = Option<(String, Vec<MessageEntity>)>;

fn captioned(caption: Option<&str>) -> Result<Caption, Failed> {
    let Some(caption) = caption.filter(|caption| !caption.trim().is_empty()) else { return Ok(None) };
    let (text, entities) = format::parse(caption);
    if text.encode_utf16().count() > CAPTION_MAX {
        let detail = format!("Telegram takes {CAPTION_MAX} characters with a file.");
        return Err(Failed::refused("caption_too_long", detail));
    }
    Ok(Some((text, entities)))
}

/// Sends one file by its kind's own method; the methods differ in nothing else.
macro_rules! by {
    ($method:ident, $api:expr, $file:expr, $caption:expr, $thread:expr, $reply:expr) => {{
        let request = $api.bot.$method(ChatId($thread.chat), input($file));
        let mut request = place!(request, $thread, $reply);
        if let Some((text, entities)) = $caption {
            request.payload_mut().caption = Some(text);
            request.payload_mut().caption_entities = some(entities);
        }
        deliver($api, request, $thread, std::slice::from_ref($file)).await
    }};
}

async fn one(
    api: &Api<'_>,
    file: &OutboundMedia,
    caption: Caption,
    thread: &Thread,
    reply: Option<ReplyParameters>,
) -> Result<Vec<Sent>, Failed> {
    match file.kind {
        MediaKind::Image | MediaKind::Document if file.mime == "image/gif" => {
            by!(send_animation, api, file, caption, thread, reply)
        }
        MediaKind::Image => by!(send_photo, api, file, caption, thread, reply),
        MediaKind::Video => by!(send_video, api, file, caption, thread, reply),
        MediaKind::Audio => by!(send_audio, api, file, caption, thread, reply),
        MediaKind::Voice => by!(send_voice, api, file, caption, thread, reply),
        MediaKind::Document => by!(send_document, api, file, caption, thread, reply),
        MediaKind::Sticker if caption.is_some() => {
            Err(Failed::refused("caption_unsupported", "A sticker carries no text."))
        }
        MediaKind::Sticker => {
            let request = place!(api.bot.send_sticker(ChatId(thread.chat), input(file)), thread, reply);
            deliver(api, request, thread, std::slice::from_ref(file)).await
        }
    }
}

fn input(file: &OutboundMedia) -> InputFile {
    match &file.source {
        MediaSource::Bytes(bytes) => InputFile::memory(bytes.clone()).file_name(file.file_name.clone()),
        MediaSource::Link(url) => InputFile::url(url.clone()),
    }
}

/// The caption goes to the first picture, which Telegram shows below the whole album, or to the last document, which
/// it shows below that one.
async fn album(
    api: &Api<'_>,
    files: &[OutboundMedia],
    mut caption: Caption,
    thread: &Thread,
    reply: Option<ReplyParameters>,
) -> Result<Vec<Sent>, Failed> {
    if files.len() > ALBUM_MAX {
        return Err(Failed::refused("album_too_large", format!("An album has up to {ALBUM_MAX} files.")));
    }
    let together = |album: &Vec<MediaKind>| files.iter().all(|file| album.contains(&file.kind));
    if !albums().iter().any(together) {
        let detail = "Only pictures with films, documents with documents and music with music make an album.";
        return Err(Failed::refused("album_mixed", detail));
    }
    let visual = matches!(files[0].kind, MediaKind::Image | MediaKind::Video);
    let bearer = if visual { 0 } else { files.len() - 1 };
    let items: Vec<_> = files
        .iter()
        .enumerate()
        .map(|(at, file)| item(file, if at == bearer { caption.take() } else { None }))
        .collect();
    let request = place!(api.bot.send_media_group(ChatId(thread.chat), items), thread, reply);
    deliver(api, request, thread, files).await
}

fn item(file: &OutboundMedia, caption: Caption) -> InputMedia {
    let (caption, caption_entities) =
        caption.map_or((None, None), |(text, entities)| (Some(text), some(entities)));
    let media = input(file);
    match file.kind {
        MediaKind::Image => {
            InputMedia::Photo(InputMediaPhoto { caption, caption_entities, ..InputMediaPhoto::new(media) })
        }
        MediaKind::Video => {
            InputMedia::Video(InputMediaVideo { caption, caption_entities, ..InputMediaVideo::new(media) })
        }
        MediaKind::Audio => {
            InputMedia::Audio(InputMediaAudio { caption, caption_entities, ..InputMediaAudio::new(media) })
        }
        _ => InputMedia::Document(InputMediaDocument {
            caption,
            caption_entities,
            ..InputMediaDocument::new(media)
        }),
    }
}

/// Two calls: the file's path, which holds for an hour, and its bytes.
pub(super) async fn fetch(
    account: &Account,
    reference: &Value,
    limit: MediaLimit,
    net: &net::Client,
) -> Result<FetchedMedia, SendError> {
    let api = Api::new(account, net)?;
    let file_id = reference.get("file_id").and_then(Value::as_str).unwrap_or_default();
    download(&api, file_id, limit.0).await.map_err(|failed| repeatable(failed.into_error()))
}

async fn download(api: &Api<'_>, file_id: &str, limit: usize) -> Result<FetchedMedia, Failed> {
    let file = api.call("getFile", &json!({ "file_id": file_id })).await?;
    let size = file.get("file_size").and_then(Value::as_u64).unwrap_or_default();
    if size > limit as u64 {
        return Err(Failed::refused(TOO_LARGE, format!("The file is larger than {} MB.", limit >> 20)));
    }
    let path = file.get("file_path").and_then(Value::as_str).filter(|path| !path.is_empty());
    let path = path.ok_or_else(|| unavailable("Telegram offers no download of this file."))?;
    if path.starts_with('/') {
        return Err(unavailable("The API server keeps files on its own disk; start it without --local."));
    }
    let answer = api.download(path, limit).await?;
    match answer.status.as_u16() {
        200 => Ok(FetchedMedia {
            mime: content_type(&answer),
            file_name: path.rsplit('/').next().map(str::to_owned),
            bytes: answer.body,
        }),
        404 => Err(unavailable("Telegram no longer has this file.")),
        status => {
            let reason =
                Refusal::new("media_unavailable", format!("the download answered {status}"), NextStep::Retry);
            Err(SendError::Later { after: answer.retry_after(), scope: crate::Scope::Conversation, reason }
                .into())
        }
    }
}

/// Telegram serves every file as `application/octet-stream`, which says nothing.
fn content_type(answer: &net::Response) -> Option<String> {
    let mime = answer.headers.get(net::header::CONTENT_TYPE)?.to_str().ok()?;
    (mime != "application/octet-stream").then(|| mime.to_owned())
}

fn unavailable(detail: &str) -> Failed {
    SendError::Refused(Refusal::new("media_unavailable", detail, NextStep::None)).into()
}
