//! The direct message as its person sees it.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    acts,
    world::{Message, Workspace},
};
use crate::{ChatButton, ChatMessage};

pub(super) fn chat(base_url: &str, workspace: &mut Workspace, customer: &str) -> Vec<ChatMessage> {
    let id = workspace.direct(customer);
    let messages = workspace.channels.get(&id).map(|channel| channel.messages.as_slice()).unwrap_or_default();
    messages.iter().map(|message| bubble(base_url, &id, message)).collect()
}

fn bubble(base_url: &str, channel: &str, message: &Message) -> ChatMessage {
    let json = &message.json;
    let file = &json["files"][0];
    let buttons = buttons(json);
    let kind = match file["mimetype"].as_str().and_then(|mime| mime.split('/').next()) {
        Some(kind @ ("image" | "video" | "audio")) => kind,
        Some(_) => "document",
        None if !buttons.is_empty() => "interactive",
        None => "text",
    };
    ChatMessage {
        id: format!("{channel}:{}", message.ts),
        from_customer: !message.ours,
        kind: kind.to_owned(),
        text: unescaped(json["text"].as_str().unwrap_or_default()),
        media_url: file["id"].as_str().map(|id| format!("{base_url}/slack/media/{id}")),
        file_name: file["name"].as_str().map(str::to_owned),
        buttons,
        reply_to: json["thread_ts"].as_str().map(|ts| format!("{channel}:{ts}")),
        reactions: message
            .reactions
            .iter()
            .map(|(name, by)| {
                let who = if by.get(1..) == channel.get(1..) { "customer" } else { "business" };
                (acts::shown(name), who.to_owned())
            })
            .collect(),
        edited: !json["edited"].is_null(),
        deleted: message.deleted,
        status: "sent".to_owned(),
        at: at(&message.ts),
    }
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

fn at(ts: &str) -> DateTime<Utc> {
    let micros = ts.replace('.', "").parse().unwrap_or_default();
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}

fn buttons(json: &Value) -> Vec<ChatButton> {
    let blocks = json["blocks"].as_array().into_iter().flatten();
    let elements = blocks.flat_map(|block| block["elements"].as_array().into_iter().flatten());
    elements
        .flat_map(|element| match element["options"].as_array() {
            Some(options) => options.iter().collect::<Vec<_>>(),
            None => vec![element],
        })
        .filter(|element| element["text"]["type"] == "plain_text")
        .map(|element| ChatButton {
            id: element["value"].as_str().unwrap_or_default().to_owned(),
            title: element["text"]["text"].as_str().unwrap_or_default().to_owned(),
            description: element["description"]["text"].as_str().map(str::to_owned),
            url: element["url"].as_str().map(str::to_owned),
        })
        .collect()
}
