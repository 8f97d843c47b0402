//! New messages: texts, files, buttons. Each carries our id as its nonce, so that Discord takes it once and its echo is known.

use net::Method;
use serde_json::{Value, json};
use serenity::{
    all::{ButtonStyle, ChannelId, Nonce},
    builder::{
        CreateActionRow, CreateAllowedMentions, CreateButton, CreateMessage, CreateSelectMenu,
        CreateSelectMenuKind, CreateSelectMenuOption,
    },
    model::channel::{MessageReference, MessageReferenceKind},
};

use super::{
    amend,
    errors::refused,
    nonce,
    rest::{Api, Body, Route},
    wire,
};
use crate::{
    Account, OutboundMessage, Receipt, SendError,
    abilities::Markup,
    markup::{self, Marked, Style},
    message::{Button, Content, MediaSource, OutboundMedia},
};

/// Characters of a message in Discord's own markup.
pub(super) const TEXT_MAX: usize = serenity::constants::MESSAGE_CODE_LIMIT;
pub(super) const FILES_MAX: usize = 10;
pub(super) const BUTTONS_MAX: usize = 25;
pub(super) const ROWS_MAX: usize = 25;
pub(super) const BUTTON_TITLE_MAX: usize = 80;
pub(super) const ROW_TITLE_MAX: usize = 100;
pub(super) const ID_MAX: usize = 100;
/// Buttons side by side.
const IN_A_ROW: usize = 5;
/// Discord's limit for a link's address in a button.
const ADDRESS_MAX: usize = 512;
/// The id of a menu, whose rows have ids of their own.
const MENU: &str = "menu";

pub(super) async fn send(
    account: &Account,
    message: &OutboundMessage,
    net: &net::Client,
) -> Result<Receipt, SendError> {
    let api = Api::new(account, net)?;
    match &message.content {
        Content::Reaction { external_id, emoji } => amend::react(&api, message, external_id, emoji).await,
        Content::Edit { external_id, text, .. } => amend::edit(&api, message, external_id, text).await,
        Content::Delete { external_id } => amend::delete(&api, message, external_id).await,
        Content::Typing { .. } => amend::typing(&api, message).await,
        // Discord has no read marks of bots.
        Content::Read { .. } => Ok(Receipt::default()),
        Content::Location { .. } => Err(refused("type_not_supported", "Discord has no locations.")),
        Content::Template(_) => Err(refused("type_not_supported", "Discord has no templates.")),
        Content::Call { .. } => Err(refused("type_not_supported", "Discord's bots cannot call.")),
        Content::Text { text } => {
            post(&api, message, CreateMessage::new().content(written(text)?), &[]).await
        }
        Content::Media { files, caption } => {
            let caption = caption.as_deref().map(written).transpose()?;
            let new = CreateMessage::new();
            post(&api, message, caption.into_iter().fold(new, CreateMessage::content), files).await
        }
        Content::Buttons { body, header, footer, buttons, list } => {
            let text = checked(framed(header.as_deref(), body, footer.as_deref()))?;
            let rows = if *list { menu(buttons)? } else { keyboard(buttons)? };
            post(&api, message, CreateMessage::new().content(text).components(rows), &[]).await
        }
    }
}

async fn post(
    api: &Api<'_>,
    message: &OutboundMessage,
    new: CreateMessage,
    files: &[OutboundMedia],
) -> Result<Receipt, SendError> {
    let (channel, moved_to) = channel(api, message).await?;
    // serenity's default is to parse everything, `@everyone` included.
    let silent = CreateAllowedMentions::new().replied_user(true);
    let mut new =
        new.nonce(Nonce::String(nonce::of(message.id))).enforce_nonce(true).allowed_mentions(silent);
    if let Some(reply) = message.reply_to.as_deref().and_then(wire::snowflake) {
        let place = ChannelId::new(wire::snowflake(&channel).map_or(1, |id| id.get()));
        let reference = MessageReference::new(MessageReferenceKind::Default, place);
        new = new.reference_message(reference.message_id(reply).fail_if_not_exists(false));
    }
    let fields = serde_json::to_value(&new).unwrap_or_default();
    let body = if files.is_empty() { Body::Json(fields) } else { Body::Multipart(multipart(fields, files)?) };
    let route = Route::new(Method::POST, &["channels", &channel, "messages"], 3);
    let answer = api.call(route, body).await?;
    let id = wire::id(&answer, "id")
        .ok_or_else(|| SendError::Unknown("Discord's answer does not name the message".to_owned()))?;
    Ok(Receipt { external_ids: vec![id], learned: Vec::new(), moved_to })
}

/// The channel to write in. A conversation that we begin has none yet: Discord gives the same one for a user every time.
async fn channel(api: &Api<'_>, message: &OutboundMessage) -> Result<(String, Option<String>), SendError> {
    if wire::is_id(&message.thread) {
        return Ok((message.thread.clone(), None));
    }
    let user = message.to.iter().find(|id| id.kind != wire::CHANNEL && wire::is_id(&id.address));
    let user = user.ok_or_else(|| refused("recipient_gone", "This contact has no user id of Discord's."))?;
    let route = Route::new(Method::POST, &["users", "@me", "channels"], 3);
    let opened = api.repeatable(route, Body::Json(json!({ "recipient_id": user.address }))).await?;
    let id = wire::id(&opened, "id")
        .ok_or_else(|| refused("recipient_gone", "Discord opened no direct messages with this user."))?;
    Ok((id.clone(), Some(id)))
}

/// The channel of a message that is there already.
pub(super) fn place(message: &OutboundMessage) -> Result<&str, SendError> {
    let thread = Some(message.thread.as_str()).filter(|thread| wire::is_id(thread));
    thread.ok_or_else(|| refused("channel_gone", "The conversation has no channel at Discord yet."))
}

/// In Discord's dialect, if it fits.
pub(super) fn written(text: &str) -> Result<String, SendError> {
    checked(markup::parse(text))
}

fn checked(marked: Marked) -> Result<String, SendError> {
    let text = markup::render(&marked, Markup::Discord);
    if text.chars().count() > TEXT_MAX {
        let detail = format!("Discord takes {TEXT_MAX} characters, formatting included.");
        return Err(refused("text_too_long", detail));
    }
    Ok(text)
}

fn framed(header: Option<&str>, body: &str, footer: Option<&str>) -> Marked {
    let header = header.map(|header| Marked::all(header, Style::Bold));
    let footer = footer.map(|footer| Marked::all(footer, Style::Italic));
    let mut text = Marked::default();
    for part in header.into_iter().chain([markup::parse(body)]).chain(footer) {
        if !text.text.is_empty() {
            text.push(&Marked::plain("\n"));
        }
        text.push(&part);
    }
    text
}

fn keyboard(buttons: &[Button]) -> Result<Vec<CreateActionRow>, SendError> {
    within(buttons, BUTTONS_MAX, BUTTON_TITLE_MAX)?;
    let made: Vec<CreateButton> = buttons
        .iter()
        .map(|button| match &button.url {
            Some(url) => CreateButton::new_link(url).label(&button.title),
            None => CreateButton::new(&button.id).label(&button.title).style(ButtonStyle::Secondary),
        })
        .collect();
    Ok(made.chunks(IN_A_ROW).map(|row| CreateActionRow::Buttons(row.to_vec())).collect())
}

fn menu(rows: &[Button]) -> Result<Vec<CreateActionRow>, SendError> {
    within(rows, ROWS_MAX, ROW_TITLE_MAX)?;
    let options = rows.iter().map(|row| {
        let option = CreateSelectMenuOption::new(&row.title, &row.id);
        row.description.iter().fold(option, |option, words| option.description(words))
    });
    let kind = CreateSelectMenuKind::String { options: options.collect() };
    Ok(vec![CreateActionRow::SelectMenu(CreateSelectMenu::new(MENU, kind))])
}

fn within(buttons: &[Button], most: usize, title_max: usize) -> Result<(), SendError> {
    let fault = if buttons.is_empty() || buttons.len() > most {
        Some(format!("Discord takes 1 to {most} buttons or rows."))
    } else {
        buttons.iter().find_map(|button| {
            let address = button.url.as_ref().is_some_and(|url| url.len() > ADDRESS_MAX);
            let odd = button.title.is_empty()
                || button.title.chars().count() > title_max
                || (button.url.is_none() && (button.id.is_empty() || button.id.chars().count() > ID_MAX));
            (odd || address).then(|| format!("“{}” is too long for Discord, or empty.", button.title))
        })
    };
    fault.map_or(Ok(()), |detail| Err(refused("buttons_rejected", detail)))
}

/// `payload_json` and the files, which the payload lists by their numbers.
fn multipart(mut fields: Value, files: &[OutboundMedia]) -> Result<net::multipart::Form, SendError> {
    if files.len() > FILES_MAX {
        return Err(refused("too_many_files", format!("Discord takes {FILES_MAX} files at a time.")));
    }
    let listed = files.iter().enumerate();
    fields["attachments"] =
        listed.map(|(at, file)| json!({ "id": at, "filename": file.file_name })).collect();
    let mut form = net::multipart::Form::new().text("payload_json", fields.to_string());
    for (at, file) in files.iter().enumerate() {
        let MediaSource::Bytes(bytes) = &file.source else {
            return Err(refused("media_rejected", "Discord takes files as they are, not their addresses."));
        };
        let part = net::multipart::Part::stream(bytes.clone()).file_name(file.file_name.clone());
        let part = part
            .mime_str(&file.mime)
            .map_err(|_| refused("media_rejected", "The file's type is malformed."))?;
        form = form.part(format!("files[{at}]"), part);
    }
    Ok(form)
}
