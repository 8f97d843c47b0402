//! How far a conversation was read: by anybody (the unread badge) and by each member ("new since you were away").

use serde_json::json;

use crate::{
    access::{agent::Member, permission::May},
    db::Tx,
    error::{Error, Result},
    ids::ConversationId,
    inbox::{
        change,
        conversation::{self, Conversation, Locked},
        order::Order,
        tell,
    },
};

/// Everything up to `seq` was read. Those who may not write mark for themselves only. Where the organization wants it, the
/// customer is told.
pub async fn read(tx: &mut Tx, member: &Member, id: ConversationId, seq: i64) -> Result<Conversation> {
    let locked = conversation::lock(tx, member, id).await?;
    let seq = seq.clamp(0, locked.last_seq);
    mark(tx, member, id, seq).await?;
    if !member.role.may(May::WriteConversations) || seq <= locked.read_seq {
        return change::reload(tx, id).await;
    }
    sqlx::query("update mentions set read_at = now() where organization_id = $1 and user_id = $2 and conversation_id = $3 and read_at is null")
        .bind(tx.organization())
        .bind(member.user_id)
        .bind(id)
        .execute(tx.sql())
        .await?;
    set(tx, id, seq).await?;
    tell_customer(tx, &locked, seq).await?;
    let after = change::reload(tx, id).await?;
    tell::updated(tx, Some(member), &after);
    Ok(after)
}

/// The newest message of the customer, and all after it, count as unread again.
pub async fn unread(tx: &mut Tx, member: &Member, id: ConversationId) -> Result<Conversation> {
    conversation::lock(tx, member, id).await?;
    let newest: Option<i64> = sqlx::query_scalar(
        "select max(seq) from messages where organization_id = $1 and conversation_id = $2 and direction = 'inbound'",
    )
    .bind(tx.organization())
    .bind(id)
    .fetch_one(tx.sql())
    .await?;
    let Some(newest) = newest else {
        return Err(Error::unprocessable(
            "nothing_to_read",
            "The customer has not written anything in this conversation.",
        ));
    };
    set(tx, id, newest - 1).await?;
    sqlx::query("update read_marks set seq = least(seq, $4), updated_at = now() where organization_id = $1 and conversation_id = $2 and user_id = $3")
        .bind(tx.organization())
        .bind(id)
        .bind(member.user_id)
        .bind(newest - 1)
        .execute(tx.sql())
        .await?;
    let after = change::reload(tx, id).await?;
    tell::updated(tx, Some(member), &after);
    Ok(after)
}

async fn mark(tx: &mut Tx, member: &Member, id: ConversationId, seq: i64) -> Result<()> {
    sqlx::query(
        "insert into read_marks (organization_id, conversation_id, user_id, seq) values ($1, $2, $3, $4)
         on conflict (organization_id, conversation_id, user_id) do update set seq = excluded.seq, updated_at = now()
         where read_marks.seq < excluded.seq",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(member.user_id)
    .bind(seq)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Counts anew what lies behind the mark, under the lock: exact.
async fn set(tx: &mut Tx, id: ConversationId, seq: i64) -> Result<()> {
    sqlx::query(
        "update conversations
         set read_seq = $3,
             unread_count = (select count(*) from messages m
                             where m.organization_id = $1 and m.conversation_id = $2 and m.seq > $3 and m.direction = 'inbound')
         where organization_id = $1 and id = $2",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(seq)
    .execute(tx.sql())
    .await?;
    Ok(())
}

async fn tell_customer(tx: &mut Tx, locked: &Locked, seq: i64) -> Result<()> {
    let able = channels::find(&locked.channel).is_some_and(|channel| channel.abilities().read_receipts);
    if !able {
        return Ok(());
    }
    let wanted: bool = sqlx::query_scalar(
        "select o.send_read_receipts and exists (
             select from messages m
             where m.organization_id = o.id and m.conversation_id = $2 and m.seq > $3 and m.seq <= $4
               and m.direction = 'inbound' and m.external_id is not null)
         from organizations o where o.id = $1",
    )
    .bind(tx.organization())
    .bind(locked.id)
    .bind(locked.read_seq)
    .bind(seq)
    .fetch_one(tx.sql())
    .await?;
    if wanted {
        tx.enqueue(Order::Read { conversation_id: locked.id }.job(locked.id));
    }
    Ok(())
}

/// What a member's own mark says: `{"seq"}`.
pub async fn mine(tx: &mut Tx, member: &Member, id: ConversationId) -> Result<serde_json::Value> {
    let seq: Option<i64> = sqlx::query_scalar(
        "select seq from read_marks where organization_id = $1 and conversation_id = $2 and user_id = $3",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(member.user_id)
    .fetch_optional(tx.sql())
    .await?;
    Ok(json!({"seq": seq.unwrap_or_default()}))
}
