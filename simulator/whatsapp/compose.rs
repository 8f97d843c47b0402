//! What the business asks to send, checked as Meta checks it, and what the customer sees of it.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{
    graph::GraphError,
    templates,
    world::{Bubble, Number, Offer, bubble},
};
use crate::{ChatButton, ChatMessage};

const FILES: [&str; 5] = ["image", "video", "audio", "document", "sticker"];

/// Where a file is shown, if there is such a file.
pub(super) type Address<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The bubble of a message on its way to a customer.
pub(super) fn composed(
    number: &Number,
    body: &Value,
    id: &str,
    at: DateTime<Utc>,
    address: Address<'_>,
) -> Result<Bubble, GraphError> {
    let kind = body["type"].as_str().unwrap_or("text");
    let inner = &body[kind];
    let mut view = bubble(id, false, kind, at);
    view.reply_to = body["context"]["message_id"].as_str().map(str::to_owned);
    let mut offer = Offer::Buttons;
    match kind {
        "text" => view.text = bounded("text['body']", &inner["body"], 4096)?,
        _ if FILES.contains(&kind) => file(&mut view, kind, inner, address)?,
        "location" => location(&mut view, inner)?,
        "contacts" => view.text = names(inner)?,
        "interactive" => offer = interactive(&mut view, inner)?,
        "template" => {
            template(&mut view, number, inner, address)?;
            offer = Offer::Template;
        }
        other => {
            let message = format!(
                "(#100) Param type must be one of {{AUDIO, CONTACTS, DOCUMENT, IMAGE, INTERACTIVE, \
                 LOCATION, REACTION, STICKER, TEMPLATE, TEXT, VIDEO}} - got \"{other}\"."
            );
            return Err(GraphError::new(400, 100, message));
        }
    }
    let opaque = body["biz_opaque_callback_data"].as_str().map(str::to_owned);
    Ok(Bubble { view, opaque, offer, content: Value::Null })
}

fn file(view: &mut ChatMessage, kind: &str, inner: &Value, address: Address<'_>) -> Result<(), GraphError> {
    view.media_url = Some(shown_at(inner, address)?);
    view.file_name = inner["filename"].as_str().map(str::to_owned);
    if !inner["caption"].is_null() {
        view.text = bounded("caption", &inner["caption"], 1024)?;
    }
    if kind == "audio" && inner["voice"] == true {
        view.kind = "voice".into();
    }
    Ok(())
}

fn shown_at(inner: &Value, address: Address<'_>) -> Result<String, GraphError> {
    match (inner["id"].as_str(), inner["link"].as_str()) {
        (Some(id), _) => {
            address(id).ok_or_else(|| GraphError::invalid(format!("Media ID {id} does not exist")))
        }
        (None, Some(link)) => Ok(link.to_owned()),
        (None, None) => Err(GraphError::new(400, 131008, "(#131008) Required parameter is missing")
            .details("A file needs an id or a link")),
    }
}

fn location(view: &mut ChatMessage, inner: &Value) -> Result<(), GraphError> {
    let degrees = |key: &str| inner[key].as_f64().ok_or_else(|| GraphError::required(key));
    let (latitude, longitude) = (degrees("latitude")?, degrees("longitude")?);
    let words = ["name", "address"].into_iter().filter_map(|key| inner[key].as_str());
    let words = words.map(str::to_owned).chain([format!("{latitude}, {longitude}")]);
    view.text = words.collect::<Vec<_>>().join(", ");
    Ok(())
}

fn names(cards: &Value) -> Result<String, GraphError> {
    let cards = cards.as_array().ok_or_else(|| GraphError::required("contacts"))?;
    let names = cards.iter().filter_map(|card| card["name"]["formatted_name"].as_str());
    Ok(names.collect::<Vec<_>>().join("\n"))
}

fn interactive(view: &mut ChatMessage, inner: &Value) -> Result<Offer, GraphError> {
    let action = &inner["action"];
    let list = inner["type"] == "list";
    let text =
        bounded("interactive['body']['text']", &inner["body"]["text"], if list { 4096 } else { 1024 })?;
    let mut lines = Vec::new();
    for (edge, place) in [("header", 0), ("footer", 1)] {
        if !inner[edge]["text"].is_null() {
            lines.push((place, bounded(edge, &inner[edge]["text"], 60)?));
        }
    }
    let header = lines.iter().filter(|(place, _)| *place == 0).map(|(_, line)| line.as_str());
    let footer = lines.iter().filter(|(place, _)| *place == 1).map(|(_, line)| line.as_str());
    view.text = header.chain([text.as_str()]).chain(footer).collect::<Vec<_>>().join("\n");
    match inner["type"].as_str() {
        Some("button") => {
            let buttons = action["buttons"].as_array().map_or(&[][..], Vec::as_slice);
            counted("buttons", buttons.len(), 3)?;
            view.buttons =
                buttons.iter().map(|button| choice(&button["reply"], 20)).collect::<Result<_, _>>()?;
            Ok(Offer::Buttons)
        }
        Some("list") => {
            let sections = action["sections"].as_array().map_or(&[][..], Vec::as_slice);
            let rows = sections.iter().filter_map(|section| section["rows"].as_array()).flatten();
            let rows: Vec<_> = rows.collect();
            counted("rows", rows.len(), 10)?;
            bounded("interactive['action']['button']", &action["button"], 20)?;
            view.buttons = rows.into_iter().map(|row| choice(row, 24)).collect::<Result<_, _>>()?;
            Ok(Offer::List)
        }
        Some("cta_url") => {
            let link = &action["parameters"];
            let title = bounded("display_text", &link["display_text"], 20)?;
            let url = bounded("url", &link["url"], 2000)?;
            view.buttons = vec![ChatButton { id: String::new(), title, description: None, url: Some(url) }];
            Ok(Offer::Buttons)
        }
        _ => Err(GraphError::invalid("interactive['type'] must be one of button, list, cta_url")),
    }
}

fn choice(reply: &Value, title_max: usize) -> Result<ChatButton, GraphError> {
    let description = match &reply["description"] {
        Value::Null => None,
        text => Some(bounded("description", text, 72)?),
    };
    let (id, title) = (bounded("id", &reply["id"], 256)?, bounded("title", &reply["title"], title_max)?);
    Ok(ChatButton { id, title, description, url: None })
}

fn template(
    view: &mut ChatMessage,
    number: &Number,
    inner: &Value,
    address: Address<'_>,
) -> Result<(), GraphError> {
    let rendered = templates::rendered(&number.templates, inner)?;
    view.text = rendered.text;
    view.buttons = rendered.buttons;
    view.media_url = rendered.file.as_ref().map(|file| shown_at(file, address)).transpose()?;
    Ok(())
}

fn counted(what: &str, count: usize, max: usize) -> Result<(), GraphError> {
    if (1..=max).contains(&count) {
        return Ok(());
    }
    Err(GraphError::invalid(format!(
        "Invalid {what} count. Min allowed {what}: 1, Max allowed {what}: {max}"
    )))
}

fn bounded(parameter: &str, text: &Value, max: usize) -> Result<String, GraphError> {
    let text =
        text.as_str().filter(|text| !text.is_empty()).ok_or_else(|| GraphError::required(parameter))?;
    if text.chars().count() > max {
        let message = format!("(#100) Param {parameter} must be at most {max} characters long.");
        return Err(GraphError::new(400, 100, message));
    }
    Ok(text.to_owned())
}

/// The answer to an accepted message.
pub(super) fn accepted(
    input: &str,
    wa_id: Option<&str>,
    user_id: Option<&str>,
    message: Option<&str>,
    template: bool,
) -> Value {
    let mut contact = json!({ "input": input });
    if let Some(wa_id) = wa_id {
        contact["wa_id"] = json!(wa_id);
    }
    if let Some(user_id) = user_id {
        contact["user_id"] = json!(user_id);
    }
    let mut sent = json!({ "id": message });
    if template {
        sent["message_status"] = json!("accepted");
    }
    json!({ "messaging_product": "whatsapp", "contacts": [contact], "messages": [sent] })
}
