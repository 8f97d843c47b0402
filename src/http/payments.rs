//! Payments: asked for, followed, taken back, given back.

use axum::{extract::State, http::StatusCode, response::Response};
use chrono::TimeDelta;
use garde::Validate;
use payments::{Method, Money};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    access::{agent::Agent, permission::May},
    app::App,
    db::Tx,
    deals::{deal, deal::Deal, line},
    error::{Error, Problems, Result},
    http::{
        extract::{Json, Path, Query, text},
        idempotency::IdempotencyKey,
        page::{Limit, Page, read_cursor},
    },
    ids::{ChargeId, ContactId, ConversationId, DealId, PaymentAccountId, PaymentId},
    inbox::{contact, conversation},
    payment::{
        ask::{self, Plan, SoldItem},
        cancel,
        history::{self, Happening},
        order::PaymentOrder,
        refund::{self, RefundView, Wish},
        show::{self, Charged, Filter, Payment, Position},
    },
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show))
        .routes(routes!(give_back))
        .routes(routes!(take_back))
        .routes(routes!(refresh))
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct List {
    #[garde(skip)]
    conversation_id: Option<ConversationId>,
    #[garde(skip)]
    deal_id: Option<DealId>,
    #[garde(skip)]
    contact_id: Option<ContactId>,
    #[garde(skip)]
    account_id: Option<PaymentAccountId>,
    /// `preparing`, `pending`, `processing`, `authorized`, `paid`, `partially_refunded`, `refunded`, `failed`, `expired`, `cancelled`,
    /// `charged_back`
    #[garde(length(max = 40))]
    state: Option<String>,
    #[garde(skip)]
    cursor: Option<String>,
    #[garde(skip)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<Limit>,
}

/// Payments by the conditions that are given, newest first. Those of conversations that one does not see are not among them.
#[utoipa::path(get, path = "/payments", operation_id = "list_payments", tag = "payments", params(List),
    responses((status = 200, body = Page<Payment>), Problems))]
async fn list(agent: Agent, Query(query): Query<List>) -> Result<Json<Page<Payment>>> {
    let after: Option<Position> = read_cursor(query.cursor.as_deref())?;
    let limit = query.limit.unwrap_or_default();
    let filter = Filter {
        conversation_id: query.conversation_id,
        deal_id: query.deal_id,
        contact_id: query.contact_id,
        account_id: query.account_id,
        state: query.state,
        mismatched: false,
    };
    let (mut tx, member) = agent.begin(May::ReadPayments).await?;
    let rows = show::list(&mut tx, &member, &filter, after, limit.with_next()).await?;
    Ok(Json(Page::cut(rows, limit, |row| Position(row.created_at, row.id))))
}

#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPayment {
    #[garde(skip)]
    account_id: PaymentAccountId,
    /// Where it is asked for; without one there is no message, and the link is to be passed on by hand.
    #[garde(skip)]
    conversation_id: Option<ConversationId>,
    #[garde(skip)]
    deal_id: Option<DealId>,
    /// Without a conversation: who is to pay.
    #[garde(skip)]
    contact_id: Option<ContactId>,
    /// Without `deal_lines`.
    #[garde(skip)]
    amount: Option<Money>,
    /// Ask for what the deal sells, line by line.
    #[garde(skip)]
    #[serde(default)]
    deal_lines: bool,
    #[garde(custom(text), length(chars, min = 1, max = 200))]
    description: String,
    /// `card`, `pix`, `boleto`, as far as the provider has them.
    #[garde(length(min = 1, max = 4))]
    methods: Vec<Method>,
    /// The provider's usual time unless told.
    #[garde(inner(range(min = 1, max = 525_600)))]
    expires_in_minutes: Option<u32>,
    /// Of the message: a repetition with the same one is the request that it was the first time.
    #[garde(inner(length(min = 1, max = 100)))]
    client_id: Option<String>,
}

/// Asks for money. The answer comes at once, as `preparing`; the page to pay on follows within a moment, and the message with it.
#[utoipa::path(post, path = "/payments", operation_id = "create_payment", tag = "payments", request_body = NewPayment,
    responses((status = 201, body = Payment), Problems))]
async fn create(
    State(app): State<App>,
    agent: Agent,
    key: IdempotencyKey,
    Json(body): Json<NewPayment>,
) -> Result<Response> {
    let (mut tx, member) = agent.begin(May::WritePayments).await?;
    let fresh = match key.begin(&mut tx, &member, "payments.create", &body).await? {
        Ok(fresh) => fresh,
        Err(answer) => return Ok(answer),
    };
    let account = app.payment_accounts.of(member.organization_id, body.account_id).await;
    let account =
        account.map_err(|_| Error::invalid_field("account_id", "There is no such payment account."))?;
    let deal = match body.deal_id {
        Some(id) => Some(found("deal_id", deal::find(&mut tx, id).await)?),
        None => None,
    };
    let place = match body.conversation_id {
        Some(id) => Some(found("conversation_id", conversation::lock(&mut tx, &member, id).await)?),
        None => None,
    };
    if let Some(id) = body.contact_id {
        found("contact_id", contact::find(&mut tx, id).await)?;
    }
    let (amount, items) = sold(&body, deal.as_ref())?;
    let plan = Plan {
        account: &account,
        amount,
        description: body.description.trim().to_owned(),
        items,
        methods: distinct(&body.methods),
        expires_in: body.expires_in_minutes.map(|minutes| TimeDelta::minutes(minutes.into())),
        conversation: place.as_ref(),
        deal: deal.as_ref(),
        contact: body.contact_id,
        client_id: body.client_id.clone().unwrap_or_else(|| PaymentId::new().to_string()),
    };
    let payment = ask::ask(&mut tx, &member, plan).await?;
    let answer = fresh.answer(&mut tx, StatusCode::CREATED, &payment).await?;
    tx.commit().await?;
    Ok(answer)
}

/// What is named in a body and is not there is the body's fault.
fn found<T>(field: &str, result: Result<T>) -> Result<T> {
    match result {
        Err(Error::Problem(problem)) if problem.status == 404 => {
            Err(Error::invalid_field(field, "There is no such thing."))
        }
        other => other,
    }
}

fn distinct(methods: &[Method]) -> Vec<Method> {
    let mut methods = methods.to_vec();
    methods.sort_unstable();
    methods.dedup();
    methods
}

fn sold(body: &NewPayment, deal: Option<&Deal>) -> Result<(Money, Vec<SoldItem>)> {
    if !body.deal_lines {
        let amount = body.amount.ok_or_else(|| Error::invalid_field("amount", "How much is to be paid?"))?;
        return Ok((amount, Vec::new()));
    }
    if body.amount.is_some() {
        return Err(Error::invalid_field("amount", "The amount is the sum of the deal's lines."));
    }
    let lines = deal.map(|deal| (&deal.lines, deal.value.currency)).filter(|(lines, _)| !lines.is_empty());
    let (lines, currency) =
        lines.ok_or_else(|| Error::invalid_field("deal_lines", "There is no deal with lines."))?;
    Ok((line::sum(lines, currency)?, ask::items(lines, currency)?))
}

/// A payment with all that is known of it.
#[derive(Debug, Serialize, ToSchema)]
struct PaymentDetail {
    #[serde(flatten)]
    payment: Payment,
    /// Each time that somebody paid, or tried to, oldest first.
    charges: Vec<Charged>,
    refunds: Vec<RefundView>,
    history: Vec<Happening>,
}

#[utoipa::path(get, path = "/payments/{id}", operation_id = "get_payment", tag = "payments",
    params(("id" = PaymentId, Path,)), responses((status = 200, body = PaymentDetail), Problems))]
async fn show(agent: Agent, Path(id): Path<PaymentId>) -> Result<Json<PaymentDetail>> {
    let (mut tx, member) = agent.begin(May::ReadPayments).await?;
    let payment = show::find(&mut tx, &member, id).await?;
    Ok(Json(detail(&mut tx, payment).await?))
}

async fn detail(tx: &mut Tx, payment: Payment) -> Result<PaymentDetail> {
    let id = payment.id;
    Ok(PaymentDetail {
        charges: show::charges(tx, id).await?,
        refunds: refund::of_payment(tx, id).await?,
        history: history::list(tx, id).await?,
        payment,
    })
}

#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewRefund {
    /// All that is left unless told.
    #[garde(skip)]
    amount: Option<Money>,
    /// For those who look at it later.
    #[garde(custom(text), length(chars, min = 1, max = 500))]
    reason: String,
    /// Where it was paid in several parts: which of them.
    #[garde(skip)]
    charge_id: Option<ChargeId>,
}

/// Gives money back. The answer comes at once, as `asked`; what the provider says follows.
#[utoipa::path(post, path = "/payments/{id}/refund", operation_id = "refund_payment", tag = "payments",
    params(("id" = PaymentId, Path,)), request_body = NewRefund, responses((status = 201, body = RefundView), Problems))]
async fn give_back(
    agent: Agent,
    key: IdempotencyKey,
    Path(id): Path<PaymentId>,
    Json(body): Json<NewRefund>,
) -> Result<Response> {
    let (mut tx, member) = agent.begin(May::RefundPayments).await?;
    let what = json!({"payment_id": id, "refund": body});
    let fresh = match key.begin(&mut tx, &member, "payments.refund", &what).await? {
        Ok(fresh) => fresh,
        Err(answer) => return Ok(answer),
    };
    let payment = show::find(&mut tx, &member, id).await?;
    let wish = Wish { amount: body.amount, reason: body.reason.trim().to_owned(), charge_id: body.charge_id };
    let refund = refund::ask(&mut tx, &member, &payment, wish).await?;
    let answer = fresh.answer(&mut tx, StatusCode::CREATED, &refund).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Takes the request back: nobody can pay it once the provider has closed its page. 409 when it has ended already.
#[utoipa::path(post, path = "/payments/{id}/cancel", operation_id = "cancel_payment", tag = "payments",
    params(("id" = PaymentId, Path,)), responses((status = 200, body = Payment), Problems))]
async fn take_back(agent: Agent, Path(id): Path<PaymentId>) -> Result<Json<Payment>> {
    let (mut tx, member) = agent.begin(May::WritePayments).await?;
    let payment = show::find(&mut tx, &member, id).await?;
    let payment = cancel::cancel(&mut tx, &member, &payment).await?;
    tx.commit().await?;
    Ok(Json(payment))
}

/// Looks at the provider now; what is found there is told as it is found.
#[utoipa::path(post, path = "/payments/{id}/refresh", operation_id = "refresh_payment", tag = "payments",
    params(("id" = PaymentId, Path,)), responses((status = 200, body = Payment), Problems))]
async fn refresh(agent: Agent, Path(id): Path<PaymentId>) -> Result<Json<Payment>> {
    let (mut tx, member) = agent.begin(May::WritePayments).await?;
    let payment = show::find(&mut tx, &member, id).await?;
    if let Some(about) = show::offer(&mut tx, id).await? {
        tx.enqueue(PaymentOrder::Look { account_id: payment.account_id, about }.job());
    }
    tx.commit().await?;
    Ok(Json(payment))
}
