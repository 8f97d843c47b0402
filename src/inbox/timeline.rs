//! System lines between the messages: who assigned, closed, labelled. Numbered like messages, under the conversation's
//! lock; they neither move a conversation in its list nor count as unread.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use sqlx::types::Json;
use utoipa::ToSchema;

use crate::{
    access::agent::Member,
    db::Tx,
    error::Result,
    ids::{ConversationId, MessageId},
    inbox::conversation::Locked,
};

/// One change: a sentence in English, and the change itself for clients that say it in another language.
#[derive(Clone, Debug)]
pub struct Line {
    pub text: String,
    pub change: SystemPart,
}

/// What a line of the hub's own tells.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum SystemPart {
    Change {
        field: String,
        from: Value,
        to: Value,
        /// Of a snooze: when it ends.
        #[serde(skip_serializing_if = "Option::is_none")]
        until: Option<DateTime<Utc>>,
    },
}

impl Line {
    pub fn new(text: impl Into<String>, field: &str, from: impl Into<Value>, to: impl Into<Value>) -> Self {
        let change =
            SystemPart::Change { field: field.to_owned(), from: from.into(), to: to.into(), until: None };
        Self { text: text.into(), change }
    }

    /// Of a snooze: when it ends.
    #[must_use]
    pub fn until(mut self, at: Option<DateTime<Utc>>) -> Self {
        let SystemPart::Change { until, .. } = &mut self.change;
        *until = at;
        self
    }
}

/// Writes the lines behind the newest message and counts them in. `by` is `None` for what the hub did itself.
pub async fn append(
    tx: &mut Tx,
    locked: &mut Locked,
    by: Option<&Member>,
    lines: &[Line],
) -> Result<Vec<MessageId>> {
    if lines.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<_> = lines.iter().map(|_| MessageId::new()).collect();
    let organization = tx.organization();
    sqlx::query(
        "insert into messages (organization_id, id, conversation_id, seq, integration_id, direction, kind, text, parts,
                               sender_kind, sender_id, sender_name, sent_at)
         select $1, id, $2, $3 + n, $4, 'internal', 'system', text, jsonb_build_array(change), 'system', $5, $6, now()
         from unnest($7::uuid[], $8::text[], $9::jsonb[]) with ordinality as line (id, text, change, n)",
    )
    .bind(organization)
    .bind(locked.id)
    .bind(locked.last_seq)
    .bind(locked.integration_id)
    .bind(by.map(|member| member.user_id))
    .bind(by.map(|member| member.name.as_str()))
    .bind(&ids)
    .bind(lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| Json(&line.change)).collect::<Vec<_>>())
    .execute(tx.sql())
    .await?;
    locked.last_seq += i64::try_from(lines.len()).unwrap_or_default();
    number(tx, locked.id, locked.last_seq).await?;
    Ok(ids)
}

async fn number(tx: &mut Tx, id: ConversationId, last_seq: i64) -> Result<()> {
    sqlx::query("update conversations set last_seq = $3 where organization_id = $1 and id = $2")
        .bind(tx.organization())
        .bind(id)
        .bind(last_seq)
        .execute(tx.sql())
        .await?;
    Ok(())
}
