//! What callbacks say beside messages: people's identities, moved threads, templates, and news about the account.

use channels::event::{ContactChange, Notice, TemplateChange, What};
use serde_json::json;
use sqlx::types::Json;
use uuid::Uuid;

use super::{
    batch::{Item, kind},
    messages,
    people::{self, People},
    record::{Became, Effect},
};
use crate::{
    db::Tx,
    elsewhere,
    error::Result,
    ids::{ContactId, IntegrationId},
    inbox::{contact_change::is_email, integration_admin},
    realtime::event::{EventKind, NewEvent},
};

/// Rare events, applied one by one.
pub(super) async fn apply(
    tx: &mut Tx,
    items: &[Item<'_>],
    people: &People,
    became: &mut [Option<Became>],
) -> Result<()> {
    for (index, item) in items.iter().enumerate() {
        let Some(integration) = &item.integration else { continue };
        let channel = integration.channel.id().as_str();
        let effect = match item.what {
            What::Contact(change) => contact(tx, channel, change, people).await?,
            What::ThreadMoved { from, to } => move_thread(tx, integration.id, from, to).await?,
            What::Template(change) => template(tx, integration.id, change).await?,
            What::Notice(what) => notice(tx, integration.id, what).await?,
            What::Broken(why) => {
                integration_admin::break_account(tx, integration.id, why).await?;
                Effect::Stored
            }
            What::Handshake { token } => {
                tx.enqueue(messages::acknowledgement(integration, token)?);
                Effect::Stored
            }
            What::Elsewhere { reference } => {
                tx.enqueue(elsewhere::errand(integration.id, reference));
                Effect::Stored
            }
            _ => continue,
        };
        became[index] = Some(Became {
            kind: kind(item.what),
            external_id: None,
            conversation_id: None,
            message_id: None,
            effect,
        });
    }
    Ok(())
}

/// An unknown contact is not made: nothing was written by it.
async fn contact(
    tx: &mut Tx,
    channel: &'static str,
    change: &ContactChange,
    people: &People,
) -> Result<Effect> {
    // Whichever of its old ids is known, then its new ones.
    let old = std::iter::once(&change.find).chain(&change.gone);
    let found = old.chain(&change.party.ids).find_map(|id| people.of_id(channel, id));
    let Some(id) = found else { return Ok(Effect::Ignored) };
    let organization = tx.organization();
    sqlx::query(
        "update contacts set
             name = case when name_from = 'platform' then coalesce(nullif($3, ''), name) else name end,
             phone = case when $4 is null or (phone_from = 'person' and not $9) then phone else $4 end,
             phone_from = case when $4 is null or (phone_from = 'person' and not $9) then phone_from else 'platform' end,
             username = coalesce($5, username),
             email = case when $8 is not null and email_from <> 'person' and (email is null or email_from = 'claim') then $8 else email end,
             email_from = case when $8 is not null and email_from = 'claim' then 'platform' else email_from end,
             reachable = coalesce($6, reachable), marketing = coalesce($7, marketing),
             version = version + 1, updated_at = now()
         where organization_id = $1 and id = $2",
    )
    .bind(organization)
    .bind(id)
    .bind(change.party.named())
    .bind(people::phone(&change.party))
    .bind(&change.party.username)
    .bind(change.reachable)
    .bind(change.marketing)
    .bind(change.party.email.as_deref().filter(|email| is_email(email)))
    // The platform itself knows of a new number, which the old one's place is taken by.
    .bind(!change.gone.is_empty())
    .execute(tx.sql())
    .await?;
    forget_identities(tx, channel, id, change).await?;
    add_identities(tx, channel, id, change).await?;
    opt_out(tx, channel, id, change).await?;
    Ok(Effect::Stored)
}

async fn forget_identities(
    tx: &mut Tx,
    channel: &str,
    contact: ContactId,
    change: &ContactChange,
) -> Result<()> {
    if change.gone.is_empty() {
        return Ok(());
    }
    let organization = tx.organization();
    sqlx::query(
        "delete from contact_identities i using unnest($4::text[], $5::text[]) as gone (kind, key)
         where i.organization_id = $1 and i.channel = $2 and i.contact_id = $3 and i.kind = gone.kind and i.key = gone.key",
    )
    .bind(organization)
    .bind(channel)
    .bind(contact)
    .bind(change.gone.iter().map(|id| id.kind.as_str()).collect::<Vec<_>>())
    .bind(change.gone.iter().map(|id| id.key.as_str()).collect::<Vec<_>>())
    .execute(tx.sql())
    .await?;
    Ok(())
}

async fn opt_out(tx: &mut Tx, channel: &str, contact: ContactId, change: &ContactChange) -> Result<()> {
    let Some(out) = change.opted_out else { return Ok(()) };
    let organization = tx.organization();
    sqlx::query(
        "update contact_identities set opted_out_at = case when $6 then coalesce(opted_out_at, now()) end
         where organization_id = $1 and channel = $2 and contact_id = $3 and kind = $4 and key = $5",
    )
    .bind(organization)
    .bind(channel)
    .bind(contact)
    .bind(&change.find.kind)
    .bind(&change.find.key)
    .bind(out)
    .execute(tx.sql())
    .await?;
    Ok(())
}

async fn add_identities(
    tx: &mut Tx,
    channel: &str,
    contact: ContactId,
    change: &ContactChange,
) -> Result<()> {
    let organization = tx.organization();
    let ids = &change.party.ids;
    // An identity that belongs to somebody else stays theirs.
    sqlx::query(
        "insert into contact_identities (organization_id, channel, kind, key, address, contact_id)
         select $1, $2, kind, key, address, $3 from unnest($4::text[], $5::text[], $6::text[]) as i (kind, key, address)
         on conflict do nothing",
    )
    .bind(organization)
    .bind(channel)
    .bind(contact)
    .bind(ids.iter().map(|id| id.kind.as_str()).collect::<Vec<_>>())
    .bind(ids.iter().map(|id| id.key.as_str()).collect::<Vec<_>>())
    .bind(ids.iter().map(|id| id.address.as_str()).collect::<Vec<_>>())
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// The conversations of a thread go on under its new name, and so does the identity of the group it was.
async fn move_thread(tx: &mut Tx, integration: IntegrationId, from: &str, to: &str) -> Result<Effect> {
    let organization = tx.organization();
    let moved = sqlx::query(
        "update conversations set thread = $4, version = version + 1
         where organization_id = $1 and integration_id = $2 and thread = $3",
    )
    .bind(organization)
    .bind(integration)
    .bind(from)
    .bind(to)
    .execute(tx.sql())
    .await?
    .rows_affected();
    sqlx::query(
        "update contact_identities i set key = $4, address = $4
         where i.organization_id = $1 and i.key = $3
           and i.channel = (select channel from integrations where organization_id = $1 and id = $2)
           and not exists (select from contact_identities o
                           where o.organization_id = $1 and o.channel = i.channel and o.kind = i.kind and o.key = $4)",
    )
    .bind(organization)
    .bind(integration)
    .bind(from)
    .bind(to)
    .execute(tx.sql())
    .await?;
    Ok(if moved > 0 { Effect::Stored } else { Effect::Ignored })
}

async fn template(tx: &mut Tx, integration: IntegrationId, change: &TemplateChange) -> Result<Effect> {
    let organization = tx.organization();
    let updated = sqlx::query(
        "update templates set status = coalesce($5, status), category = coalesce($6, category), updated_at = now(),
             body = coalesce($7, body || jsonb_strip_nulls(jsonb_build_object('status', $5::text, 'category', $6::text)))
         where organization_id = $1 and integration_id = $2 and name = $3 and language = $4",
    )
    .bind(organization)
    .bind(integration)
    .bind(&change.name)
    .bind(&change.language)
    .bind(&change.status)
    .bind(&change.category)
    .bind(change.template.as_ref().map(Json))
    .execute(tx.sql())
    .await?
    .rows_affected();
    if let Some(reason) = change.reason.as_deref().filter(|reason| !reason.is_empty() && *reason != "NONE") {
        let status = change.status.as_deref().unwrap_or("changed");
        let text = format!("Template {} ({}) is {status}: {reason}", change.name, change.language);
        write_notice(tx, integration, "template", "warning", &text).await?;
    }
    tx.tell(NewEvent::everybody(
        EventKind::SettingsUpdated,
        &json!({"what": "templates", "integration_id": integration}),
    ));
    Ok(if updated > 0 { Effect::Stored } else { Effect::Ignored })
}

async fn notice(tx: &mut Tx, integration: IntegrationId, notice: &Notice) -> Result<Effect> {
    let severity = match notice.severity {
        channels::event::Severity::Info => "info",
        channels::event::Severity::Warning => "warning",
        channels::event::Severity::Critical => "critical",
    };
    write_notice(tx, integration, &notice.topic, severity, &notice.text).await?;
    tx.tell(NewEvent::everybody(
        EventKind::SettingsUpdated,
        &json!({"what": "integrations", "integration_id": integration}),
    ));
    Ok(Effect::Stored)
}

async fn write_notice(
    tx: &mut Tx,
    integration: IntegrationId,
    topic: &str,
    severity: &str,
    text: &str,
) -> Result<()> {
    let organization = tx.organization();
    sqlx::query("insert into notices (organization_id, id, integration_id, topic, severity, text) values ($1, $2, $3, $4, $5, $6)")
        .bind(organization)
        .bind(Uuid::now_v7())
        .bind(integration)
        .bind(topic)
        .bind(severity)
        .bind(text)
        .execute(tx.sql())
        .await?;
    Ok(())
}
