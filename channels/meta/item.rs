//! One item of `messaging` or `standby` into events. Exactly one of its keys says what it is.

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::{
    Product, content, product,
    read::{Beside, ignored, unreadable},
    send::METADATA,
    wire,
};
use crate::{
    event::{
        ContactChange, DeleteChange, EditChange, InboundMessage, Notice, ReactionChange, Reacts, Severity,
        StatusChange, TimelineLine, Watermark, What,
    },
    message::{Kind, MessageStatus, Part, Quote},
    party::{Party, PartyId},
};

/// An item with what every kind of it has.
pub(super) struct Item<'a> {
    value: &'a Value,
    product: Product,
    /// The customer's id for this account.
    customer: String,
    /// Whether the business did it.
    echo: bool,
    at: DateTime<Utc>,
}

pub(super) fn read(value: &Value, beside: Beside<'_>) -> Vec<What> {
    let name = beside.product.name();
    if !value.is_object() {
        return vec![unreadable("messaging", format!("{name} sent an item that is no object."))];
    }
    let sender = wire::id(value, &["sender", "id"]).or_else(|| wire::id(value, &["sender", "user_ref"]));
    let recipient = wire::id(value, &["recipient", "id"]);
    let echo = wire::flag(value, &["message", "is_echo"]) || sender.as_deref() == Some(beside.us);
    let Some(customer) = (if echo { recipient } else { sender }) else {
        return match wire::given(value, "policy_enforcement") {
            true => vec![policy(wire::at(value, &["policy_enforcement"]))],
            false => vec![unreadable("messaging", format!("{name} sent an item that names no customer."))],
        };
    };
    let at = wire::time(value, &["timestamp"]).unwrap_or(beside.received_at);
    Item { value, product: beside.product, customer, echo, at }.events()
}

impl Item<'_> {
    fn events(&self) -> Vec<What> {
        let key = |key: &str| self.value.get(key).filter(|inner| inner.is_object());
        if let Some(message) = key("message") {
            vec![self.message(message)]
        } else if let Some(edit) = key("message_edit") {
            vec![self.edit(edit)]
        } else if let Some(reaction) = key("reaction") {
            vec![self.reaction(reaction)]
        } else if let Some(postback) = key("postback") {
            vec![self.postback(postback)]
        } else if let Some(delivery) = key("delivery") {
            self.reached(delivery, MessageStatus::Delivered)
        } else if let Some(read) = key("read") {
            self.reached(read, MessageStatus::Read)
        } else if let Some(referral) = key("referral") {
            vec![self.came_back(referral)]
        } else if key("pass_thread_control").is_some() {
            vec![self.line("control", "Another app handed the conversation over.".to_owned())]
        } else if key("take_thread_control").is_some() {
            vec![self.line("control", "Another app took the conversation over.".to_owned())]
        } else if key("request_thread_control").is_some() {
            vec![self.line("control", "Another app asks for the conversation.".to_owned())]
        } else if let Some(enforcement) = key("policy_enforcement") {
            vec![policy(enforcement)]
        } else if key("optin").is_some() {
            vec![ignored("the customer opted in to a plugin")]
        } else {
            let known = ["sender", "recipient", "timestamp"];
            let keys = self.value.as_object().into_iter().flat_map(|fields| fields.keys());
            let kind = keys.filter(|key| !known.contains(&key.as_str())).take(3).cloned().collect::<Vec<_>>();
            let kind = if kind.is_empty() { "nothing".to_owned() } else { kind.join(", ") };
            let text =
                format!("{} sent a kind of event that is not known here: {kind}.", self.product.name());
            vec![unreadable("messaging", text)]
        }
    }

    fn message(&self, message: &Value) -> What {
        let Some(mid) = wire::id(message, &["mid"]) else {
            return unreadable("message", format!("{} sent a message without an id.", self.product.name()));
        };
        if wire::flag(message, &["is_deleted"]) {
            return What::Delete(DeleteChange { external_ids: vec![mid], at: self.at });
        }
        if let Some(id) = self.ours(message) {
            return self.status(mid, MessageStatus::Sent, Some(id));
        }
        let shown = content::of(message, self.product);
        What::Message(Box::new(InboundMessage {
            echo: self.echo,
            text: shown.text,
            parts: shown.parts,
            media: shown.media,
            reply_to: quote(message),
            referral: referral(wire::at(message, &["referral"])),
            opens_window: !self.echo,
            ..self.blank(mid, shown.kind)
        }))
    }

    /// The id of the message of ours that this is the echo of.
    fn ours(&self, message: &Value) -> Option<Uuid> {
        let metadata = wire::text(message, &["metadata"]).filter(|_| self.echo)?;
        Uuid::parse_str(metadata.strip_prefix(METADATA)?).ok()
    }

    fn edit(&self, edit: &Value) -> What {
        let Some(external_id) = wire::id(edit, &["mid"]) else {
            return unreadable("message_edit", "An edit names no message.");
        };
        What::Edit(EditChange {
            external_id,
            text: wire::text(edit, &["text"]).unwrap_or_default(),
            parts: Vec::new(),
            at: self.at,
        })
    }

    fn reaction(&self, reaction: &Value) -> What {
        let Some(external_id) = wire::id(reaction, &["mid"]) else {
            return unreadable("reaction", "A reaction names no message.");
        };
        let word = wire::text(reaction, &["reaction"]);
        let removed = wire::text(reaction, &["action"]).as_deref() == Some("unreact");
        let emoji = wire::text(reaction, &["emoji"])
            .or_else(|| word.as_deref().and_then(product::emoji).map(str::to_owned))
            .unwrap_or_else(|| "❔".to_owned());
        What::Reaction(ReactionChange {
            external_id,
            contact: self.party(),
            emoji: if removed { Vec::new() } else { vec![emoji] },
            reacts: Reacts::All,
            at: self.at,
            echo: self.echo,
        })
    }

    /// A button, an ice breaker, “Get started”. Without a mid the moment tells one press from the next.
    fn postback(&self, postback: &Value) -> What {
        let payload = wire::text(postback, &["payload"]);
        let title = wire::text(postback, &["title"]).or_else(|| payload.clone());
        let title = title.unwrap_or_else(|| "A button".to_owned());
        let pressed = || format!("postback:{}:{}", self.customer, self.at.timestamp_millis());
        let mid = wire::id(postback, &["mid"]).unwrap_or_else(pressed);
        let id = payload.unwrap_or_else(|| title.clone());
        let choice = Part::Choice { id, title: title.clone(), description: None, data: None };
        What::Message(Box::new(InboundMessage {
            echo: self.echo,
            text: title,
            parts: vec![choice],
            referral: referral(wire::at(postback, &["referral"])),
            opens_window: !self.echo,
            ..self.blank(mid, Kind::Interactive)
        }))
    }

    /// Names single messages, a moment up to which all are meant, or both.
    fn reached(&self, news: &Value, status: MessageStatus) -> Vec<What> {
        let named = wire::list(news, &["mids"]).iter().filter_map(|mid| wire::id(mid, &[]));
        let seen = wire::id(news, &["mid"]);
        let mut found: Vec<_> = named.chain(seen.clone()).map(|mid| self.status(mid, status, None)).collect();
        let up_to = wire::time(news, &["watermark"]);
        if up_to.is_some() || seen.is_some() {
            found.push(What::Watermark(Watermark {
                contact: self.id(),
                thread: self.customer.clone(),
                status,
                up_to: up_to.unwrap_or(self.at),
                external_id: seen,
                at: self.at,
            }));
        }
        if found.is_empty() {
            found.push(ignored(format!("{} of no message", status.as_str())));
        }
        found
    }

    fn status(&self, external_id: String, status: MessageStatus, message_id: Option<Uuid>) -> What {
        What::Status(StatusChange {
            external_id,
            status,
            at: self.at,
            error: None,
            message_id,
            contact: Some(self.party()),
        })
    }

    /// A link or an advertisement brought a customer back into a conversation that exists.
    fn came_back(&self, referral: &Value) -> What {
        let source = match wire::text(referral, &["source"]).as_deref() {
            Some("ADS") => "an advertisement",
            Some("CUSTOMER_CHAT_PLUGIN") => "the chat on the website",
            _ => "a link",
        };
        let reference = wire::text(referral, &["ref"]).map(|text| format!(" ({text})")).unwrap_or_default();
        self.line("referral", format!("The customer came back through {source}{reference}."))
    }

    /// A line in the conversation.
    fn line(&self, what: &str, text: String) -> What {
        let party = self.party();
        What::Contact(ContactChange {
            find: self.id(),
            party,
            gone: Vec::new(),
            reachable: None,
            opted_out: None,
            marketing: None,
            line: Some(TimelineLine {
                external_id: format!("{what}:{}:{}", self.customer, self.at.timestamp_millis()),
                thread: self.customer.clone(),
                text,
                at: self.at,
            }),
        })
    }

    fn blank(&self, mid: String, kind: Kind) -> InboundMessage {
        InboundMessage::new(mid, self.customer.clone(), self.party(), kind, self.at)
    }

    fn party(&self) -> Party {
        Party { ids: vec![self.id()], ..Party::default() }
    }

    fn id(&self) -> PartyId {
        PartyId::plain(self.product.identity(), &self.customer)
    }
}

/// A message of the conversation, or our story, which is no message.
fn quote(message: &Value) -> Option<Quote> {
    let answered = wire::at(message, &["reply_to"]);
    let mid = wire::id(answered, &["mid"]).map(|external_id| Quote { external_id, text: None });
    mid.or_else(|| {
        let story = wire::id(answered, &["story", "id"])?;
        Some(Quote { external_id: format!("story:{story}"), text: Some("Your story".to_owned()) })
    })
}

fn referral(referral: &Value) -> Option<Value> {
    referral.as_object().filter(|fields| !fields.is_empty()).map(|_| referral.clone())
}

fn policy(enforcement: &Value) -> What {
    let action = wire::text(enforcement, &["action"]).unwrap_or_else(|| "acted".into());
    let reason = wire::text(enforcement, &["reason"]).map(|text| format!(": {text}")).unwrap_or_default();
    let severity = if action == "unblock" { Severity::Info } else { Severity::Critical };
    let text = format!("Meta enforces its policy on this account ({action}){reason}");
    What::Notice(Notice { topic: "policy_enforcement".into(), severity, text })
}
