//! Updates that are not messages: reactions, deletions, blocking, groups that move, business connections.

use super::{
    party,
    read::{Context, ignored, time},
    thread::{MessageId, Thread},
    wire::{
        BusinessConnection, BusinessDeleted, JoinRequest, Member, MemberUpdated, Message, Reaction,
        ReactionKind,
    },
};
use crate::{
    event::{
        ContactChange, DeleteChange, InboundMessage, Notice, ReactionChange, Reacts, Severity, TimelineLine,
        What,
    },
    message::Kind,
    party::Party,
};

/// Stands for an emoji that is a picture of Telegram's own.
const CUSTOM_EMOJI: &str = "🧩";
const PAID: &str = "⭐";

/// All reactions of one person, as they are now.
pub(super) fn reaction(context: &Context<'_>, change: &Reaction) -> Option<What> {
    let id = MessageId { chat: change.chat.as_ref()?.id.0?, id: change.message_id.0?, business: None };
    let person =
        change.user.as_ref().and_then(party::user).or_else(|| party::chat(change.actor_chat.as_ref()?));
    let Some(contact) = person else { return Some(ignored("a reaction by nobody")) };
    Some(What::Reaction(ReactionChange {
        external_id: id.to_string(),
        contact,
        emoji: change.new_reaction.iter().map(symbol).collect(),
        reacts: Reacts::All,
        at: time(context, change.date.0),
        echo: false,
    }))
}

fn symbol(reaction: &ReactionKind) -> String {
    match (reaction.r#type.text(), reaction.emoji.text()) {
        ("paid", _) => PAID.to_owned(),
        (_, "") => CUSTOM_EMOJI.to_owned(),
        (_, emoji) => emoji.to_owned(),
    }
}

/// Only a connected business account is told of deletions.
pub(super) fn deleted(context: &Context<'_>, change: &BusinessDeleted) -> Option<What> {
    let chat = change.chat.as_ref()?.id.0?;
    let external =
        |id: &i64| MessageId { chat, id: *id, business: change.business_connection_id.0.clone() }.to_string();
    let external_ids: Vec<_> = change.message_ids.iter().map(external).collect();
    if external_ids.is_empty() {
        return None;
    }
    Some(What::Delete(DeleteChange { external_ids, at: context.received_at }))
}

/// The bot was blocked or unblocked by a person, or taken into or out of a group.
pub(super) fn membership(context: &Context<'_>, change: &MemberUpdated) -> Option<What> {
    let chat = change.chat.as_ref()?;
    let contact = party::chat(chat)?;
    let now = is_in(change.new_chat_member.as_ref()?)?;
    if change.old_chat_member.as_ref().and_then(is_in) == Some(now) && !party::is_private(chat) {
        return Some(ignored("the bot's rights in a group changed"));
    }
    let person = change.from.as_ref().and_then(party::user);
    let known = if party::is_private(chat) {
        person.clone().unwrap_or_else(|| contact.clone())
    } else {
        contact.clone()
    };
    let find = contact.ids.into_iter().next()?;
    let by = person.and_then(|person| person.name).map(|name| format!(" by {name}")).unwrap_or_default();
    let text = match (party::is_private(chat), now) {
        (true, true) => "Unblocked the bot.".to_owned(),
        (true, false) => "Blocked the bot.".to_owned(),
        (false, true) => format!("The bot was added{by}."),
        (false, false) => format!("The bot was removed{by}."),
    };
    let thread = Thread { chat: chat.id.0?, ..Thread::default() }.to_string();
    let line = TimelineLine {
        external_id: format!("member:{}", context.update_id),
        thread,
        text,
        at: time(context, change.date.0),
    };
    Some(What::Contact(ContactChange {
        find,
        party: known,
        gone: Vec::new(),
        reachable: Some(now),
        opted_out: None,
        marketing: None,
        line: Some(line),
    }))
}

fn is_in(member: &Member) -> Option<bool> {
    match member.status.text() {
        "" => None,
        "left" | "kicked" => Some(false),
        "restricted" => Some(member.is_member.0.unwrap_or(true)),
        _ => Some(true),
    }
}

/// Somebody asks to be let into a group that the bot looks after.
pub(super) fn join_request(context: &Context<'_>, request: &JoinRequest) -> Option<What> {
    let contact = party::chat(request.chat.as_ref()?)?;
    let person = party::user(request.from.as_ref()?)?;
    let name = person.name.clone().unwrap_or_else(|| "Somebody".to_owned());
    let bio = party::filled(request.bio.text()).map(|bio| format!(": “{bio}”")).unwrap_or_default();
    Some(What::Message(Box::new(InboundMessage {
        external_id: format!("join:{}", context.update_id),
        alias: None,
        thread: Thread { chat: request.chat.as_ref()?.id.0?, ..Thread::default() }.to_string(),
        contact,
        author: Some(person),
        echo: false,
        kind: Kind::System,
        text: format!("{name} asks to join{bio}."),
        parts: Vec::new(),
        media: Vec::new(),
        reply_to: None,
        forwarded: false,
        album: None,
        referral: None,
        fault: None,
        sent_at: time(context, request.date.0),
        acknowledge: None,
        opens_window: false,
        answers: Vec::new(),
        subject: None,
    })))
}

/// A group became a supergroup and got a new id. Told twice, once in each chat.
pub(super) fn moved(context: &Context<'_>, message: &Message, from: i64, to: i64) -> Vec<What> {
    let thread = |chat| Thread { chat, ..Thread::default() }.to_string();
    let line = TimelineLine {
        external_id: format!("moved:{to}"),
        thread: thread(to),
        text: "The group became a supergroup.".to_owned(),
        at: time(context, message.date.0),
    };
    let name = message.chat.as_ref().and_then(|chat| party::filled(chat.title.text()));
    let party = Party { ids: vec![party::chat_id(to)], name, group: true, ..Party::default() };
    let find = party::chat_id(from);
    vec![
        What::ThreadMoved { from: thread(from), to: thread(to) },
        What::Contact(ContactChange {
            find,
            party,
            gone: Vec::new(),
            reachable: None,
            opted_out: None,
            marketing: None,
            line: Some(line),
        }),
    ]
}

/// A person connected the bot to their business account, or took it away.
pub(super) fn business(connection: &BusinessConnection) -> Option<What> {
    let owner = connection.user.as_ref().and_then(party::user).and_then(|user| user.name);
    let owner = owner.unwrap_or_else(|| "A business account".to_owned());
    let (severity, text) = match connection.is_enabled.0? {
        true => (Severity::Info, format!("{owner} connected the bot to their business account.")),
        false => (Severity::Warning, format!("{owner} disconnected the bot from their business account.")),
    };
    Some(What::Notice(Notice { topic: "business_connection".to_owned(), severity, text }))
}
