//! What was said with a contact, whichever channel it was said on: one line of messages through all conversations that the
//! member sees, in the order in which it happened, with what an account brought along from before at its place. Each conversation gives
//! at most a page, so that the cost does not grow with what lies behind it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    access::agent::Member,
    db::Tx,
    error::Result,
    ids::{ContactId, MessageId},
    inbox::message::{self, Message},
};

/// When a message was sent, at the latest when it was stored, and which it is; a page begins behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position(DateTime<Utc>, MessageId);

impl Position {
    pub fn of(message: &Message) -> Self {
        Self(message.sent_at.min(message.created_at), message.id)
    }
}

/// Up to `rows` messages behind `after`, newest first: what the customer and the business wrote, and notes; not the lines
/// about changes.
pub async fn page(
    tx: &mut Tx,
    member: &Member,
    contact: ContactId,
    after: Option<Position>,
    rows: i64,
) -> Result<Vec<Message>> {
    let ids: Vec<MessageId> = sqlx::query_scalar(
        "select latest.id
         from conversations c
              cross join lateral (
                  select m.id, least(m.sent_at, m.created_at) as happened_at
                  from messages m
                  where m.organization_id = c.organization_id
                    and m.conversation_id = c.id
                    and m.kind <> 'system'
                    and (least(m.sent_at, m.created_at), m.id)
                        < (coalesce($3, 'infinity'::timestamptz), coalesce($4, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
                  order by happened_at desc, m.id desc
                  limit $5) latest
         where c.organization_id = $1
           and c.contact_id = $2
           and c.deleted_at is null
           and ($6 or c.assignee_id = $7 or c.team_id = any($8) or (c.assignee_id is null and c.team_id is null))
         order by latest.happened_at desc, latest.id desc
         limit $5",
    )
    .bind(tx.organization())
    .bind(contact)
    .bind(after.map(|position| position.0))
    .bind(after.map(|position| position.1))
    .bind(rows)
    .bind(member.sees_all)
    .bind(member.user_id)
    .bind(&member.teams)
    .fetch_all(tx.sql())
    .await?;
    let mut found: HashMap<MessageId, Message> =
        message::load(tx, &ids).await?.into_iter().map(|one| (one.id, one)).collect();
    Ok(ids.into_iter().filter_map(|id| found.remove(&id)).collect())
}
