//! What admins must hear without looking: an account from which nothing has come for too long, and one that its platform refuses. Each is
//! told once, in the account's notices and to every admin who is there, and again only after it was well in between.

use serde_json::json;

use crate::{
    app::App,
    db::Tx,
    error::Result,
    ids::{IntegrationId, OrganizationId, UserId},
    inbox::integration_admin,
    realtime::event::{EventKind, NewEvent},
};

/// An account and what is wrong with it.
#[derive(Clone, Debug, sqlx::FromRow)]
struct Alarm {
    id: IntegrationId,
    name: String,
    /// `account_silent` or `account_broken`.
    topic: String,
    text: String,
}

/// Raises and ends alarms of every organization. Several workers may do it at once: each alarm is raised in one transaction.
pub async fn check(app: &App) -> Result<()> {
    let concerned: Vec<OrganizationId> = sqlx::query_scalar(
        "select distinct organization_id from integrations where deleted_at is null and (
             (status = 'active' and silent_since is null and silent_after_minutes is not null
                 and greatest(coalesce(last_inbound_at, created_at), watched_since) < now() - make_interval(mins => silent_after_minutes))
             or (silent_since is not null and (status <> 'active' or silent_after_minutes is null or last_inbound_at > silent_since))
             or (status = 'broken') <> (broken_told_at is not null))",
    )
    .fetch_all(app.db.system())
    .await?;
    for organization in concerned {
        let mut tx = app.db.begin(organization).await?;
        end(&mut tx).await?;
        let mut alarms = silent(&mut tx).await?;
        alarms.extend(broken(&mut tx).await?);
        raise(&mut tx, &alarms).await?;
        tx.commit().await?;
    }
    count(app).await
}

async fn end(tx: &mut Tx) -> Result<()> {
    let ended = sqlx::query(
        "update integrations set
             silent_since = case when status <> 'active' or silent_after_minutes is null or last_inbound_at > silent_since then null else silent_since end,
             broken_told_at = case when status = 'broken' then broken_told_at end,
             watched_since = case when status <> 'active' then null else watched_since end
         where organization_id = $1 and deleted_at is null
           and ((silent_since is not null and (status <> 'active' or silent_after_minutes is null or last_inbound_at > silent_since))
                or (broken_told_at is not null and status <> 'broken'))",
    )
    .bind(tx.organization())
    .execute(tx.sql())
    .await?;
    if ended.rows_affected() > 0 {
        integration_admin::tell(tx);
    }
    Ok(())
}

async fn silent(tx: &mut Tx) -> Result<Vec<Alarm>> {
    Ok(sqlx::query_as(
        "update integrations set silent_since = now()
         where organization_id = $1 and deleted_at is null and status = 'active' and silent_since is null and silent_after_minutes is not null
           and greatest(coalesce(last_inbound_at, created_at), watched_since) < now() - make_interval(mins => silent_after_minutes)
         returning id, name, 'account_silent' as topic, 'Nothing has come from ' || name || ' for ' || silent_after_minutes || ' minutes.' as text",
    )
    .bind(tx.organization())
    .fetch_all(tx.sql())
    .await?)
}

async fn broken(tx: &mut Tx) -> Result<Vec<Alarm>> {
    Ok(sqlx::query_as(
        "update integrations set broken_told_at = now()
         where organization_id = $1 and deleted_at is null and status = 'broken' and broken_told_at is null
         returning id, name, 'account_broken' as topic,
             name || ' has stopped: ' || coalesce(fault ->> 'detail', 'its platform refuses the account.') as text",
    )
    .bind(tx.organization())
    .fetch_all(tx.sql())
    .await?)
}

async fn raise(tx: &mut Tx, alarms: &[Alarm]) -> Result<()> {
    if alarms.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into notices (organization_id, id, integration_id, topic, severity, text)
         select $1, gen_random_uuid(), id, topic, 'warning', text from unnest($2::uuid[], $3::text[], $4::text[]) as alarm (id, topic, text)",
    )
    .bind(tx.organization())
    .bind(alarms.iter().map(|one| one.id).collect::<Vec<_>>())
    .bind(alarms.iter().map(|one| one.topic.as_str()).collect::<Vec<_>>())
    .bind(alarms.iter().map(|one| one.text.as_str()).collect::<Vec<_>>())
    .execute(tx.sql())
    .await?;
    // Never empty: an organization is never left without an owner. An event for no one in particular would be for everybody.
    let admins = admins(tx).await?;
    for alarm in alarms {
        let integration = json!({"id": alarm.id, "name": alarm.name});
        let data = json!({"kind": alarm.topic, "text": alarm.text, "integration": integration});
        tx.tell(NewEvent::everybody(EventKind::Notification, &data).also_for(admins.iter().copied()));
    }
    integration_admin::tell(tx);
    Ok(())
}

async fn admins(tx: &mut Tx) -> Result<Vec<UserId>> {
    Ok(sqlx::query_scalar(
        "select user_id from members where organization_id = $1 and role in ('owner', 'admin') and deactivated_at is null",
    )
    .bind(tx.organization())
    .fetch_all(tx.sql())
    .await?)
}

/// What operators watch; every process sees the same numbers.
async fn count(app: &App) -> Result<()> {
    let (silent, broken): (i64, i64) = sqlx::query_as(
        "select count(*) filter (where silent_since is not null), count(*) filter (where status = 'broken')
         from integrations where deleted_at is null",
    )
    .fetch_one(app.db.system())
    .await?;
    metrics::gauge!("switchboard_integrations_silent").set(silent as f64);
    metrics::gauge!("switchboard_integrations_broken").set(broken as f64);
    Ok(())
}
