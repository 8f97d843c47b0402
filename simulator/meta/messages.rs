//! `POST /{page}/messages` and uploads: what the business says and shows.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{Multipart, Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::Utc;
use serde_json::{Value, json};

use super::{
    PACE, Player, Product,
    graph::{Call, GraphError, ok},
    world::{StoredFile, bubble, message_id, random_digits},
};
use crate::{ChatButton, ChatMessage, Customer};

type Playing<P> = State<Arc<Player<P>>>;

const BUTTON_BODY_MAX: usize = 640;

pub(super) async fn post<P: Product>(
    State(player): Playing<P>,
    Path(object): Path<String>,
    call: Call,
    body: Bytes,
) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    if body["sender_action"].is_string() {
        return player.answer("actions", async { player.signed(&call, &object, &body) }).await;
    }
    let work = async {
        let taken = player.take(&call, &object, &body)?;
        let answer = json!({ "recipient_id": taken.customer, "message_id": taken.id });
        if player.settings().echoes_first {
            player.report(taken).await;
        } else {
            let player = player.clone();
            tokio::spawn(async move { player.report(taken).await });
        }
        ok(answer)
    };
    player.answer("messages", work).await
}

/// A message that was taken, of which Meta will tell.
struct Taken {
    page: String,
    customer: String,
    id: String,
    message: Value,
}

impl<P: Product> Player<P> {
    fn take(&self, call: &Call, object: &str, body: &Value) -> Result<Taken, GraphError> {
        let id = self.caller(call, object)?;
        let rate = self.settings().rate_per_second;
        let mut world = self.world();
        let files = world.files.clone();
        let page = world.pages.get_mut(&id).ok_or_else(|| GraphError::unknown_object(&id))?;
        page.throttle(rate)?;
        let customer = recipient(body)?;
        if page.remembers && !page.chats.contains_key(customer) {
            return Err(GraphError::new(400, 100, Some(2_018_001), "(#100) No matching user found"));
        }
        let by_human = match body["messaging_type"].as_str() {
            Some("RESPONSE") => false,
            Some("MESSAGE_TAG") if body["tag"] == "HUMAN_AGENT" => true,
            _ => {
                return Err(GraphError::invalid(
                    "Param messaging_type must be one of {RESPONSE, UPDATE, MESSAGE_TAG}",
                ));
            }
        };
        if !page.window_is_open(customer, by_human, Utc::now()) {
            let text = "(#10) This message is sent outside of allowed window.";
            return Err(GraphError::new(400, 10, Some(2_018_278), text));
        }
        let mid = message_id();
        let mut shown = composed::<P>(&body["message"], &mid, |file| {
            files.contains_key(file).then(|| format!("{}/files/{file}", self.base_url))
        })?;
        shown.reply_to = body["reply_to"]["mid"].as_str().map(str::to_owned);
        let stranger = Customer { id: customer.to_owned(), name: "Somebody".into(), username: None };
        if !page.chats.contains_key(customer) {
            page.chat_with(&stranger);
        }
        let chat = page.chats.get_mut(customer).ok_or_else(|| GraphError::unknown_object(customer))?;
        if chat.blocked {
            let text = "(#551) This person isn't available right now.";
            return Err(GraphError::new(400, 551, Some(1_545_041), text));
        }
        chat.bubbles.push(shown);
        self.changed(&id, customer, false);
        Ok(Taken { page: id, customer: customer.to_owned(), id: mid, message: body["message"].clone() })
    }

    /// The echo, and that it arrived.
    async fn report(&self, taken: Taken) {
        let Taken { page, customer, id, mut message } = taken;
        if self.settings().echoes {
            let callback = {
                let world = self.world();
                world.pages.get(&page).and_then(|page| {
                    message["mid"] = json!(id);
                    message["is_echo"] = json!(true);
                    message["app_id"] = json!(page.app_id.parse::<u64>().unwrap_or_default());
                    page.callback::<P>(&customer, true, json!({ "message": message })).ok()
                })
            };
            if let Some(callback) = callback {
                // Nobody listens, or the hub refuses for good: the platform goes on.
                let _ = self.deliver(callback).await;
            }
        }
        if !P::WATERMARKS {
            return;
        }
        tokio::time::sleep(PACE).await;
        let callback = {
            let mut world = self.world();
            let shown = world.chat(&page, &customer).and_then(|chat| chat.bubble(&id));
            if let Some(shown) = shown.filter(|shown| shown.status == "sent") {
                shown.status = "delivered".into();
            }
            let news = json!({ "delivery": { "mids": [id], "watermark": Utc::now().timestamp_millis() } });
            world.pages.get(&page).and_then(|page| page.callback::<P>(&customer, false, news).ok())
        };
        self.changed(&page, &customer, false);
        if let Some(callback) = callback {
            let _ = self.deliver(callback).await;
        }
    }

    /// A sign beside the conversation: a reaction, a read mark, typing.
    fn signed(&self, call: &Call, object: &str, body: &Value) -> Result<Response, GraphError> {
        let id = self.caller(call, object)?;
        let customer = recipient(body)?;
        let mut world = self.world();
        let remembers = world.pages.get(&id).is_some_and(|page| page.remembers);
        let Some(chat) = world.chat(&id, customer) else {
            // A start that was forgotten.
            return if remembers {
                Err(GraphError::new(400, 100, Some(2_018_001), "(#100) No matching user found"))
            } else {
                ok(json!({ "recipient_id": customer }))
            };
        };
        if body["message"].is_object() {
            return Err(GraphError::invalid("A sender action goes without a message"));
        }
        let action = body["sender_action"].as_str().unwrap_or_default();
        match action {
            "mark_seen" => {
                let theirs = chat.bubbles.iter_mut().filter(|bubble| bubble.from_customer);
                theirs.for_each(|bubble| bubble.status = "read".into());
            }
            "typing_on" | "typing_off" => {}
            "react" | "unreact" => {
                let target = body["payload"]["message_id"].as_str().unwrap_or_default();
                let bubble = chat.bubble(target).ok_or_else(|| GraphError::invalid("Invalid message_id"))?;
                bubble.reactions.retain(|(_, by)| by != "business");
                if action == "react" {
                    let word = body["payload"]["reaction"].as_str().unwrap_or_default();
                    let emoji = emoji(word).ok_or_else(|| GraphError::invalid("Invalid reaction"))?;
                    bubble.reactions.push((emoji.to_owned(), "business".into()));
                }
            }
            _ => return Err(GraphError::invalid("Invalid sender_action")),
        }
        self.changed(&id, customer, action == "typing_on");
        ok(json!({ "recipient_id": customer }))
    }
}

fn recipient(body: &Value) -> Result<&str, GraphError> {
    body["recipient"]["id"].as_str().ok_or_else(|| GraphError::invalid("The parameter recipient is required"))
}

/// What the customer sees of a message.
fn composed<P: Product>(
    message: &Value,
    mid: &str,
    address: impl Fn(&str) -> Option<String>,
) -> Result<ChatMessage, GraphError> {
    let mut shown = bubble(mid, false, "text", Utc::now());
    let text = message["text"].as_str();
    if text.is_some() && message["attachment"].is_object() {
        return Err(GraphError::invalid("Only one of the text or attachment fields can be specified"));
    }
    if let Some(text) = text {
        if text.is_empty() || !P::fits(text) {
            return Err(GraphError::invalid("Length of param message[text] is out of range"));
        }
        shown.text = text.to_owned();
        for reply in message["quick_replies"].as_array().into_iter().flatten() {
            shown.buttons.push(button(&reply["payload"], &reply["title"], None)?);
        }
        if shown.buttons.len() > 13 {
            return Err(GraphError::invalid("Too many quick replies"));
        }
        return Ok(shown);
    }
    let attachment = &message["attachment"];
    let payload = &attachment["payload"];
    match attachment["type"].as_str() {
        Some("template") if payload["template_type"] == "button" => {
            let text = payload["text"].as_str().unwrap_or_default();
            let buttons = payload["buttons"].as_array().map_or(&[][..], Vec::as_slice);
            if text.is_empty() || text.chars().count() > BUTTON_BODY_MAX || !(1..=3).contains(&buttons.len())
            {
                return Err(GraphError::invalid("Invalid button template"));
            }
            shown.text = text.to_owned();
            for one in buttons {
                let id = if one["type"] == "web_url" { &one["url"] } else { &one["payload"] };
                shown.buttons.push(button(id, &one["title"], one["url"].as_str())?);
            }
        }
        Some(kind @ ("image" | "video" | "audio" | "file")) => {
            shown.kind = if kind == "file" { "document" } else { kind }.to_owned();
            let uploaded = payload["attachment_id"].as_str().and_then(address);
            let url = uploaded.or_else(|| payload["url"].as_str().map(str::to_owned));
            let failed = || GraphError::new(400, 100, Some(2_018_047), "(#100) Upload attachment failure.");
            shown.media_url = Some(url.ok_or_else(failed)?);
        }
        _ => return Err(GraphError::invalid("Must provide valid message text or attachment")),
    }
    Ok(shown)
}

fn button(id: &Value, title: &Value, url: Option<&str>) -> Result<ChatButton, GraphError> {
    let title = title.as_str().filter(|title| (1..=20).contains(&title.chars().count()));
    let title = title.ok_or_else(|| GraphError::invalid("Invalid title of a button"))?;
    let id = id.as_str().unwrap_or_default();
    Ok(ChatButton { id: id.into(), title: title.into(), description: None, url: url.map(str::to_owned) })
}

/// Emoji by the platform's words.
pub(super) fn emoji(word: &str) -> Option<&'static str> {
    WORDS.iter().find(|(known, _)| *known == word).map(|(_, emoji)| *emoji)
}

pub(super) const WORDS: [(&str, &str); 7] = [
    ("love", "❤"),
    ("like", "👍"),
    ("dislike", "👎"),
    ("smile", "😆"),
    ("wow", "😮"),
    ("sad", "😢"),
    ("angry", "😠"),
];

/// `POST /{page}/message_attachments`
pub(super) async fn upload<P: Product>(
    State(player): Playing<P>,
    Path(object): Path<String>,
    call: Call,
    form: Multipart,
) -> Response {
    let work = async {
        player.caller(&call, &object)?;
        let file = uploaded(form).await?;
        ok(json!({ "attachment_id": player.keep(file) }))
    };
    player.answer("attachments", work).await
}

impl<P: Product> Player<P> {
    pub(super) fn keep(&self, file: StoredFile) -> String {
        let id = random_digits(16);
        self.world().files.insert(id.clone(), file);
        id
    }
}

async fn uploaded(mut form: Multipart) -> Result<StoredFile, GraphError> {
    const LARGEST: usize = 25 << 20;
    let failed = || GraphError::new(400, 100, Some(2_018_047), "(#100) Upload attachment failure.");
    let (mut described, mut file) = (false, None);
    while let Some(part) = form.next_field().await.map_err(|_| failed())? {
        match part.name() {
            Some("message") => {
                let text = part.text().await.map_err(|_| failed())?;
                let message: Value = serde_json::from_str(&text).unwrap_or_default();
                described = message["attachment"]["type"].is_string();
            }
            Some("filedata") => {
                let mime = part.content_type().unwrap_or("application/octet-stream").to_owned();
                let name = part.file_name().unwrap_or("file").to_owned();
                let bytes = part.bytes().await.map_err(|_| failed())?;
                if bytes.len() > LARGEST {
                    let text = "(#100) Attachment size exceeds allowable limit";
                    return Err(GraphError::new(400, 100, Some(2_018_109), text));
                }
                file = Some(StoredFile { bytes, mime, name });
            }
            _ => {}
        }
    }
    file.filter(|file| described && !file.bytes.is_empty()).ok_or_else(failed)
}

/// A file at its own address, which asks for no token.
pub(super) async fn file<P: Product>(State(player): Playing<P>, Path(id): Path<String>) -> Response {
    match player.world().files.get(&id) {
        Some(file) => {
            let name = file.name.replace(['"', '\\'], "_");
            let disposition = format!("inline; filename=\"{name}\"");
            let headers =
                [(header::CONTENT_TYPE, file.mime.clone()), (header::CONTENT_DISPOSITION, disposition)];
            (headers, file.bytes.clone()).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
