//! What was said with a contact, whichever channel it was said on: one line of messages through all conversations that the
//! member sees. Each conversation gives at most a page, so that the cost does not grow with what lies behind it.

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

/// When a message was stored, and which it is; a page begins behind it. Within a conversation this is the order of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position(pub DateTime<Utc>, pub MessageId);

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
                  select m.id, m.created_at
                  from messages m
                  where m.organization_id = c.organization_id
                    and m.conversation_id = c.id
                    and m.kind <> 'system'
                    and ($3::timestamptz is null or (m.created_at, m.id) < ($3, $4))
                  order by m.seq desc
                  limit $5) latest
         where c.organization_id = $1
           and c.contact_id = $2
           and c.deleted_at is null
           and ($6 or c.assignee_id = $7 or c.team_id = any($8) or (c.assignee_id is null and c.team_id is null))
         order by latest.created_at desc, latest.id desc
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
