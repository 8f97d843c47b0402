//! What a call brings beside its state: recordings become attachments, once each, a missed call leaves its conversation open and
//! unread with a hint and a task, and a talk does away with the task. Calls are rare, so they are followed up one by one.

use channels::event::{InboundMedia, TimelineLine};
use chrono::{DateTime, Utc};
use serde_json::json;

use super::{lines, rows};
use crate::{
    db::Tx,
    error::Result,
    ids::{ConversationId, IntegrationId, MessageId, UserId},
    inbox::{
        conversation::{self, Conversation},
        message, task_change,
    },
    realtime::event::{EventKind, NewEvent},
};

/// What a change did to its call.
pub(super) struct CallNews {
    pub message_id: MessageId,
    pub conversation_id: ConversationId,
    pub seq: i64,
    pub integration_id: IntegrationId,
    pub external_id: String,
    pub at: DateTime<Utc>,
    pub changed: bool,
    /// It was missed just now.
    pub missed: bool,
    /// It came to its end just now, and people spoke with each other.
    pub talked: bool,
    pub recording: Option<InboundMedia>,
}

/// Attaches recordings that are not there yet, and says which messages got one.
pub(super) async fn keep_recordings(tx: &mut Tx, news: &[CallNews]) -> Result<Vec<MessageId>> {
    let mut kept = Vec::new();
    for one in news {
        let Some(recording) = &one.recording else { continue };
        let position: Option<i64> = sqlx::query_scalar(
            "select count(*) from attachments where organization_id = $1 and message_id = $2
             having not coalesce(bool_or(reference = $3), false)",
        )
        .bind(tx.organization())
        .bind(one.message_id)
        .bind(&recording.reference)
        .fetch_optional(tx.sql())
        .await?;
        let Some(position) = position else { continue };
        let position = usize::try_from(position).unwrap_or_default();
        rows::insert_files(tx, &[rows::file(one.message_id, one.conversation_id, position, recording)])
            .await?;
        kept.push(one.message_id);
    }
    Ok(kept)
}

/// Comes after the batch has numbered its messages and written its conversations.
pub(super) async fn follow_up(tx: &mut Tx, news: &[CallNews]) -> Result<()> {
    for one in news {
        if one.talked {
            task_change::called(tx, one.conversation_id).await?;
        }
        if !one.missed {
            continue;
        }
        remind(tx, one).await?;
        let line = TimelineLine {
            external_id: format!("{}:missed", one.external_id),
            thread: String::new(),
            text: "A call was missed. Call back, or write to the customer.".to_owned(),
            at: one.at,
        };
        lines::put(tx, one.integration_id, one.conversation_id, &line).await?;
        if let Some(conversation) = conversation::load(tx, &[one.conversation_id]).await?.pop() {
            task_change::call_back(tx, &conversation, one.message_id, one.at).await?;
            notify(tx, one, &conversation).await?;
        }
    }
    Ok(())
}

/// Whoever looks after the conversation is told, or everybody who may write where nobody does yet.
async fn notify(tx: &mut Tx, call: &CallNews, conversation: &Conversation) -> Result<()> {
    let told: Vec<UserId> = sqlx::query_scalar(
        "select m.user_id from conversations c join members m on m.organization_id = $1
         where c.organization_id = $1 and c.id = $2 and m.deactivated_at is null and m.role <> 'viewer'
           and (m.user_id = c.assignee_id
                or c.assignee_id is null and (c.team_id is null or exists (
                    select from team_members t
                    where t.organization_id = $1 and t.team_id = c.team_id and t.user_id = m.user_id)))",
    )
    .bind(tx.organization())
    .bind(call.conversation_id)
    .fetch_all(tx.sql())
    .await?;
    let message = message::load(tx, &[call.message_id]).await?.pop();
    if let (Some(message), false) = (message, told.is_empty()) {
        let data = json!({"kind": "missed_call", "message": message, "conversation": conversation});
        tx.tell(NewEvent::everybody(EventKind::Notification, &data).also_for(told));
    }
    Ok(())
}

/// Even where somebody looked at the conversation, or closed it, while the telephone rang. A conversation that has been
/// replaced by a newer one stays closed.
async fn remind(tx: &mut Tx, call: &CallNews) -> Result<()> {
    let organization = tx.organization();
    sqlx::query(
        "with reopened as (
             select c.status = 'snoozed' or (c.status = 'closed' and not exists (
                 select from conversations o
                 where o.organization_id = $1 and o.integration_id = c.integration_id and o.contact_id = c.contact_id
                   and o.thread = c.thread and o.status <> 'closed' and o.deleted_at is null)) as now
             from conversations c where c.organization_id = $1 and c.id = $2)
         update conversations c set
             status = case when reopened.now then 'open' else c.status end,
             snoozed_until = case when reopened.now then null else c.snoozed_until end,
             closed_at = case when reopened.now then null else c.closed_at end,
             read_seq = least(c.read_seq, $3 - 1),
             unread_count = (select count(*) from messages m
                             where m.organization_id = $1 and m.conversation_id = $2 and m.direction = 'inbound'
                               and m.seq > least(c.read_seq, $3 - 1))
         from reopened
         where c.organization_id = $1 and c.id = $2",
    )
    .bind(organization)
    .bind(call.conversation_id)
    .bind(call.seq)
    .execute(tx.sql())
    .await?;
    Ok(())
}
