//! Tokens that expire are traded for fresh ones before they do. What is due becomes a job; jobs of one account run one after the other.

use channels::{AccountChanges, SendError};
use serde::Deserialize;

use crate::{
    app::App,
    error::{Error, Result},
    ids::{IntegrationId, OrganizationId},
    inbox::{integration, integration_admin},
    jobs::Job,
};

#[derive(Deserialize)]
struct Order {
    integration_id: IntegrationId,
}

/// Asks for what is due, of every organization. What is not done within five minutes is asked for again.
pub async fn ask(app: &App) -> Result<()> {
    sqlx::query(
        "with due as (
             update integrations set refresh_at = now() + interval '5 minutes'
             where id in (select id from integrations
                          where refresh_at <= now() and status = 'active' and deleted_at is null
                          order by refresh_at limit 500 for update skip locked)
             returning organization_id, id)
         insert into jobs (organization_id, kind, lane, payload)
         select organization_id, 'refresh', 'refresh ' || id, jsonb_build_object('integration_id', id) from due",
    )
    .execute(app.db.system())
    .await?;
    Ok(())
}

/// Carries one out; an account that is fresh by now is left alone.
pub async fn carry_out(app: &App, job: &Job) -> Result<std::result::Result<(), SendError>> {
    let order: Order =
        serde_json::from_value(job.payload.clone()).map_err(|error| Error::Internal(error.to_string()))?;
    let found = app.integrations.of_ids(&[order.integration_id]).await?;
    let Some(one) = found.into_iter().find(|one| one.organization_id == job.organization_id) else {
        return Ok(Ok(()));
    };
    let due = one.channel.refresh_at(&one.account).is_some_and(|at| at <= chrono::Utc::now());
    if !due || one.status != "active" {
        return Ok(Ok(()));
    }
    let refreshed = one.channel.refresh(&one.account, &app.net).await;
    match refreshed {
        Ok(changes) => {
            keep(app, one.organization_id, one.id, changes.unwrap_or_default()).await?;
            Ok(Ok(()))
        }
        Err(SendError::AccountBroken(why)) => {
            let mut tx = app.db.begin(one.organization_id).await?;
            integration_admin::break_account(&mut tx, one.id, &why).await?;
            tx.commit().await?;
            app.integrations.forget(one.id);
            Ok(Ok(()))
        }
        Err(other) => Ok(Err(other)),
    }
}

/// Over what the account is by now: an admin may have changed other fields meanwhile.
async fn keep(
    app: &App,
    organization: OrganizationId,
    id: IntegrationId,
    changes: AccountChanges,
) -> Result<()> {
    let mut tx = app.db.begin(organization).await?;
    sqlx::query("select from integrations where organization_id = $1 and id = $2 for update")
        .bind(organization)
        .bind(id)
        .execute(tx.sql())
        .await?;
    let found = app.integrations.of_ids(&[id]).await?;
    let Some(one) = found.into_iter().next() else { return Ok(()) };
    let mut account = one.account.clone();
    for (name, value) in changes {
        account.set(&name, value);
    }
    let (open, sealed) = integration::seal(&app.vault, organization, id, one.channel, &account)?;
    sqlx::query(
        "update integrations set account = $3, sealed = $4, refresh_at = $5, version = version + 1
         where organization_id = $1 and id = $2",
    )
    .bind(organization)
    .bind(id)
    .bind(open)
    .bind(sealed)
    .bind(one.channel.refresh_at(&account))
    .execute(tx.sql())
    .await?;
    tx.commit().await?;
    app.integrations.forget(id);
    Ok(())
}
