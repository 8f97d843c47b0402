//! Somebody is writing: told to those who look at the conversation, kept nowhere.

use serde_json::json;

use crate::{
    access::agent::Member,
    db::Tx,
    error::Result,
    ids::{ConversationId, IntegrationId},
    inbox::{conversation, order::Order},
    realtime::event::{Event, EventKind, TypingNews},
};

/// The event for colleagues, to be published after commit. The customer is told, too, where the organization and the channel
/// let us; platforms show it for some seconds and need no end.
pub async fn typing(tx: &mut Tx, member: &Member, id: ConversationId, typing: bool) -> Result<Event> {
    let conversation = conversation::find(tx, member, id).await?;
    let able = channels::find(&conversation.channel).is_some_and(|channel| channel.abilities().typing);
    if typing && able && wanted(tx).await? {
        tx.enqueue(Order::Typing { conversation_id: id }.job(id));
    }
    let news = TypingNews { conversation_id: id, user_id: member.user_id, name: member.name.clone(), typing };
    Ok(Event::fleeting(tx.organization(), EventKind::UserTyping, Some(conversation.subject()), &news))
}

/// The event for members that a customer is writing in their newest conversation of that thread; `None` where none is open. `name` where
/// it is somebody else than the contact, as in a group.
pub async fn customer_typing(
    tx: &mut Tx,
    integration: IntegrationId,
    thread: &str,
    name: Option<&str>,
    typing: bool,
) -> Result<Option<Event>> {
    let id: Option<ConversationId> = sqlx::query_scalar(
        "select id from conversations
         where organization_id = $1 and integration_id = $2 and thread = $3 and status <> 'closed' and deleted_at is null
         order by last_message_at desc limit 1",
    )
    .bind(tx.organization())
    .bind(integration)
    .bind(thread)
    .fetch_optional(tx.sql())
    .await?;
    let Some(id) = id else { return Ok(None) };
    let Some(conversation) = conversation::load(tx, &[id]).await?.pop() else { return Ok(None) };
    let contact = &conversation.contact;
    let known = if contact.name.is_empty() { "Visitor" } else { contact.name.as_str() };
    // Browsers tell those who write apart by an id; a contact's is nobody else's.
    let news = json!({
        "conversation_id": id,
        "user_id": contact.id,
        "contact_id": contact.id,
        "name": name.unwrap_or(known),
        "typing": typing,
    });
    let subject = Some(conversation.subject());
    Ok(Some(Event::fleeting(tx.organization(), EventKind::UserTyping, subject, &news)))
}

async fn wanted(tx: &mut Tx) -> Result<bool> {
    Ok(sqlx::query_scalar("select send_typing from organizations where id = $1")
        .bind(tx.organization())
        .fetch_one(tx.sql())
        .await?)
}
