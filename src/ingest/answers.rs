//! Letters name the messages that they answer, and go on with their conversation, whoever wrote them. Only messages of the same
//! integration count: what somebody writes into a header leads nowhere else.

use std::collections::{HashMap, HashSet};

use super::{batch::Item, messages, threads};
use crate::{
    db::Tx,
    error::Result,
    ids::{ConversationId, IntegrationId},
};

/// The answered messages that are known, with the conversations in which they go on: their own, or where that is closed the
/// one that has taken its place.
pub(super) async fn find(
    tx: &mut Tx,
    items: &[Item<'_>],
) -> Result<HashMap<(IntegrationId, String), ConversationId>> {
    let mut wanted = Vec::new();
    for (item, message) in threads::incoming(items) {
        let Some(integration) = &item.integration else { continue };
        wanted.extend(message.answers.iter().map(|external| (integration.id, external.as_str())));
    }
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    let found = messages::find(tx, &wanted).await?;
    let current = current(tx, found.values().map(|found| found.1).collect()).await?;
    Ok(found
        .into_iter()
        .filter_map(|(external, (_, conversation))| Some((external, *current.get(&conversation)?)))
        .collect())
}

/// Deleted conversations are left out: what answers them begins a new one.
async fn current(
    tx: &mut Tx,
    ids: HashSet<ConversationId>,
) -> Result<HashMap<ConversationId, ConversationId>> {
    let organization = tx.organization();
    let rows: Vec<(ConversationId, ConversationId)> = sqlx::query_as(
        "select c.id, coalesce(
             (select o.id from conversations o
              where o.organization_id = $1 and o.integration_id = c.integration_id and o.contact_id = c.contact_id
                and o.thread = c.thread and o.status <> 'closed' and o.deleted_at is null),
             c.id)
         from conversations c
         where c.organization_id = $1 and c.id = any($2) and c.deleted_at is null",
    )
    .bind(organization)
    .bind(ids.into_iter().collect::<Vec<_>>())
    .fetch_all(tx.sql())
    .await?;
    Ok(rows.into_iter().collect())
}
