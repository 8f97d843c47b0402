//! What receipts reveal beside the message's own id: further ids of an album, other names of the recipient, a thread that
//! the platform has moved.

use std::collections::BTreeMap;

use channels::Receipt;

use super::outcome::Outcome;
use crate::{db::Tx, error::Result, ids::ConversationId};

/// Three statements at most, however many outcomes. The conversations are locked.
pub(super) async fn learn(tx: &mut Tx, outcomes: &[Outcome]) -> Result<()> {
    let receipts: Vec<(&Outcome, &Receipt)> =
        outcomes.iter().filter_map(|one| Some((one, one.sent.as_ref().ok()?))).collect();
    keep_aliases(tx, &receipts).await?;
    keep_identities(tx, &receipts).await?;
    move_threads(tx, &receipts).await
}

/// The ids behind the first one lead to the message, too.
async fn keep_aliases(tx: &mut Tx, receipts: &[(&Outcome, &Receipt)]) -> Result<()> {
    let aliases: Vec<_> = receipts
        .iter()
        .flat_map(|(one, receipt)| receipt.external_ids.iter().skip(1).map(move |alias| (one, alias)))
        .collect();
    if aliases.is_empty() {
        return Ok(());
    }
    let organization = tx.organization();
    sqlx::query(
        "insert into message_aliases (organization_id, integration_id, external_id, message_id)
         select $1, * from unnest($2::uuid[], $3::text[], $4::uuid[]) on conflict do nothing",
    )
    .bind(organization)
    .bind(aliases.iter().map(|(one, _)| one.integration.id).collect::<Vec<_>>())
    .bind(aliases.iter().map(|(_, alias)| alias.as_str()).collect::<Vec<_>>())
    .bind(aliases.iter().map(|(one, _)| one.message_id).collect::<Vec<_>>())
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// An identity that somebody else has already stays theirs.
async fn keep_identities(tx: &mut Tx, receipts: &[(&Outcome, &Receipt)]) -> Result<()> {
    let learned: Vec<_> = receipts
        .iter()
        .flat_map(|(one, receipt)| receipt.learned.iter().map(|id| (one.conversation_id, id)))
        .collect();
    if learned.is_empty() {
        return Ok(());
    }
    let organization = tx.organization();
    sqlx::query(
        "insert into contact_identities (organization_id, channel, kind, key, address, contact_id)
         select $1, c.channel, l.kind, l.key, l.address, c.contact_id
         from unnest($2::uuid[], $3::text[], $4::text[], $5::text[]) as l (conversation_id, kind, key, address)
         join conversations c on c.organization_id = $1 and c.id = l.conversation_id
         on conflict do nothing",
    )
    .bind(organization)
    .bind(learned.iter().map(|(conversation, _)| *conversation).collect::<Vec<_>>())
    .bind(learned.iter().map(|(_, id)| id.kind.as_str()).collect::<Vec<_>>())
    .bind(learned.iter().map(|(_, id)| id.key.as_str()).collect::<Vec<_>>())
    .bind(learned.iter().map(|(_, id)| id.address.as_str()).collect::<Vec<_>>())
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Of several moves of one conversation the last counts.
async fn move_threads(tx: &mut Tx, receipts: &[(&Outcome, &Receipt)]) -> Result<()> {
    let moved: BTreeMap<ConversationId, &str> = receipts
        .iter()
        .filter_map(|(one, receipt)| Some((one.conversation_id, receipt.moved_to.as_deref()?)))
        .collect();
    if moved.is_empty() {
        return Ok(());
    }
    let organization = tx.organization();
    sqlx::query(
        "update conversations c set thread = m.thread, version = c.version + 1
         from unnest($2::uuid[], $3::text[]) as m (id, thread)
         where c.organization_id = $1 and c.id = m.id",
    )
    .bind(organization)
    .bind(moved.keys().copied().collect::<Vec<_>>())
    .bind(moved.values().copied().collect::<Vec<_>>())
    .execute(tx.sql())
    .await?;
    Ok(())
}
