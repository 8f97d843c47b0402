//! Orders that send no message of their own: reactions, edits, deletions, read marks, typing. Carrying one out twice does no
//! harm, so an answer that never came is simply asked for again.

use channels::{
    OutboundMessage, Receipt, SendError,
    error::{NextStep, Refusal},
    message::Content,
};

use super::{load, order};
use crate::{
    app::App,
    db::Tx,
    error::Result,
    ids::{ContactId, ConversationId, IntegrationId, MessageId},
    inbox::order::Order,
    jobs::Job,
};

#[derive(sqlx::FromRow)]
struct Where {
    integration_id: IntegrationId,
    contact_id: ContactId,
    channel: String,
    thread: String,
    /// Of the message, or of the newest inbound message.
    external_id: Option<String>,
    text: Option<String>,
    has_files: bool,
}

/// Does what the order says. An order that has become pointless is done.
pub(crate) async fn carry_out(app: &App, job: &Job) -> Result<Result<(), SendError>> {
    let Some(order) = order(job) else {
        return Ok(Err(SendError::Refused(Refusal::new(
            "unknown_order",
            "The order is not readable.",
            NextStep::None,
        ))));
    };
    let mut tx = app.db.begin(job.organization_id).await?;
    let Some(place) = find(&mut tx, &order).await? else {
        tx.commit().await?;
        return Ok(Ok(()));
    };
    let to = load::identities(&mut tx, vec![place.contact_id]).await?;
    tx.commit().await?;
    let Some(integration) = app.integrations.find(place.integration_id).await? else { return Ok(Ok(())) };
    let Some(content) = content(&order, &place) else { return Ok(Ok(())) };
    let to = to.into_iter().filter(|one| one.1 == place.channel).map(|one| one.2).collect();
    let message = OutboundMessage::new(uuid::Uuid::now_v7(), place.thread, to, content);
    let sent = integration.channel.send(&integration.account, &message, &app.net).await;
    Ok(sent.map(|_: Receipt| ()))
}

fn content(order: &Order, place: &Where) -> Option<Content> {
    let external_id = place.external_id.clone();
    Some(match order {
        Order::Deliver { .. } => return None,
        Order::React { emoji, .. } => Content::Reaction { external_id: external_id?, emoji: emoji.clone() },
        Order::Edit { .. } => Content::Edit {
            external_id: external_id?,
            text: place.text.clone().unwrap_or_default(),
            caption: place.has_files,
        },
        Order::Delete { .. } => Content::Delete { external_id: external_id? },
        Order::Read { .. } => Content::Read { external_id: external_id? },
        Order::Typing { .. } => Content::Typing { external_id },
    })
}

async fn find(tx: &mut Tx, order: &Order) -> Result<Option<Where>> {
    match order {
        Order::Deliver { .. } => Ok(None),
        Order::React { message_id, .. } | Order::Edit { message_id } | Order::Delete { message_id } => {
            by_message(tx, *message_id).await
        }
        Order::Read { conversation_id } | Order::Typing { conversation_id } => {
            by_conversation(tx, *conversation_id).await
        }
    }
}

async fn by_message(tx: &mut Tx, id: MessageId) -> Result<Option<Where>> {
    let organization = tx.organization();
    Ok(sqlx::query_as(
        "select c.integration_id, c.contact_id, c.channel, c.thread, m.external_id, m.text,
                exists (select from attachments a where a.organization_id = $1 and a.message_id = m.id) as has_files
         from messages m join conversations c on c.organization_id = $1 and c.id = m.conversation_id
         where m.organization_id = $1 and m.id = $2",
    )
    .bind(organization)
    .bind(id)
    .fetch_optional(tx.sql())
    .await?)
}

async fn by_conversation(tx: &mut Tx, id: ConversationId) -> Result<Option<Where>> {
    let organization = tx.organization();
    Ok(sqlx::query_as(
        "select c.integration_id, c.contact_id, c.channel, c.thread, newest.external_id, null::text as text, false as has_files
         from conversations c
         left join lateral (
             select m.external_id from messages m
             where m.organization_id = $1 and m.conversation_id = c.id and m.direction = 'inbound' and m.external_id is not null
             order by m.seq desc limit 1) newest on true
         where c.organization_id = $1 and c.id = $2",
    )
    .bind(organization)
    .bind(id)
    .fetch_optional(tx.sql())
    .await?)
}
