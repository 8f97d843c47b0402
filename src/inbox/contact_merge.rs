//! Two contacts that are one person become one. What the kept contact says counts; the other fills in what it lacks.

use serde_json::json;

use crate::{
    access::agent::Member,
    db::Tx,
    error::{Error, Result},
    ids::{ContactId, ConversationId},
    inbox::{
        contact::{self, Contact},
        contact_change, conversation_merge, merge_suggestion,
    },
};

/// Moves identities, conversations and notes of `from` into `into`. Where both have a conversation that goes on in the same thread,
/// the two become one.
pub async fn merge(tx: &mut Tx, member: &Member, into: ContactId, from: ContactId) -> Result<Contact> {
    if into == from {
        return Err(Error::invalid_field("contact_id", "A contact cannot be merged with itself."));
    }
    contact_change::lock(tx, &[into, from]).await?;
    contact::find(tx, into).await?;
    contact::find(tx, from)
        .await
        .map_err(|_| Error::invalid_field("contact_id", "There is no such contact."))?;
    let clashing = clashing(tx, into, from).await?;
    move_rows(tx, into, from, &clashing).await?;
    // Whoever may merge contacts merges all of their conversations, seen or not.
    let everything = Member { sees_all: true, ..member.clone() };
    for (kept, gone) in clashing {
        conversation_merge::merge(tx, &everything, kept, gone).await?;
    }
    contact_change::tell_conversations(tx, Some(member), into).await?;
    contact::find(tx, into).await
}

/// The same for what a platform told: both are one person. A block of either holds; a deleted one is no obstacle.
pub async fn merge_known(tx: &mut Tx, into: ContactId, from: ContactId) -> Result<()> {
    contact_change::lock(tx, &[into, from]).await?;
    let clashing = clashing(tx, into, from).await?;
    sqlx::query(
        "update contacts kept set blocked = true from contacts gone
         where kept.organization_id = $1 and kept.id = $2 and not kept.blocked
           and gone.organization_id = $1 and gone.id = $3 and gone.blocked",
    )
    .bind(tx.organization())
    .bind(into)
    .bind(from)
    .execute(tx.sql())
    .await?;
    move_rows(tx, into, from, &clashing).await?;
    for (kept, gone) in clashing {
        conversation_merge::merge_known(tx, kept, gone).await?;
    }
    contact_change::tell_conversations(tx, None, into).await
}

/// Pairs of conversations that both go on in the same thread: the kept contact's, the other's.
async fn clashing(
    tx: &mut Tx,
    into: ContactId,
    from: ContactId,
) -> Result<Vec<(ConversationId, ConversationId)>> {
    Ok(sqlx::query_as(
        "select ours.id, theirs.id
         from conversations ours
         join conversations theirs on theirs.organization_id = ours.organization_id and theirs.contact_id = $3
              and theirs.integration_id = ours.integration_id and theirs.thread = ours.thread
         where ours.organization_id = $1 and ours.contact_id = $2 and ours.status <> 'closed' and theirs.status <> 'closed'
           and ours.deleted_at is null and theirs.deleted_at is null",
    )
    .bind(tx.organization())
    .bind(into)
    .bind(from)
    .fetch_all(tx.sql())
    .await?)
}

async fn move_rows(
    tx: &mut Tx,
    into: ContactId,
    from: ContactId,
    clashing: &[(ConversationId, ConversationId)],
) -> Result<()> {
    let organization = tx.organization();
    let gone: Vec<_> = clashing.iter().map(|pair| pair.1).collect();
    sqlx::query("update conversations set status = 'closed' where organization_id = $1 and id = any($2)")
        .bind(organization)
        .bind(gone)
        .execute(tx.sql())
        .await?;
    let statements = [
        "update contact_identities set contact_id = $2 where organization_id = $1 and contact_id = $3",
        "update conversations set contact_id = $2, version = version + 1 where organization_id = $1 and contact_id = $3",
        "update tasks set contact_id = $2, version = version + 1 where organization_id = $1 and contact_id = $3",
        "update deals set contact_id = $2, version = version + 1 where organization_id = $1 and contact_id = $3",
        "update contact_notes set contact_id = $2 where organization_id = $1 and contact_id = $3",
        "update contacts set merged_into = $2 where organization_id = $1 and merged_into = $3",
        "update contacts kept
         set name = case when kept.name = '' then gone.name else kept.name end,
             phone_from = case when kept.phone is null and gone.phone is not null then gone.phone_from else kept.phone_from end,
             email_from = case when kept.email is null and gone.email is not null then gone.email_from else kept.email_from end,
             phone = coalesce(kept.phone, gone.phone), email = coalesce(kept.email, gone.email),
             username = coalesce(kept.username, gone.username), language = coalesce(kept.language, gone.language), account_id = coalesce(kept.account_id, gone.account_id),
             attributes = gone.attributes || kept.attributes,
             tags = array(select distinct tag from unnest(kept.tags || gone.tags) tag order by tag),
             marketing = coalesce(kept.marketing, gone.marketing), version = kept.version + 1, updated_at = now()
         from contacts gone
         where kept.organization_id = $1 and kept.id = $2 and gone.organization_id = $1 and gone.id = $3",
        "update contacts set merged_into = $2, deleted_at = now(), version = version + 1, updated_at = now()
         where organization_id = $1 and id = $3",
    ];
    for statement in statements {
        sqlx::query(statement).bind(organization).bind(into).bind(from).execute(tx.sql()).await?;
    }
    merge_suggestion::follow(tx, into, from).await?;
    merge_suggestion::tell_new(tx).await?;
    tx.tell(crate::realtime::event::NewEvent::everybody(
        crate::realtime::event::EventKind::SettingsUpdated,
        &json!({"what": "contacts", "merged": from, "into": into}),
    ));
    Ok(())
}
