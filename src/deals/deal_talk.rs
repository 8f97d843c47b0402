//! What is said about deals: what people write down, and the conversations in which they are made.

use chrono::{DateTime, Utc};

use super::{
    activity::{self, Activity, Written},
    deal::{self, Deal},
    deal_change::{lock, told, touch},
};
use crate::{
    access::agent::Member,
    db::Tx,
    error::{Error, Result},
    ids::{ConversationId, DealId},
};

/// Most conversations of one deal.
const MOST_CONVERSATIONS: i64 = 50;

/// What somebody writes down about a deal.
pub async fn write(
    tx: &mut Tx,
    member: &Member,
    id: DealId,
    kind: Written,
    text: &str,
    at: Option<DateTime<Utc>>,
) -> Result<Activity> {
    lock(tx, id).await?;
    deal::find(tx, id).await?;
    let written = activity::write(tx, member.user_id, id, kind, text, at).await?;
    touch(tx, id).await?;
    told(tx, member, id).await?;
    Ok(written)
}

/// Has the deal talked about in a conversation, which the member sees.
pub async fn link(tx: &mut Tx, member: &Member, id: DealId, conversation: ConversationId) -> Result<Deal> {
    lock(tx, id).await?;
    deal::find(tx, id).await?;
    tie(tx, id, conversation).await?;
    touch(tx, id).await?;
    told(tx, member, id).await
}

pub async fn unlink(tx: &mut Tx, member: &Member, id: DealId, conversation: ConversationId) -> Result<Deal> {
    lock(tx, id).await?;
    deal::find(tx, id).await?;
    sqlx::query(
        "delete from deal_conversations where organization_id = $1 and deal_id = $2 and conversation_id = $3",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(conversation)
    .execute(tx.sql())
    .await?;
    touch(tx, id).await?;
    told(tx, member, id).await
}

pub(super) async fn tie(tx: &mut Tx, id: DealId, conversation: ConversationId) -> Result<()> {
    let linked = sqlx::query(
        "insert into deal_conversations (organization_id, deal_id, conversation_id)
         select $1, $2, $3
         where (select count(*) from deal_conversations where organization_id = $1 and deal_id = $2) < $4
            or exists (select from deal_conversations where organization_id = $1 and deal_id = $2 and conversation_id = $3)
         on conflict (organization_id, deal_id, conversation_id) do update set conversation_id = excluded.conversation_id",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(conversation)
    .bind(MOST_CONVERSATIONS)
    .execute(tx.sql())
    .await?;
    if linked.rows_affected() == 0 {
        let detail = format!("A deal is talked about in at most {MOST_CONVERSATIONS} conversations.");
        return Err(Error::unprocessable("too_many_conversations", detail));
    }
    Ok(())
}
