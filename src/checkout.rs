//! Payments and their providers: requests get their pages, callbacks lead to looks, looks become books, money goes back. Everything that
//! is asked of a provider is a job with a key of its own, so that a crash at any point repeats a question and no deed.

mod offer;
mod refund;
mod review;
mod watch;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use payments::{About, Charge, Look, Notice, OfferState, ProviderError};
use serde_json::{Value, json};
use sqlx::types::Json;
use uuid::Uuid;

pub use self::watch::{ask_reviews, forget_notices, look_at_open};
use crate::{
    app::App,
    db::Tx,
    error::{Error, Result},
    ids::{OrganizationId, PaymentAccountId, PaymentId},
    jobs::Job,
    payment::{
        account::PaymentAccount,
        account_admin,
        books::{self, Seen},
        charge,
        order::PaymentOrder,
        review as orphans,
    },
};

/// Looks that find nothing are repeated so often: right after a callback the provider may not know of it everywhere.
const EMPTY_LOOKS: i32 = 5;

/// How a job goes on.
#[derive(Debug, PartialEq, Eq)]
pub enum Turn {
    Done,
    /// Nothing went wrong; it has its turn after the pause.
    Wait(Duration),
    /// Once more, after the pause or with backoff.
    Again(Option<Duration>, String),
    Never(String),
}

pub async fn carry_out(app: &App, job: &Job) -> Result<Turn> {
    let order: PaymentOrder = match serde_json::from_value(job.payload.clone()) {
        Ok(order) => order,
        Err(error) => return Ok(Turn::Never(error.to_string())),
    };
    let organization = job.organization_id;
    match order {
        PaymentOrder::Ask { payment_id } => offer::ask(app, organization, payment_id).await,
        PaymentOrder::Close { payment_id } => offer::close(app, organization, payment_id).await,
        PaymentOrder::Refund { refund_id } => refund::carry_out(app, organization, refund_id).await,
        PaymentOrder::Review { account_id } => review::carry_out(app, organization, account_id).await,
        PaymentOrder::Look { account_id, about } => {
            let Some(account) = account(app, organization, account_id).await? else { return Ok(Turn::Done) };
            look(app, &account, &about, job.attempts).await
        }
    }
}

/// Takes what a callback said there is to look at. What was said before is not looked at again.
pub async fn receive(app: &App, account: &PaymentAccount, notices: &[Notice]) -> Result<()> {
    if notices.is_empty() {
        return Ok(());
    }
    let rows: Vec<Value> = notices
        .iter()
        .map(|notice| json!({"id": notice.id, "kind": notice.kind, "about": notice.about}))
        .collect();
    let mut tx = app.db.begin(account.organization_id).await?;
    let news: Vec<Json<About>> = sqlx::query_scalar(
        "insert into payment_notices (organization_id, account_id, external_id, kind, about)
         select $1, $2, id, kind, about from jsonb_to_recordset($3) as news (id text, kind text, about jsonb)
         on conflict do nothing returning about",
    )
    .bind(account.organization_id)
    .bind(account.id)
    .bind(Json(rows))
    .fetch_all(tx.sql())
    .await?;
    for Json(about) in news {
        tx.enqueue(PaymentOrder::Look { account_id: account.id, about }.job());
    }
    Ok(tx.commit().await?)
}

/// `None` once it was removed.
async fn account(
    app: &App,
    organization: OrganizationId,
    id: PaymentAccountId,
) -> Result<Option<Arc<PaymentAccount>>> {
    let found = app.payment_accounts.find(id).await?;
    Ok(found.filter(|one| one.organization_id == organization))
}

async fn look(app: &App, account: &PaymentAccount, about: &About, attempts: i32) -> Result<Turn> {
    let began = Utc::now();
    match account.provider.look(&account.account, about, &app.net).await {
        Ok(look) if look.offer.is_none() && look.charges.is_empty() => Ok(match attempts {
            few if few < EMPTY_LOOKS => Turn::Again(Some(Duration::from_secs(1)), "nothing there yet".into()),
            _ => Turn::Done,
        }),
        Ok(look) => take(app, account, &look, began).await.map(|()| Turn::Done),
        Err(error) => failed(app, account, error).await,
    }
}

/// What is to be done about a question that was not answered.
async fn failed(app: &App, account: &PaymentAccount, error: ProviderError) -> Result<Turn> {
    Ok(match error {
        ProviderError::Later { after, detail } => Turn::Again(after, detail),
        ProviderError::Unknown(detail) => Turn::Again(None, detail),
        ProviderError::AccountBroken(why) => {
            broken(app, account, &why).await?;
            Turn::Never(why)
        }
        error @ ProviderError::Refused { .. } => Turn::Never(error.to_string()),
    })
}

async fn broken(app: &App, account: &PaymentAccount, why: &str) -> Result<()> {
    let mut tx = app.db.begin(account.organization_id).await?;
    account_admin::note_broken(&mut tx, account.id, why).await?;
    tx.commit().await?;
    app.payment_accounts.forget(account.id);
    Ok(())
}

/// Brings a look into the books, payment by payment; what belongs to none is kept apart.
async fn take(app: &App, account: &PaymentAccount, look: &Look, began: DateTime<Utc>) -> Result<()> {
    let mut tx = app.db.begin(account.organization_id).await?;
    sort_in(&mut tx, account.id, look, began).await?;
    Ok(tx.commit().await?)
}

async fn sort_in(tx: &mut Tx, account: PaymentAccountId, look: &Look, began: DateTime<Utc>) -> Result<()> {
    let ids: Vec<String> = look.charges.iter().map(|charge| charge.id.clone()).collect();
    let owners: BTreeMap<String, Option<PaymentId>> =
        charge::owners(tx, account, &ids).await?.into_iter().map(|(id, owner, _)| (id, owner)).collect();
    let requests = look.charges.iter().filter_map(|charge| charge.request);
    let requests: BTreeSet<Uuid> =
        requests.chain(look.offer.as_ref().and_then(|offer| offer.request)).collect();
    let known =
        requests_here(tx, account, &requests, look.offer.as_ref().map(|offer| offer.id.as_str())).await?;
    let offered = look.offer.as_ref().and_then(|offer| {
        let by_offer = known.iter().find(|one| one.1.as_deref() == Some(&offer.id));
        by_offer.or_else(|| known.iter().find(|one| Some(one.0.0) == offer.request)).map(|one| one.0)
    });
    let mut payments: BTreeMap<Uuid, Vec<Charge>> = BTreeMap::new();
    let mut orphans = Vec::new();
    for charge in &look.charges {
        let named = charge.request.filter(|id| known.iter().any(|one| one.0.0 == *id)).map(PaymentId);
        let owner = owners.get(&charge.id).copied().flatten().or(named).or(offered);
        match owner {
            Some(owner) => payments.entry(owner.0).or_default().push(charge.clone()),
            None if charge.captured.is_positive() || owners.contains_key(&charge.id) => {
                orphans.push(charge.clone())
            }
            None => {}
        }
    }
    if let Some(offered) = offered {
        payments.entry(offered.0).or_default();
    }
    for (id, charges) in payments {
        let id = PaymentId(id);
        let offer: Option<OfferState> =
            look.offer.as_ref().filter(|_| Some(id) == offered).map(|offer| offer.state);
        books::apply(tx, id, &Seen { offer, charges: &charges, began }).await?;
    }
    orphans::keep(tx, account, &orphans, began).await
}

/// Those of this account among what a look names: a foreign tenant's request is none of ours.
async fn requests_here(
    tx: &mut Tx,
    account: PaymentAccountId,
    requests: &BTreeSet<Uuid>,
    offer: Option<&str>,
) -> Result<Vec<(PaymentId, Option<String>)>> {
    Ok(sqlx::query_as(
        "select id, offer_id from payments
         where organization_id = $1 and account_id = $2 and (id = any($3) or offer_id = $4)",
    )
    .bind(tx.organization())
    .bind(account)
    .bind(requests.iter().copied().collect::<Vec<_>>())
    .bind(offer)
    .fetch_all(tx.sql())
    .await?)
}

/// The pause before something of that age is tried again: a quarter of the age, between one second and five minutes.
fn pause(since: DateTime<Utc>) -> Duration {
    let age = Utc::now().signed_duration_since(since).max(TimeDelta::zero()).to_std().unwrap_or_default();
    (age / 4).clamp(Duration::from_secs(1), Duration::from_secs(300))
}

fn missing(what: &str) -> Error {
    Error::not_found(what)
}
