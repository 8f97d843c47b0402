//! Somebody is writing: told to those who look at the conversation, kept nowhere.

use crate::{
    access::agent::Member,
    db::Tx,
    error::Result,
    ids::ConversationId,
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

async fn wanted(tx: &mut Tx) -> Result<bool> {
    Ok(sqlx::query_scalar("select send_typing from organizations where id = $1")
        .bind(tx.organization())
        .fetch_one(tx.sql())
        .await?)
}
