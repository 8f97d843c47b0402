//! Buttons and lists. Up to three short answers are buttons, more are the rows of a list; one link is a button
//! of its own kind, which WhatsApp cannot mix with answers.

use serde_json::{Value, json};

use super::send::{TEXT_MAX, refused, set, within};
use crate::{SendError, error::NextStep, message::Button};

pub(super) const BUTTONS_MAX: usize = 3;
pub(super) const BUTTON_TITLE_MAX: usize = 20;
pub(super) const BUTTON_ID_MAX: usize = 256;
pub(super) const ROWS_MAX: usize = 10;
pub(super) const ROW_TITLE_MAX: usize = 24;
pub(super) const ROW_DESCRIPTION_MAX: usize = 72;
const ROW_ID_MAX: usize = 200;
pub(super) const BODY_MAX: usize = 1024;
const EDGE_MAX: usize = 60;

/// The plain text around the choices.
pub(super) struct Words<'a> {
    pub body: &'a str,
    pub header: Option<&'a str>,
    pub footer: Option<&'a str>,
}

pub(super) fn offer(words: &Words<'_>, buttons: &[Button], list: bool) -> Result<Value, SendError> {
    let links = buttons.iter().filter(|button| button.url.is_some()).count();
    let short = buttons.iter().all(|button| button.title.chars().count() <= BUTTON_TITLE_MAX);
    match buttons {
        [] => Err(content("no_choices", "There is nothing to choose from.")),
        [only] if links == 1 => framed(words, "cta_url", BODY_MAX, link(only)?),
        _ if links > 0 => {
            Err(content("links_alone", "WhatsApp takes one link button, and no answers beside it."))
        }
        _ if buttons.len() <= BUTTONS_MAX && short && !list => {
            framed(words, "button", BODY_MAX, replies(buttons)?)
        }
        _ => framed(words, "list", TEXT_MAX, rows(buttons)?),
    }
}

fn framed(words: &Words<'_>, kind: &str, body_max: usize, action: Value) -> Result<Value, SendError> {
    if words.body.trim().is_empty() {
        return Err(content("empty", "The choices need a text above them."));
    }
    within("The text", words.body, body_max)?;
    let mut object = json!({ "type": kind, "body": { "text": words.body }, "action": action });
    if let Some(header) = words.header.filter(|header| !header.is_empty()) {
        within("The header", header, EDGE_MAX)?;
        object["header"] = json!({ "type": "text", "text": header });
    }
    if let Some(footer) = words.footer.filter(|footer| !footer.is_empty()) {
        within("The footer", footer, EDGE_MAX)?;
        object["footer"] = json!({ "text": footer });
    }
    Ok(object)
}

fn link(button: &Button) -> Result<Value, SendError> {
    within("The button's title", &button.title, BUTTON_TITLE_MAX)?;
    Ok(json!({ "name": "cta_url", "parameters": { "display_text": button.title, "url": button.url } }))
}

fn replies(buttons: &[Button]) -> Result<Value, SendError> {
    let buttons = buttons.iter().map(|button| {
        titled(button, BUTTON_ID_MAX)?;
        Ok(json!({ "type": "reply", "reply": { "id": button.id, "title": button.title } }))
    });
    Ok(json!({ "buttons": buttons.collect::<Result<Vec<_>, SendError>>()? }))
}

fn rows(buttons: &[Button]) -> Result<Value, SendError> {
    if buttons.len() > ROWS_MAX {
        let detail = format!("WhatsApp takes {ROWS_MAX} choices; there are {}.", buttons.len());
        return Err(content("too_many_choices", detail));
    }
    let rows = buttons.iter().map(row).collect::<Result<Vec<_>, _>>()?;
    Ok(json!({ "button": "Options", "sections": [{ "title": "Options", "rows": rows }] }))
}

/// A title that is too long for a row goes whole into the description, where that is free.
fn row(button: &Button) -> Result<Value, SendError> {
    titled(button, ROW_ID_MAX)?;
    let description = button.description.as_deref().filter(|text| !text.is_empty());
    let (title, description) = match description {
        None if button.title.chars().count() > ROW_TITLE_MAX => {
            let cut: String = button.title.chars().take(ROW_TITLE_MAX - 1).collect();
            (format!("{}…", cut.trim_end()), Some(button.title.as_str()))
        }
        given => (button.title.clone(), given),
    };
    within("A choice", &title, ROW_TITLE_MAX)?;
    within("A choice's description", description.unwrap_or_default(), ROW_DESCRIPTION_MAX)?;
    let mut row = json!({ "id": button.id, "title": title });
    set(&mut row, "description", description);
    Ok(row)
}

fn titled(button: &Button, id_max: usize) -> Result<(), SendError> {
    if button.title.trim().is_empty() || button.id.is_empty() {
        return Err(content("empty", "A choice has no title or no id."));
    }
    within("A choice's id", &button.id, id_max)
}

fn content(code: &str, detail: impl Into<String>) -> SendError {
    refused(code, detail, NextStep::FixContent)
}
