//! Files. Up in three steps: an address to send them to, the bytes, and where they belong. Slack then does not say which message it
//! made of them; the file itself knows a moment later. Down with the token, which goes to Slack alone.
//! <https://docs.slack.dev/messaging/working-with-files>

use std::time::Duration;

use net::{Limits, Request};
use serde::Deserialize;
use serde_json::Value;
use slack_morphism::prelude::{
    SlackApiFilesComplete, SlackApiFilesCompleteUploadExternalRequest,
    SlackApiFilesGetUploadUrlExternalRequest, SlackApiFilesUploadViaUrlRequest, SlackChannelId, SlackFileId,
    SlackFileUploadUrl, SlackTs,
};

use super::{
    account,
    api::Api,
    errors::{self, refused},
    place::Place,
    read::text,
    send,
};
use crate::{
    Account, FetchedMedia, MediaLimit, OutboundMessage, Receipt, Refusal, Scope, SendError,
    error::NextStep,
    message::{MediaSource, OutboundMedia},
};

pub(super) const FILES_MAX: usize = 10;
/// What the ids of messages begin with of which only the file is known.
pub(super) const FILE: &str = "file:";
/// How often a file is asked for its message, and the pause before.
const ASKED: u32 = 3;
const PAUSE: Duration = Duration::from_millis(400);
const DOWNLOAD: Duration = Duration::from_secs(180);

pub(super) async fn send(
    api: &Api,
    message: &OutboundMessage,
    files: &[OutboundMedia],
    caption: Option<&str>,
) -> Result<Receipt, SendError> {
    if files.is_empty() || files.len() > FILES_MAX {
        return Err(refused(
            "album_too_large",
            format!("Slack takes 1 to {FILES_MAX} files with a message."),
        ));
    }
    let caption = match caption.filter(|caption| !caption.trim().is_empty()) {
        Some(caption) => Some(send::written(caption)?),
        None => None,
    };
    let place = send::place(message)?;
    // Nothing is seen of what was uploaded until it is said where it belongs.
    let channel = channel(api, &place).await?;
    let mut complete = Vec::with_capacity(files.len());
    for file in files {
        let id = upload(api, file).await?;
        complete.push(SlackApiFilesComplete::new(SlackFileId(id)).with_title(file.file_name.clone()));
    }
    let first = complete[0].id.0.clone();
    let request = SlackApiFilesCompleteUploadExternalRequest::new(complete)
        .with_channel_id(SlackChannelId(channel.clone()))
        .opt_initial_comment(caption)
        .opt_thread_ts(send::root(message, &place).map(SlackTs));
    let completed: Completed =
        api.post("files.completeUploadExternal", &request).await.map_err(|error| errors::of(&error))?;
    let told = completed.files.iter().find_map(|file| share(file, &channel));
    let ts = match told {
        Some(ts) => Some(ts),
        None => message_of(api, &first, &channel).await,
    };
    Ok(match ts {
        Some(ts) => send::receipt(message, &channel, &ts),
        None => Receipt {
            external_ids: vec![format!("{FILE}{first}")],
            moved_to: (channel.starts_with('D') && channel != message.thread && place.root.is_none())
                .then_some(channel),
            ..Receipt::default()
        },
    })
}

#[derive(Deserialize)]
struct Completed {
    #[serde(default)]
    files: Vec<Value>,
}

#[derive(Deserialize)]
struct Opened {
    channel: Named,
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

/// Files go into conversations only: a person's direct message is opened first.
async fn channel(api: &Api, place: &Place) -> Result<String, SendError> {
    if !place.channel.starts_with(['U', 'W']) {
        return Ok(place.channel.clone());
    }
    let request = serde_json::json!({ "users": place.channel });
    let opened: Opened =
        api.post("conversations.open", &request).await.map_err(|error| errors::repeatable(&error))?;
    Ok(opened.channel.id)
}

/// What is uploaded and belongs nowhere disappears by itself: a lost answer does no harm.
async fn upload(api: &Api, file: &OutboundMedia) -> Result<String, SendError> {
    let MediaSource::Bytes(bytes) = &file.source else {
        return Err(refused("media_rejected", "The file's bytes are missing."));
    };
    if bytes.is_empty() {
        return Err(refused("media_rejected", "The file is empty."));
    }
    let request = SlackApiFilesGetUploadUrlExternalRequest::new(file.file_name.clone(), bytes.len());
    let session = api.session();
    let place =
        session.get_upload_url_external(&request).await.map_err(|error| errors::repeatable(&error))?;
    let address = place.upload_url.0;
    let address = account::own_address(api.door().base(), address.as_str()).unwrap_or(address);
    let request =
        SlackApiFilesUploadViaUrlRequest::new(SlackFileUploadUrl(address), bytes.to_vec(), file.mime.clone());
    session.files_upload_via_url(&request).await.map_err(|error| errors::repeatable(&error))?;
    Ok(place.file_id.0)
}

#[derive(Deserialize)]
struct Info {
    file: Value,
}

async fn message_of(api: &Api, file: &str, channel: &str) -> Option<String> {
    for _ in 0..ASKED {
        tokio::time::sleep(PAUSE).await;
        let info: Info = api.get("files.info", &[("file", file)]).await.ok()?;
        if let Some(ts) = share(&info.file, channel) {
            return Some(ts);
        }
    }
    None
}

/// The message with which the file was shared in the channel.
fn share(file: &Value, channel: &str) -> Option<String> {
    let shares = file.get("shares")?;
    let there =
        ["public", "private"].iter().find_map(|kind| shares.get(kind)?.get(channel)?.as_array()?.first());
    text(there?, "ts").map(str::to_owned)
}

/// Members of shared channels see files of which the event gives the id alone.
pub(super) async fn fetch(
    account: &Account,
    reference: &Value,
    limit: MediaLimit,
    net: &net::Client,
) -> Result<FetchedMedia, SendError> {
    let api = Api::new(account, net)?;
    let asked;
    let address = match text(reference, "url") {
        Some(address) => address,
        None => {
            let id = text(reference, "id").unwrap_or_default();
            let info: Info =
                api.get("files.info", &[("file", id)]).await.map_err(|error| errors::repeatable(&error))?;
            asked = info.file;
            text(&asked, "url_private_download").or_else(|| text(&asked, "url_private")).unwrap_or_default()
        }
    };
    let url = account::own_address(api.door().base(), address)
        .ok_or_else(|| gone("The file is kept outside Slack."))?;
    let limits = Limits { total: DOWNLOAD, answer: limit.0, ..Limits::default() };
    let request = Request::get(url).bearer(&account::bot_token(account)).limits(limits);
    let answer = api.door().net().send(request).await.map_err(|failure| match failure {
        net::Failure::TooLarge(_) => {
            SendError::Refused(Refusal::new("media_too_large", failure.to_string(), NextStep::None))
        }
        failure => later(failure.to_string(), None),
    })?;
    let mime = answer.headers.get(net::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    match answer.status.as_u16() {
        // Without the permission Slack shows its login page.
        200 if is_page(mime) && !address.ends_with(".html") => Err(forbidden()),
        200 => Ok(FetchedMedia { mime: mime.map(str::to_owned), file_name: None, bytes: answer.body }),
        301 | 302 | 303 | 307 | 308 | 401 | 403 => Err(forbidden()),
        404 | 410 => Err(gone("Slack no longer has this file.")),
        429 => Err(later("Slack asks for a pause.".to_owned(), answer.retry_after())),
        status => Err(later(format!("the download answered {status}"), None)),
    }
}

fn is_page(mime: Option<&str>) -> bool {
    mime.is_some_and(|mime| mime.starts_with("text/html"))
}

fn forbidden() -> SendError {
    let detail = "Slack does not let the app see this file. It needs the permission files:read and must be in the channel.";
    SendError::Refused(Refusal::new("permission_missing", detail, NextStep::Reconnect))
}

fn gone(detail: &str) -> SendError {
    SendError::Refused(Refusal::new("media_unavailable", detail, NextStep::None))
}

fn later(detail: String, after: Option<Duration>) -> SendError {
    let reason = Refusal::new("media_unavailable", detail, NextStep::Retry);
    SendError::Later { after, scope: Scope::Conversation, reason }
}
