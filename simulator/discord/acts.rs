//! What customers do, and what they see of it.

use chrono::{DateTime, Utc};
use ed25519_dalek::Signer;
use serde_json::{Value, json};

use super::{
    PATIENCE, Shared,
    api::refused,
    gateway::Order,
    messages::{self, Upload, blank},
    user,
    world::Channel,
};
use crate::{Act, ActError, ChatButton, ChatMessage, Customer, callbacks::Taken};

impl Shared {
    /// Waits until the hub has connected once: before, Discord tells nobody of what people write.
    pub(super) async fn met(&self, account: &str) -> Result<(), ActError> {
        let waiting = async {
            loop {
                let met = self.met.notified();
                match self.world().apps.get(account) {
                    None => return Err(ActError::NoSuchAccount),
                    Some(app) if app.session.is_some() => return Ok(()),
                    Some(_) => {}
                }
                let _ = tokio::time::timeout(std::time::Duration::from_millis(200), met).await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.unwrap_or(Err(ActError::NotTaken(0)))
    }

    pub(super) fn direct(&self, account: &str, customer: &Customer) -> Result<String, ActError> {
        let user = user(customer);
        let mut world = self.world();
        world.users.insert(customer.id.clone(), user.clone());
        let app = world.apps.get_mut(account).ok_or(ActError::NoSuchAccount)?;
        Ok(app.open_direct(&user, &mut self.ids()).id.clone())
    }

    pub(super) fn write(
        &self,
        account: &str,
        channel: &str,
        customer: &Customer,
        text: &str,
        more: impl FnOnce(&mut Value),
    ) -> Result<String, ActError> {
        let author = user(customer);
        {
            let id = self.ids().next();
            let mut world = self.world();
            world.users.insert(customer.id.clone(), author.clone());
            let app = world.apps.get_mut(account).ok_or(ActError::NoSuchAccount)?;
            let place = app.channels.get_mut(channel).ok_or(ActError::NoSuchMessage)?;
            let mut message = blank(&id, channel, &author, text);
            more(&mut message);
            if let Some(quoted) = message["message_reference"]["message_id"].as_str().map(str::to_owned) {
                message["referenced_message"] = place.find(&quoted).cloned().unwrap_or_default();
            }
            place.messages.push(message.clone());
            let frame = place.told(&message);
            app.tell("MESSAGE_CREATE", frame);
            drop(world);
            self.changed(account, channel, false);
            Ok(id)
        }
    }

    pub(super) async fn act(&self, account: &str, customer: &Customer, act: Act) -> Result<String, ActError> {
        let channel = self.direct(account, customer)?;
        match act {
            Act::Text { text, reply_to } => self.write(account, &channel, customer, &text, |message| {
                if let Some(reply_to) = reply_to {
                    message["type"] = json!(19);
                    message["message_reference"] =
                        json!({ "type": 0, "message_id": reply_to, "channel_id": message["channel_id"] });
                }
            }),
            Act::Media(media) => {
                let file = Upload { name: media.file_name, mime: media.mime, bytes: media.bytes };
                let listed = self.keep(&channel, &[file]);
                let voice = media.kind == "voice";
                self.write(
                    account,
                    &channel,
                    customer,
                    media.caption.as_deref().unwrap_or_default(),
                    |message| {
                        message["attachments"] = listed;
                        if voice {
                            message["flags"] = json!(1 << 13);
                        }
                    },
                )
            }
            Act::React { message, emoji } => self.set_reaction(account, &channel, customer, &message, &emoji),
            Act::Press { message, button } => {
                self.press(account, &channel, customer, &message, &button).await
            }
            Act::Edit { message, text } => self.change(account, &channel, &message, |found| {
                found["content"] = json!(text);
                found["edited_timestamp"] = json!(Utc::now().to_rfc3339());
            }),
            Act::Delete { message } => self.delete(account, &channel, &message),
            Act::Block | Act::Unblock => {
                let blocks = matches!(act, Act::Block);
                let mut world = self.world();
                let app = world.apps.get_mut(account).ok_or(ActError::NoSuchAccount)?;
                if blocks {
                    app.blocked.insert(customer.id.clone())
                } else {
                    app.blocked.remove(&customer.id)
                };
                Ok(channel)
            }
            // Discord tells bots nothing of it.
            Act::Read => Ok(channel),
            Act::Location { .. } => Err(ActError::Unsupported("locations")),
            Act::Contact { .. } => Err(ActError::Unsupported("contact cards")),
            Act::Phone(_) => Err(ActError::Unsupported("telephone calls")),
        }
    }

    fn set_reaction(
        &self,
        account: &str,
        channel: &str,
        customer: &Customer,
        message: &str,
        emoji: &str,
    ) -> Result<String, ActError> {
        {
            let mut world = self.world();
            let app = world.apps.get_mut(account).ok_or(ActError::NoSuchAccount)?;
            let place = app.channels.get_mut(channel).ok_or(ActError::NoSuchMessage)?;
            let found = place.find(message).cloned().ok_or(ActError::NoSuchMessage)?;
            let theirs = place.reactions(message).filter(|(_, by)| *by == customer.id);
            let before: Vec<String> = theirs.map(|(emoji, _)| emoji.clone()).collect();
            let mut frames = Vec::new();
            for old in before.iter().filter(|old| *old != emoji) {
                place.set_reaction(message, old, &customer.id, false);
                frames.push(("MESSAGE_REACTION_REMOVE", messages::reaction(&found, old, &customer.id, None)));
            }
            if !emoji.is_empty() {
                place.set_reaction(message, emoji, &customer.id, true);
                frames.push(("MESSAGE_REACTION_ADD", messages::reaction(&found, emoji, &customer.id, None)));
            }
            frames.into_iter().for_each(|(event, frame)| app.tell(event, frame));
        }
        self.changed(account, channel, false);
        Ok(message.to_owned())
    }

    fn change(
        &self,
        account: &str,
        channel: &str,
        message: &str,
        change: impl FnOnce(&mut Value),
    ) -> Result<String, ActError> {
        {
            let mut world = self.world();
            let app = world.apps.get_mut(account).ok_or(ActError::NoSuchAccount)?;
            let place = app.channels.get_mut(channel).ok_or(ActError::NoSuchMessage)?;
            let found = place.find(message).ok_or(ActError::NoSuchMessage)?;
            change(found);
            let found = found.clone();
            let frame = place.told(&found);
            app.tell("MESSAGE_UPDATE", frame);
        }
        self.changed(account, channel, false);
        Ok(message.to_owned())
    }

    fn delete(&self, account: &str, channel: &str, message: &str) -> Result<String, ActError> {
        {
            let mut world = self.world();
            let app = world.apps.get_mut(account).ok_or(ActError::NoSuchAccount)?;
            let place = app.channels.get_mut(channel).ok_or(ActError::NoSuchMessage)?;
            place.find(message).ok_or(ActError::NoSuchMessage)?;
            place.messages.retain(|one| one["id"] != message);
            app.tell("MESSAGE_DELETE", json!({ "id": message, "channel_id": channel }));
        }
        self.changed(account, channel, false);
        Ok(message.to_owned())
    }

    /// Over HTTP where the application has an address for it, else through the gateway.
    async fn press(
        &self,
        account: &str,
        channel: &str,
        customer: &Customer,
        message: &str,
        button: &str,
    ) -> Result<String, ActError> {
        let id = self.ids().next();
        let token = format!("interaction-{id}");
        let (url, interaction) = {
            let mut world = self.world();
            let app = world.apps.get_mut(account).ok_or(ActError::NoSuchAccount)?;
            let place = app.channels.get_mut(channel).ok_or(ActError::NoSuchMessage)?;
            let found = place.find(message).cloned().ok_or(ActError::NoSuchMessage)?;
            let component = component(&found["components"], button).ok_or(ActError::NoSuchMessage)?;
            let interaction = json!({ "id": id, "application_id": account, "type": 3, "token": token, "version": 1, "locale": "en-GB",
                "channel_id": channel, "channel": { "id": channel, "type": 1 }, "context": 1, "user": user(customer), "message": found,
                "entitlements": [], "data": component });
            app.interactions_open.insert(id.clone(), (token, None));
            if app.interactions.is_none() {
                app.tell("INTERACTION_CREATE", interaction.clone());
            }
            (app.interactions.clone(), interaction)
        };
        let Some(url) = url else {
            self.order(account, Order::Look);
            return Ok(id);
        };
        let taken = self.post_signed(account, &url, &interaction, false).await;
        if taken.status != 200 {
            return Err(ActError::NotTaken(taken.status));
        }
        let answer = serde_json::from_str(&taken.body).unwrap_or_default();
        if let Some(open) =
            self.world().apps.get_mut(account).and_then(|app| app.interactions_open.get_mut(&id))
        {
            open.1 = Some(answer);
        }
        Ok(id)
    }

    /// Discord repeats no interaction. A wrong signature is tried by Discord, too.
    pub(super) async fn post_signed(&self, account: &str, url: &str, body: &Value, wrong: bool) -> Taken {
        let body = body.to_string().into_bytes();
        let time = Utc::now().timestamp().to_string();
        let signature =
            self.world().apps.get(account).map(|app| app.key.sign(&[time.as_bytes(), &body].concat()));
        let mut signature = signature.map(|signature| signature.to_bytes()).unwrap_or([0; 64]);
        if wrong {
            signature[0] ^= 1;
        }
        let headers = [("X-Signature-Ed25519", hex::encode(signature)), ("X-Signature-Timestamp", time)];
        self.poster.post(url, &headers, body).await
    }

    /// The hub confirms an interaction by a call.
    pub(super) fn confirm(&self, path: &[String], body: &[u8]) -> super::api::Answer {
        let unknown = refused(404, 10062, "Unknown interaction");
        let (Some(id), Some(token)) = (path.get(1), path.get(2)) else { return Err(unknown) };
        let mut world = self.world();
        let open = world.apps.values_mut().find_map(|app| app.interactions_open.get_mut(id));
        match open.filter(|(known, _)| known == token) {
            None => Err(unknown),
            Some((_, Some(_))) => Err(refused(400, 40060, "Interaction has already been acknowledged.")),
            Some((_, answer)) => {
                *answer = Some(serde_json::from_slice(body).unwrap_or_default());
                Ok(None)
            }
        }
    }
}

/// What a press says: a button's own id, or a menu's with the row that was picked.
fn component(rows: &Value, wanted: &str) -> Option<Value> {
    let all = rows.as_array()?.iter().filter_map(|row| row["components"].as_array()).flatten();
    all.filter_map(|one| match one["type"].as_u64() {
        Some(2) if one["custom_id"] == wanted => Some(json!({ "custom_id": wanted, "component_type": 2 })),
        Some(3) => {
            let picked = one["options"].as_array()?.iter().any(|option| option["value"] == wanted);
            picked.then(|| json!({ "custom_id": one["custom_id"], "component_type": 3, "values": [wanted] }))
        }
        _ => None,
    })
    .next()
}

/// A direct channel as its customer sees it.
pub(super) fn chat(channel: &Channel) -> Vec<ChatMessage> {
    channel.messages.iter().map(|message| view(channel, message)).collect()
}

fn view(channel: &Channel, message: &Value) -> ChatMessage {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let file = &message["attachments"][0];
    let kind = match file["content_type"].as_str().unwrap_or_default().split('/').next() {
        Some("image") => "image",
        Some("video") => "video",
        Some("audio") => "audio",
        _ if file.is_object() => "document",
        _ => "text",
    };
    let id = text(&message["id"]).unwrap_or_default();
    let from_customer = message["author"]["bot"] != true;
    let who = |by: &str| if by == channel.own { "business" } else { "customer" }.to_owned();
    ChatMessage {
        reactions: channel.reactions(&id).map(|(emoji, by)| (emoji.clone(), who(by))).collect(),
        from_customer,
        kind: kind.to_owned(),
        text: text(&message["content"]).unwrap_or_default(),
        media_url: text(&file["url"]),
        file_name: text(&file["filename"]),
        buttons: buttons(&message["components"]),
        reply_to: text(&message["message_reference"]["message_id"]),
        edited: message["edited_timestamp"].is_string(),
        deleted: false,
        status: "sent".to_owned(),
        at: message["timestamp"].as_str().and_then(|at| at.parse::<DateTime<Utc>>().ok()).unwrap_or_default(),
        id,
    }
}

fn buttons(rows: &Value) -> Vec<ChatButton> {
    let all = rows.as_array().into_iter().flatten().filter_map(|row| row["components"].as_array()).flatten();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    all.flat_map(|one| match one["options"].as_array() {
        Some(options) => options
            .iter()
            .map(|option| ChatButton {
                id: text(&option["value"]).unwrap_or_default(),
                title: text(&option["label"]).unwrap_or_default(),
                description: text(&option["description"]),
                url: None,
            })
            .collect(),
        None => vec![ChatButton {
            id: text(&one["custom_id"]).unwrap_or_default(),
            title: text(&one["label"]).unwrap_or_default(),
            description: None,
            url: text(&one["url"]),
        }],
    })
    .collect()
}
