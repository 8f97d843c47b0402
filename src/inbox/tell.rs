//! What browsers are told about conversations and messages, in the shapes that the socket protocol names.

use serde::Serialize;
use serde_json::json;

use crate::{
    access::agent::Member,
    db::Tx,
    error::Result,
    ids::{ConversationId, MessageId, TeamId, UserId},
    inbox::{conversation, conversation::Conversation, message},
    realtime::event::{EventKind, NewEvent},
};

/// Who changed something, in events and answers.
#[derive(Clone, Debug, Serialize)]
pub struct ChangedBy<'a> {
    pub id: UserId,
    pub name: &'a str,
}

pub fn changed_by(member: &Member) -> ChangedBy<'_> {
    ChangedBy { id: member.user_id, name: &member.name }
}

/// `conversation_updated`.
pub fn updated(tx: &mut Tx, by: Option<&Member>, conversation: &Conversation) {
    let data = json!({"conversation": conversation, "changed_by": by.map(changed_by)});
    tx.tell(NewEvent::about(EventKind::ConversationUpdated, conversation.subject(), &data));
}

/// `conversation_assigned`, also to those who saw it before: it leaves their lists.
pub fn assigned(tx: &mut Tx, by: Option<&Member>, conversation: &Conversation, before: Vec<UserId>) {
    let data = json!({"conversation": conversation, "changed_by": by.map(changed_by)});
    let event = NewEvent::about(EventKind::ConversationAssigned, conversation.subject(), &data);
    tx.tell(event.also_for(before));
}

/// `new_message`, one per id, in the order of their numbers.
pub async fn new_messages(
    tx: &mut Tx,
    conversation: &Conversation,
    ids: &[MessageId],
) -> Result<Vec<message::Message>> {
    let messages = message::load(tx, ids).await?;
    for message in &messages {
        let data = json!({"message": message, "conversation": conversation});
        tx.tell(NewEvent::about(EventKind::NewMessage, conversation.subject(), &data));
    }
    Ok(messages)
}

/// `message_updated`.
pub async fn message_updated(
    tx: &mut Tx,
    conversation: ConversationId,
    id: MessageId,
) -> Result<Option<message::Message>> {
    let message = message::load(tx, &[id]).await?.pop();
    let subject =
        conversation::load(tx, &[conversation]).await?.pop().map(|conversation| conversation.subject());
    if let (Some(message), Some(subject)) = (&message, subject) {
        tx.tell(NewEvent::about(EventKind::MessageUpdated, subject, &json!({"message": message})));
    }
    Ok(message)
}

/// `notification`, to one member only.
pub fn notify(tx: &mut Tx, user: UserId, data: &serde_json::Value) {
    tx.tell(NewEvent::everybody(EventKind::Notification, data).also_for([user]));
}

/// Agents who see conversations of this assignee and team; the other roles see all anyway.
pub async fn viewers(tx: &mut Tx, assignee: Option<UserId>, team: Option<TeamId>) -> Result<Vec<UserId>> {
    Ok(sqlx::query_scalar(
        "select m.user_id
         from members m
         where m.organization_id = $1 and m.role = 'agent' and m.deactivated_at is null
           and (($2::uuid is null and $3::uuid is null)
                or m.user_id = $2
                or exists (select from team_members t
                           where t.organization_id = m.organization_id and t.user_id = m.user_id and t.team_id = $3))",
    )
    .bind(tx.organization())
    .bind(assignee)
    .bind(team)
    .fetch_all(tx.sql())
    .await?)
}
