//! Buttons, lists and places. WhatsApp takes them as content that is made for the message: within a day of the customer's last word that
//! needs no approval. Networks that know none of these get the same in words. <https://www.twilio.com/docs/content>

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex, PoisonError},
};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    super::{
        account,
        api::{Call, refused, word},
    },
    abilities::PICK,
    templates::{HOST, MADE},
};
use crate::{
    Account, SendError,
    abilities::Markup,
    error::NextStep,
    markup,
    message::{Button, Content},
};

/// Contents that are remembered; beyond that they are made again.
const KNOWN_MAX: usize = 10_000;
/// What the button says that opens a list.
const OPEN: &str = "Choose";

/// By the account and a hash of the content, so that what is said often is made once.
static KNOWN: LazyLock<Mutex<HashMap<String, String>>> = LazyLock::new(Mutex::default);

/// `None` for what is no offer.
fn types(content: &Content) -> Option<Value> {
    match content {
        Content::Buttons { body, header, footer, buttons, list } => {
            let body = literal(&words(body, header.as_deref(), footer.as_deref(), Markup::Whatsapp));
            Some(if *list { picker(&body, buttons) } else { replies(&body, buttons) })
        }
        Content::Location { latitude, longitude, name, address } => {
            let label = name
                .as_deref()
                .or(address.as_deref())
                .map_or_else(|| coordinates(*latitude, *longitude), str::to_owned);
            let mut place = json!({ "latitude": latitude, "longitude": longitude, "label": literal(&label) });
            if let Some(address) = address {
                place["address"] = literal(address).into();
            }
            Some(json!({ "twilio/location": place }))
        }
        _ => None,
    }
}

fn replies(body: &str, buttons: &[Button]) -> Value {
    let actions: Vec<_> = buttons
        .iter()
        .map(|button| json!({ "type": "QUICK_REPLY", "title": literal(&button.title), "id": button.id }))
        .collect();
    json!({ "twilio/quick-reply": { "body": body, "actions": actions } })
}

fn picker(body: &str, buttons: &[Button]) -> Value {
    let items: Vec<_> = buttons
        .iter()
        .map(|button| {
            let mut item = json!({ "item": literal(&button.title), "id": button.id });
            if let Some(description) = &button.description {
                item["description"] = literal(description).into();
            }
            item
        })
        .collect();
    json!({ "twilio/list-picker": { "body": body, "button": OPEN, "items": items } })
}

/// Two braces would be the place of a variable.
fn literal(text: &str) -> String {
    text.replace("{{", "{\u{200b}{")
}

/// The content's id, made if it is not known.
pub(super) async fn made(
    account: &Account,
    content: &Content,
    net: &net::Client,
) -> Result<Option<String>, SendError> {
    let Some(types) = types(content) else { return Ok(None) };
    let url = account::url(account, HOST, &["v1", "Content"])?;
    let name = name(&types.to_string());
    let key = format!("{url} {} {name}", account.text(account::ACCOUNT_SID));
    if let Some(sid) = known().get(&key) {
        return Ok(Some(sid.clone()));
    }
    let content = json!({ "friendly_name": name, "language": "en", "variables": {}, "types": types });
    let answer = Call::make(account, url, &content).run(net).await?;
    let sid = word(&answer, "sid").filter(|sid| sid.starts_with("HX"));
    let sid =
        sid.ok_or_else(|| refused("content_refused", "Twilio's answer names no content.", NextStep::Retry))?;
    let mut known = known();
    if known.len() >= KNOWN_MAX {
        known.clear();
    }
    known.insert(key, sid.to_owned());
    Ok(Some(sid.to_owned()))
}

/// Somebody has deleted it on Twilio's pages: the next message makes it anew.
pub(super) fn forget(sid: &str) {
    known().retain(|_, known| known != sid);
}

fn known() -> std::sync::MutexGuard<'static, HashMap<String, String>> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// By which the content is found among an account's others.
fn name(what: &str) -> String {
    let digest = Sha256::digest(what.as_bytes());
    let hex: String = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    format!("{MADE}{hex}")
}

/// The same in words, for a network without buttons; `None` for what is no offer.
pub(super) fn in_words(content: &Content) -> Option<String> {
    match content {
        Content::Buttons { body, header, footer, buttons, .. } => {
            let rows = buttons.iter().enumerate().map(|(at, button)| match &button.description {
                Some(more) => format!("{}. {} ({more})", at + 1, button.title),
                None => format!("{}. {}", at + 1, button.title),
            });
            let offered = std::iter::once(markup::translate(body, Markup::Plain))
                .chain(rows)
                .collect::<Vec<_>>()
                .join("\n");
            Some(words_around(&offered, header.as_deref(), footer.as_deref()))
        }
        Content::Location { latitude, longitude, name, address } => {
            let lines = name.iter().chain(address).cloned();
            let map = format!("https://maps.google.com/?q={}", coordinates(*latitude, *longitude));
            Some(lines.chain([map]).collect::<Vec<_>>().join("\n"))
        }
        _ => None,
    }
}

fn words(body: &str, header: Option<&str>, footer: Option<&str>, dialect: Markup) -> String {
    words_around(&markup::translate(body, dialect), header, footer)
}

/// Neither content has a place for what stands above and below.
fn words_around(body: &str, header: Option<&str>, footer: Option<&str>) -> String {
    let said = |text: Option<&str>| text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let all: Vec<_> = said(header).into_iter().chain([body.to_owned()]).chain(said(footer)).collect();
    all.join("\n\n")
}

fn coordinates(latitude: f64, longitude: f64) -> String {
    format!("{latitude},{longitude}")
}

/// What Twilio would refuse: lengths of a content are its own.
pub(super) fn bounded(content: &Content) -> Result<(), SendError> {
    let Content::Buttons { body, header, footer, .. } = content else { return Ok(()) };
    let length = words(body, header.as_deref(), footer.as_deref(), Markup::Whatsapp).encode_utf16().count();
    if length <= PICK {
        return Ok(());
    }
    let detail = format!(
        "With header and footer the text has {length} characters; WhatsApp takes {PICK} beside buttons."
    );
    Err(refused("text_too_long", detail, NextStep::FixContent))
}
