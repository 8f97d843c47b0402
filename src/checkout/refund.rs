//! Money goes back: under the refund's own key, however often it has to be asked.

use chrono::{TimeDelta, Utc};
use payments::{About, Money, ProviderError, Refund, RefundState};
use serde_json::json;

use super::{Turn, account, broken, look, missing, pause};
use crate::{
    app::App,
    error::{Error, Result},
    ids::{OrganizationId, PaymentAccountId, PaymentId, RefundId},
    inbox::tell,
    payment::{books, refund, show},
};

/// Providers remember a key for a day. After so long a repetition might give the money back twice.
const KEY_LIVES: TimeDelta = TimeDelta::hours(20);

#[derive(sqlx::FromRow)]
struct Row {
    payment_id: PaymentId,
    account_id: PaymentAccountId,
    external_id: String,
    amount: i64,
    currency: String,
    state: String,
    created_at: chrono::DateTime<Utc>,
}

pub(super) async fn carry_out(app: &App, organization: OrganizationId, id: RefundId) -> Result<Turn> {
    let row = load(app, organization, id).await?;
    if row.state != "asked" {
        return Ok(Turn::Done);
    }
    let Some(account) = account(app, organization, row.account_id).await? else {
        return end(
            app,
            organization,
            id,
            row.payment_id,
            "failed",
            Some("The payment account was removed."),
        )
        .await;
    };
    let currency = row.currency.parse().map_err(|error| Error::Internal(format!("{error}")))?;
    let wish = Refund { id: id.0, charge: row.external_id.clone(), amount: Money::new(row.amount, currency) };
    match account.provider.refund(&account.account, &wish, &app.net).await {
        Ok(done) => {
            let state = match done.state {
                RefundState::Pending => "pending",
                RefundState::Done => "done",
                RefundState::Failed => "failed",
            };
            let mut tx = app.db.begin(organization).await?;
            refund::note(&mut tx, id, state, Some(&done.id), done.detail.as_deref()).await?;
            tx.commit().await?;
            look(app, &account, &About::Charge(row.external_id), i32::MAX).await
        }
        Err(ProviderError::Refused { code, detail }) => {
            let why = format!("{detail} ({code})");
            end(app, organization, id, row.payment_id, "failed", Some(&why)).await
        }
        Err(ProviderError::AccountBroken(why)) => {
            broken(app, &account, &why).await?;
            end(app, organization, id, row.payment_id, "failed", Some(&why)).await
        }
        Err(ProviderError::Later { detail, .. } | ProviderError::Unknown(detail))
            if Utc::now() - row.created_at > KEY_LIVES =>
        {
            end(app, organization, id, row.payment_id, "unknown", Some(&detail)).await
        }
        Err(ProviderError::Later { after, .. }) => Ok(Turn::Wait(after.unwrap_or(pause(row.created_at)))),
        Err(ProviderError::Unknown(_)) => Ok(Turn::Wait(pause(row.created_at))),
    }
}

async fn load(app: &App, organization: OrganizationId, id: RefundId) -> Result<Row> {
    let mut tx = app.db.begin(organization).await?;
    let found: Option<Row> = sqlx::query_as(
        "select r.payment_id, c.account_id, c.external_id, r.amount, c.currency, r.state, r.created_at
         from refunds r join payment_charges c on c.organization_id = r.organization_id and c.id = r.charge_id
         where r.organization_id = $1 and r.id = $2",
    )
    .bind(organization)
    .bind(id)
    .fetch_optional(tx.sql())
    .await?;
    found.ok_or_else(|| missing("refund"))
}

/// It did not go through, or nobody knows. Who asked for it is told.
async fn end(
    app: &App,
    organization: OrganizationId,
    id: RefundId,
    payment: PaymentId,
    state: &str,
    detail: Option<&str>,
) -> Result<Turn> {
    let mut tx = app.db.begin(organization).await?;
    refund::note(&mut tx, id, state, None, detail).await?;
    let shown = refund::find(&mut tx, id).await?;
    let payment = show::load(&mut tx, payment).await?;
    if let Some(by) = &shown.by {
        let data = json!({"kind": "refund_failed", "refund": shown, "payment": payment});
        tell::notify(&mut tx, by.id, &data);
    }
    books::tell(&mut tx, &payment);
    tx.commit().await?;
    Ok(Turn::Done)
}
