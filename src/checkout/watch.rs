//! What is asked for from time to time: comparisons with the providers' lists, and looks at what has been open for long, in case a
//! callback was lost.

use payments::About;

use crate::{
    app::App,
    db::{self, Tx},
    error::Result,
    ids::{OrganizationId, PaymentAccountId},
    payment::order::PaymentOrder,
};

/// Payments looked at in one transaction.
const BATCH: i64 = 200;

/// Orders a comparison for every account that had none for an hour.
pub async fn ask_reviews(app: &App) -> Result<()> {
    let organizations: Vec<OrganizationId> = sqlx::query_scalar(
        "select distinct organization_id from payment_accounts
         where deleted_at is null and status = 'connected' and coalesce(reviewed_at, '-infinity') < now() - interval '1 hour'",
    )
    .fetch_all(app.db.system())
    .await?;
    db::for_each(organizations, |organization| db::in_batches(&app.db, organization, BATCH, ask_reviews_in))
        .await
}

async fn ask_reviews_in(tx: &mut Tx) -> Result<usize> {
    let due: Vec<PaymentAccountId> = sqlx::query_scalar(
        "update payment_accounts set reviewed_at = now()
         where organization_id = $1 and deleted_at is null and status = 'connected'
           and coalesce(reviewed_at, '-infinity') < now() - interval '1 hour'
         returning id",
    )
    .bind(tx.organization())
    .fetch_all(tx.sql())
    .await?;
    for account_id in due {
        tx.enqueue(PaymentOrder::Review { account_id }.job());
    }
    // All of them were taken at once.
    Ok(0)
}

/// Orders looks at open requests that nobody looked at for ten minutes, and at those whose time has just run out.
pub async fn look_at_open(app: &App) -> Result<()> {
    let organizations: Vec<OrganizationId> = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
        "select distinct p.organization_id from payments p where {DUE}"
    )))
    .fetch_all(app.db.system())
    .await?;
    db::for_each(organizations, |organization| db::in_batches(&app.db, organization, BATCH, look_at_open_in))
        .await
}

const DUE: &str = "p.state in ('pending', 'processing', 'authorized') and p.offer_id is not null
    and (p.looked_at < now() - interval '10 minutes'
         or (p.expires_at < now() - interval '5 seconds' and p.looked_at < p.expires_at + interval '5 seconds'))";

async fn look_at_open_in(tx: &mut Tx) -> Result<usize> {
    let due: Vec<(PaymentAccountId, String)> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "with due as (select p.id from payments p where p.organization_id = $1 and {DUE} order by p.looked_at limit $2 for update skip locked)
         update payments p set looked_at = now() from due where p.organization_id = $1 and p.id = due.id
         returning p.account_id, p.offer_id"
    )))
    .bind(tx.organization())
    .bind(BATCH)
    .fetch_all(tx.sql())
    .await?;
    let count = due.len();
    for (account_id, offer) in due {
        tx.enqueue(PaymentOrder::Look { account_id, about: About::Offer(offer) }.job());
    }
    Ok(count)
}

/// Providers repeat a callback for some days; what was taken longer ago need not be remembered.
pub async fn forget_notices(app: &App) -> Result<()> {
    sqlx::query("delete from payment_notices where received_at < now() - interval '30 days'")
        .execute(app.db.system())
        .await?;
    Ok(())
}
