//! Changes to messages that exist: edits, deletions, reactions. What was said before is kept; what the platform must hear is
//! ordered in the same transaction.

use channels::Abilities;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::json;
use sqlx::types::Json;
use utoipa::ToSchema;

use crate::{
    access::{agent::Member, permission::Role},
    db::Tx,
    error::{Error, Result},
    ids::{ConversationId, MessageId},
    inbox::{
        conversation::{self, Locked},
        message::{self, Message, Reaction, StatusAt},
        order::Order,
    },
};

/// What a message was, and how far it got.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct History {
    /// Earlier texts, oldest first.
    pub versions: Vec<Version>,
    pub statuses: Vec<StatusAt>,
}

#[derive(Clone, Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct Version {
    pub version: i32,
    pub text: String,
    /// When it was replaced.
    pub changed_at: DateTime<Utc>,
}

/// Gives a message another text: a note of one's own at any time, a sent message while the platform lets us.
pub async fn edit(tx: &mut Tx, member: &Member, id: MessageId, text: &str) -> Result<Message> {
    let (message, locked) = open(tx, member, id).await?;
    own(member, &message)?;
    rewrite(tx, message, &locked, text).await
}

/// The same for whoever wrote it, whoever may see the conversation.
pub async fn edit_for(tx: &mut Tx, id: MessageId, text: &str) -> Result<Message> {
    let (message, locked) = open_for_all(tx, id).await?;
    rewrite(tx, message, &locked, text).await
}

async fn rewrite(tx: &mut Tx, message: Message, locked: &Locked, text: &str) -> Result<Message> {
    let id = message.id;
    if message.kind == "system" || message.deleted_at.is_some() {
        return Err(not_editable("This cannot be edited."));
    }
    if message.text == text {
        return Ok(message);
    }
    if message.direction == "outbound" {
        let abilities = abilities(locked)?;
        within(&message, abilities.edit_seconds, "edited")?;
        let most =
            if message.attachments.is_empty() { abilities.text.max } else { abilities.text.caption_max };
        if abilities.text.length(text) > most {
            return Err(Error::invalid_field("text", format!("The channel takes {most} characters.")));
        }
        tx.enqueue(Order::Edit { message_id: id }.job(locked.id));
    }
    keep_version(tx, &message).await?;
    sqlx::query(
        "update messages set text = $3, words = message_words($1, $3), edited_at = now() where organization_id = $1 and id = $2",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(text)
    .execute(tx.sql())
    .await?;
    changed(tx, locked, id).await
}

/// Takes a message back: a note, one that never left, or a sent one while the platform lets us.
pub async fn delete(tx: &mut Tx, member: &Member, id: MessageId) -> Result<Message> {
    let (message, locked) = open(tx, member, id).await?;
    own(member, &message)?;
    take_back(tx, message, &locked).await
}

/// The same for whoever wrote it, whoever may see the conversation.
pub async fn delete_for(tx: &mut Tx, id: MessageId) -> Result<Message> {
    let (message, locked) = open_for_all(tx, id).await?;
    take_back(tx, message, &locked).await
}

async fn take_back(tx: &mut Tx, message: Message, locked: &Locked) -> Result<Message> {
    let id = message.id;
    if message.deleted_at.is_some() {
        return Ok(message);
    }
    if message.kind == "system" {
        return Err(not_editable("This cannot be deleted."));
    }
    if message.direction == "outbound" && !matches!(message.status.as_deref(), Some("failed" | "queued")) {
        within(&message, abilities(locked)?.delete_seconds, "deleted")?;
        tx.enqueue(Order::Delete { message_id: id }.job(locked.id));
    }
    keep_version(tx, &message).await?;
    let done = sqlx::query(
        "update messages set text = '', words = '', parts = '[]', deleted_at = now()
         where organization_id = $1 and id = $2 and status is not distinct from $3",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(&message.status)
    .execute(tx.sql())
    .await?;
    if done.rows_affected() == 0 {
        return Err(Error::conflict("on_its_way", "This message is just being sent. Try again in a moment."));
    }
    changed(tx, locked, id).await
}

/// Sets the business's reaction on a message; empty takes it back.
pub async fn react(tx: &mut Tx, member: &Member, id: MessageId, emoji: &str) -> Result<Message> {
    let (message, locked) = open(tx, member, id).await?;
    if message.direction != "internal" {
        let abilities = abilities(&locked)?;
        if !emoji.is_empty() && !abilities.can_react_with(emoji) {
            return Err(Error::invalid_field("emoji", "This channel cannot carry this reaction."));
        }
        if message.external_id.is_none() {
            return Err(Error::unprocessable("not_sent", "This message has not reached the platform."));
        }
        tx.enqueue(Order::React { message_id: id, emoji: emoji.to_owned() }.job(locked.id));
    }
    // On a platform the business has one reaction; on a note every member has one.
    let internal = message.direction == "internal";
    let ours = |one: &Reaction| {
        if internal { one.id == Some(member.user_id.0) } else { one.by == "member" || one.by == "business" }
    };
    let mut reactions: Vec<Reaction> = message.reactions.into_iter().filter(|one| !ours(one)).collect();
    if !emoji.is_empty() {
        reactions.push(Reaction {
            emoji: emoji.to_owned(),
            by: "member".into(),
            id: Some(member.user_id.0),
            name: Some(member.name.clone()),
            at: Utc::now(),
        });
    }
    sqlx::query("update messages set reactions = $3 where organization_id = $1 and id = $2")
        .bind(tx.organization())
        .bind(id)
        .bind(Json(reactions))
        .execute(tx.sql())
        .await?;
    changed(tx, &locked, id).await
}

/// Earlier texts and the way of its status.
pub async fn history(tx: &mut Tx, message: &Message) -> Result<History> {
    let versions = sqlx::query_as(
        "select version, text, changed_at from message_versions where organization_id = $1 and message_id = $2 order by version",
    )
    .bind(tx.organization())
    .bind(message.id)
    .fetch_all(tx.sql())
    .await?;
    Ok(History { versions, statuses: message.status_history.clone() })
}

/// A message that the member sees, by way of its conversation.
pub async fn find(tx: &mut Tx, member: &Member, id: MessageId) -> Result<Message> {
    let message = message::find(tx, id).await?;
    conversation::find(tx, member, message.conversation_id).await.map_err(hidden)?;
    Ok(message)
}

/// The same, under its conversation's lock.
async fn open(tx: &mut Tx, member: &Member, id: MessageId) -> Result<(Message, Locked)> {
    let conversation: ConversationId = message::find(tx, id).await?.conversation_id;
    let locked = conversation::lock(tx, member, conversation).await.map_err(hidden)?;
    Ok((message::find(tx, id).await?, locked))
}

async fn open_for_all(tx: &mut Tx, id: MessageId) -> Result<(Message, Locked)> {
    let conversation: ConversationId = message::find(tx, id).await?.conversation_id;
    let locked = conversation::lock_for_all(tx, conversation).await?;
    Ok((message::find(tx, id).await?, locked))
}

fn hidden(error: Error) -> Error {
    match error {
        Error::Problem(problem) if problem.status == 404 => Error::not_found("message"),
        error => error,
    }
}

/// One's own, or any of the business's for those who run the inbox.
fn own(member: &Member, message: &Message) -> Result<()> {
    if message.direction == "inbound" {
        return Err(Error::forbidden("What customers wrote stays as they wrote it."));
    }
    let author = message.sender.id == Some(member.user_id.0);
    let notes_of_others = message.direction == "internal" && member.role < Role::Admin;
    let sent_by_others = message.direction == "outbound" && member.role < Role::Manager;
    if !author && (notes_of_others || sent_by_others) {
        return Err(Error::forbidden("This was written by somebody else."));
    }
    Ok(())
}

fn abilities(locked: &Locked) -> Result<Abilities> {
    channels::find(&locked.channel).map(|channel| channel.abilities()).ok_or_else(|| {
        Error::unprocessable("channel_gone", "This installation has no such channel any more.")
    })
}

fn within(message: &Message, seconds: Option<u32>, done: &str) -> Result<()> {
    let Some(seconds) = seconds else {
        return Err(not_editable(&format!("On this channel, sent messages cannot be {done}.")));
    };
    if message.external_id.is_none() {
        return Err(Error::conflict("not_sent", "This message has not reached the platform yet."));
    }
    if Utc::now() - message.sent_at > TimeDelta::seconds(i64::from(seconds)) {
        return Err(not_editable(&format!("The time within which this message could be {done} is over.")));
    }
    Ok(())
}

fn not_editable(detail: &str) -> Error {
    Error::unprocessable("not_changeable", detail)
}

async fn keep_version(tx: &mut Tx, message: &Message) -> Result<()> {
    sqlx::query(
        "insert into message_versions (organization_id, message_id, version, text, changed_at)
         select $1, $2, coalesce(max(version), 0) + 1, $3, now() from message_versions
         where organization_id = $1 and message_id = $2",
    )
    .bind(tx.organization())
    .bind(message.id)
    .bind(&message.text)
    .execute(tx.sql())
    .await?;
    Ok(())
}

async fn changed(tx: &mut Tx, locked: &Locked, id: MessageId) -> Result<Message> {
    let message = message::find(tx, id).await?;
    let event = crate::realtime::event::NewEvent::about(
        crate::realtime::event::EventKind::MessageUpdated,
        locked.subject(),
        &json!({"message": message}),
    );
    tx.tell(event);
    Ok(message)
}
