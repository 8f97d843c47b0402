//! What a platform told about a contact, as lines between the messages: a changed number, a blocked bot. A line numbers itself
//! behind everything else of the batch, and neither counts as unread nor reopens anything.

use channels::event::{TimelineLine, What};
use serde_json::json;

use super::{batch::Item, people::People};
use crate::{
    db::Tx,
    error::Result,
    ids::{ContactId, ConversationId, IntegrationId, MessageId},
    inbox::{conversation, message},
    realtime::event::{EventKind, NewEvent},
};

/// Writes the batch's lines, each once. Rare, and therefore one by one; comes after the batch has numbered its messages.
pub(super) async fn append(tx: &mut Tx, items: &[Item<'_>], people: &People) -> Result<()> {
    for item in items {
        let (What::Contact(change), Some(integration)) = (item.what, &item.integration) else { continue };
        let Some(line) = &change.line else { continue };
        let channel = integration.channel.id().as_str();
        let ids = std::iter::once(&change.find).chain(&change.gone).chain(&change.party.ids);
        let Some(contact) = ids.into_iter().find_map(|id| people.of_id(channel, id)) else { continue };
        let Some(conversation) = lock(tx, integration.id, contact, &line.thread).await? else { continue };
        put(tx, integration.id, conversation, line).await?;
    }
    Ok(())
}

/// Writes a line into a conversation and tells of it, unless it stands there already.
pub(super) async fn put(
    tx: &mut Tx,
    integration: IntegrationId,
    conversation: ConversationId,
    line: &TimelineLine,
) -> Result<()> {
    match write(tx, integration, conversation, line).await? {
        Some(id) => tell(tx, id, conversation).await,
        None => Ok(()),
    }
}

/// The contact's newest conversation in that thread, open ones first; without one there is nowhere to put a line.
async fn lock(
    tx: &mut Tx,
    integration: IntegrationId,
    contact: ContactId,
    thread: &str,
) -> Result<Option<ConversationId>> {
    Ok(sqlx::query_scalar(
        "select id from conversations
         where organization_id = $1 and integration_id = $2 and contact_id = $3 and thread = $4 and deleted_at is null
         order by (status <> 'closed') desc, created_at desc
         limit 1
         for no key update",
    )
    .bind(tx.organization())
    .bind(integration)
    .bind(contact)
    .bind(thread)
    .fetch_optional(tx.sql())
    .await?)
}

/// `None` if the line stands there already.
async fn write(
    tx: &mut Tx,
    integration: IntegrationId,
    conversation: ConversationId,
    line: &TimelineLine,
) -> Result<Option<MessageId>> {
    Ok(sqlx::query_scalar(
        "with numbered as (
             update conversations set last_seq = last_seq + 1, version = version + 1
             where organization_id = $1 and id = $2 and not exists (
                 select from messages m
                 where m.organization_id = $1 and m.integration_id = $3 and m.external_id = $5)
             returning last_seq)
         insert into messages (organization_id, id, conversation_id, seq, integration_id, direction, kind, text, sender_kind,
                               external_id, sent_at)
         select $1, $4, $2, last_seq, $3, 'internal', 'system', $6, 'system', $5, $7 from numbered
         returning id",
    )
    .bind(tx.organization())
    .bind(conversation)
    .bind(integration)
    .bind(MessageId::new())
    .bind(&line.external_id)
    .bind(&line.text)
    .bind(line.at)
    .fetch_optional(tx.sql())
    .await?)
}

async fn tell(tx: &mut Tx, id: MessageId, conversation: ConversationId) -> Result<()> {
    let messages = message::load(tx, &[id]).await?;
    let conversations = conversation::load(tx, &[conversation]).await?;
    for (message, conversation) in messages.iter().zip(&conversations) {
        let data = json!({"message": message, "conversation": conversation});
        tx.tell(NewEvent::about(EventKind::NewMessage, conversation.subject(), &data));
    }
    Ok(())
}
