//! Members who have to do with a conversation.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    db::Tx,
    error::Result,
    ids::{ConversationId, UserId},
};

#[derive(Clone, Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct Participant {
    pub id: UserId,
    pub name: String,
    pub assignee: bool,
    /// Messages and notes by this member.
    pub messages: i64,
    /// How far this member has read.
    pub read_seq: i64,
}

/// The assignee first, then those who wrote most.
pub async fn list(tx: &mut Tx, id: ConversationId) -> Result<Vec<Participant>> {
    Ok(sqlx::query_as(
        "with wrote as (
             select sender_id as id, count(*) as messages from messages
             where organization_id = $1 and conversation_id = $2 and sender_kind = 'member' group by sender_id
         ), everybody as (
             select id from wrote
             union select user_id from mentions where organization_id = $1 and conversation_id = $2
             union select assignee_id from conversations where organization_id = $1 and id = $2
         )
         select users.id, users.name, coalesce(users.id = c.assignee_id, false) as assignee,
                coalesce(wrote.messages, 0) as messages, coalesce(mark.seq, 0) as read_seq
         from everybody
         join users on users.id = everybody.id
         join conversations c on c.organization_id = $1 and c.id = $2
         left join wrote on wrote.id = users.id
         left join read_marks mark on mark.organization_id = $1 and mark.conversation_id = $2 and mark.user_id = users.id
         order by assignee desc, messages desc, users.name",
    )
    .bind(tx.organization())
    .bind(id)
    .fetch_all(tx.sql())
    .await?)
}
