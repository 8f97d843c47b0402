//! The books: what came in and went out each day, and what does not add up.

use axum::{extract::State, http::StatusCode};
use chrono::{NaiveDate, TimeDelta, Utc};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    access::{agent::Agent, permission::May},
    app::App,
    error::{Error, Problems, Result},
    http::{
        extract::{Json, Query, text},
        page::Page,
    },
    ids::{ChargeId, PaymentAccountId, PaymentId},
    payment::{
        account_admin,
        balance::{self, Day},
        order::PaymentOrder,
        refund::{self, RefundView},
        review::{self, Orphan, Reviewed},
        show::{self, Filter, Payment},
    },
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(balance))
        .routes(routes!(reconciliation, compare))
        .routes(routes!(link))
        .routes(routes!(dismiss))
}

/// Longest stretch that is added up at once.
const MOST_DAYS: i64 = 400;

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Stretch {
    /// A day of UTC; thirty days before `to` unless told.
    #[garde(skip)]
    from: Option<NaiveDate>,
    /// Included; today unless told.
    #[garde(skip)]
    to: Option<NaiveDate>,
    #[garde(skip)]
    account_id: Option<PaymentAccountId>,
}

/// Sums of each day, account and currency, newest first; days without any movement are left out.
#[utoipa::path(get, path = "/payments/balance", operation_id = "get_payment_balance", tag = "payments", params(Stretch),
    responses((status = 200, body = Page<Day>), Problems))]
async fn balance(agent: Agent, Query(query): Query<Stretch>) -> Result<Json<Page<Day>>> {
    let to = query.to.unwrap_or_else(|| Utc::now().date_naive());
    let from = query.from.or_else(|| to.checked_sub_signed(TimeDelta::days(30))).unwrap_or(to);
    if from > to || (to - from).num_days() > MOST_DAYS {
        let detail = format!("From one day to the same or a later one, at most {MOST_DAYS} days.");
        return Err(Error::invalid_field("from", detail));
    }
    let (mut tx, _) = agent.begin(May::RefundPayments).await?;
    Ok(Json(Page::whole(balance::days(&mut tx, from, to, query.account_id).await?)))
}

/// What has to be looked at by a person.
#[derive(Debug, Serialize, ToSchema)]
struct Reconciliation {
    /// Money that belongs to no request, newest first.
    orphans: Vec<Orphan>,
    /// Requests whose sums do not add up.
    mismatches: Vec<Payment>,
    /// Refunds of the last days that failed or were never answered.
    unanswered: Vec<RefundView>,
    /// When each account was compared with the provider's list.
    checked: Vec<Reviewed>,
}

#[utoipa::path(get, path = "/payments/reconciliation", operation_id = "get_payment_reconciliation", tag = "payments",
    responses((status = 200, body = Reconciliation), Problems))]
async fn reconciliation(agent: Agent) -> Result<Json<Reconciliation>> {
    let (mut tx, member) = agent.begin(May::RefundPayments).await?;
    let filter = Filter { mismatched: true, ..Filter::default() };
    Ok(Json(Reconciliation {
        orphans: review::orphans(&mut tx).await?,
        mismatches: show::list(&mut tx, &member, &filter, None, 100).await?,
        unanswered: refund::unsettled(&mut tx).await?,
        checked: review::reviewed(&mut tx).await?,
    }))
}

/// Compares all accounts with their providers' lists now; what is found is told as it is found.
#[utoipa::path(post, path = "/payments/reconciliation", operation_id = "compare_payments", tag = "payments",
    responses((status = 202, description = "Begun"), Problems))]
async fn compare(State(app): State<App>, agent: Agent) -> Result<StatusCode> {
    let (mut tx, _) = agent.begin(May::RefundPayments).await?;
    for account in account_admin::list(&app, &mut tx).await? {
        tx.enqueue(PaymentOrder::Review { account_id: account.id }.job());
    }
    tx.commit().await?;
    Ok(StatusCode::ACCEPTED)
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct OrphanLink {
    #[garde(skip)]
    charge_id: ChargeId,
    #[garde(skip)]
    payment_id: PaymentId,
}

/// Says to which request money belongs. 409 when it belongs to one already.
#[utoipa::path(post, path = "/payments/reconciliation/link", operation_id = "link_payment_charge", tag = "payments",
    request_body = OrphanLink, responses((status = 200, body = Payment), Problems))]
async fn link(agent: Agent, Json(body): Json<OrphanLink>) -> Result<Json<Payment>> {
    let (mut tx, member) = agent.begin(May::RefundPayments).await?;
    let payment = show::find(&mut tx, &member, body.payment_id).await;
    let payment = payment.map_err(|_| Error::invalid_field("payment_id", "There is no such payment."))?;
    let payment = review::link(&mut tx, &member, body.charge_id, &payment).await?;
    tx.commit().await?;
    Ok(Json(payment))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct OrphanDismissal {
    #[garde(skip)]
    charge_id: ChargeId,
    #[garde(custom(text), length(chars, min = 1, max = 500))]
    reason: String,
}

/// Says that money belongs to no request; it stays in the books.
#[utoipa::path(post, path = "/payments/reconciliation/dismiss", operation_id = "dismiss_payment_charge", tag = "payments",
    request_body = OrphanDismissal, responses((status = 204, description = "Dismissed"), Problems))]
async fn dismiss(agent: Agent, Json(body): Json<OrphanDismissal>) -> Result<StatusCode> {
    let (mut tx, member) = agent.begin(May::RefundPayments).await?;
    review::dismiss(&mut tx, &member, body.charge_id, body.reason.trim()).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
