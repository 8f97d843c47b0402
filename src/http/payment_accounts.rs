//! Payment providers and the accounts connected at them.

use std::collections::BTreeMap;

use axum::{extract::State, http::StatusCode, response::Response};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    access::{
        agent::{Agent, Member},
        permission::May,
    },
    accounts,
    app::App,
    error::{Error, Problems, Result},
    http::{
        extract::{Json, Path, text},
        idempotency::IdempotencyKey,
        page::Page,
    },
    ids::PaymentAccountId,
    payment::account_admin::{self, AccountView},
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(providers))
        .routes(routes!(list, create))
        .routes(routes!(update, remove))
        .routes(routes!(test))
}

/// A provider that accounts can be connected at.
#[derive(Debug, Serialize, ToSchema)]
struct PaymentProvider {
    /// `stripe`
    id: &'static str,
    /// `Stripe`
    name: &'static str,
    abilities: ::payments::Abilities,
    /// Fields that an admin fills in, in the order of the form.
    account_form: Vec<::account::Field>,
}

/// Every payment provider of this installation.
#[utoipa::path(get, path = "/payment-providers", operation_id = "list_payment_providers", tag = "payments",
    responses((status = 200, body = Page<PaymentProvider>), Problems))]
async fn providers(agent: Agent) -> Result<Json<Page<PaymentProvider>>> {
    agent.begin(May::ReadOrganization).await?;
    let view = |provider: &&'static dyn ::payments::Provider| PaymentProvider {
        id: provider.id(),
        name: provider.name(),
        abilities: provider.abilities(),
        account_form: provider.account_form().fields,
    };
    Ok(Json(Page::whole(::payments::all().iter().map(view).collect())))
}

/// Accounts as everybody in the organization may see them; only those who may read integrations see account fields.
#[utoipa::path(get, path = "/payment-accounts", operation_id = "list_payment_accounts", tag = "payments",
    responses((status = 200, body = Page<AccountView>), Problems))]
async fn list(State(app): State<App>, agent: Agent) -> Result<Json<Page<AccountView>>> {
    let (mut tx, member) = agent.begin(May::ReadPayments).await?;
    let mut found = account_admin::list(&app, &mut tx).await?;
    if !member.role.may(May::ReadIntegrations) {
        found.iter_mut().for_each(|one| one.account.clear());
    }
    Ok(Json(Page::whole(found)))
}

#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPaymentAccount {
    #[garde(length(min = 1, max = 50))]
    provider: String,
    #[garde(custom(text), length(chars, max = 100))]
    name: String,
    /// The provider's form, filled in.
    #[garde(length(max = 50))]
    account: BTreeMap<String, String>,
}

/// Connects an account: stores it sealed and asks the provider whose it is. One that it refuses is kept as `broken`.
#[utoipa::path(post, path = "/payment-accounts", operation_id = "create_payment_account", tag = "payments",
    request_body = NewPaymentAccount, responses((status = 201, body = AccountView), Problems))]
async fn create(
    State(app): State<App>,
    agent: Agent,
    key: IdempotencyKey,
    Json(body): Json<NewPaymentAccount>,
) -> Result<Response> {
    drop(agent.begin(May::WriteIntegrations).await?);
    let provider = ::payments::find(&body.provider)
        .ok_or_else(|| Error::invalid_field("provider", "There is no such provider."))?;
    let account = accounts::fill(&app.config.server, &provider.account_form(), body.account.clone())?;
    let checked = provider.check(&account, &app.net).await;
    let (mut tx, member) = agent.begin(May::WriteIntegrations).await?;
    let fresh = match key.begin(&mut tx, &member, "payment_accounts.create", &body).await? {
        Ok(fresh) => fresh,
        Err(answer) => return Ok(answer),
    };
    let id = account_admin::create(&app, &mut tx, provider, body.name.trim(), &account).await?;
    account_admin::note_check(&mut tx, id, &checked).await?;
    let stored = account_admin::find(&app, &mut tx, id).await?;
    let answer = fresh.answer(&mut tx, StatusCode::CREATED, &stored).await?;
    tx.commit().await?;
    Ok(answer)
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct PaymentAccountChange {
    #[garde(inner(custom(text), length(chars, max = 100)))]
    name: Option<String>,
    /// Fields that change; the others stay, as do secrets that come back masked. Empty text removes an optional field.
    #[garde(length(max = 50))]
    #[serde(default)]
    account: BTreeMap<String, String>,
    #[garde(skip)]
    version: Option<i32>,
}

/// Renames, or changes account fields and then asks the provider anew.
#[utoipa::path(patch, path = "/payment-accounts/{id}", operation_id = "update_payment_account", tag = "payments",
    params(("id" = PaymentAccountId, Path,)), request_body = PaymentAccountChange,
    responses((status = 200, body = AccountView), Problems))]
async fn update(
    State(app): State<App>,
    agent: Agent,
    Path(id): Path<PaymentAccountId>,
    Json(body): Json<PaymentAccountChange>,
) -> Result<Json<AccountView>> {
    let (mut tx, member) = agent.begin(May::WriteIntegrations).await?;
    account_admin::find(&app, &mut tx, id).await?;
    let current = app.payment_accounts.of(member.organization_id, id).await?;
    let again = !body.account.is_empty();
    let name = body.name.as_deref().map(str::trim);
    account_admin::change(&app, &mut tx, &current, name, body.account, body.version).await?;
    let changed = account_admin::find(&app, &mut tx, id).await?;
    tx.commit().await?;
    app.payment_accounts.forget(id);
    if again { check(&app, &agent, id).await.map(Json) } else { Ok(Json(changed)) }
}

/// What was asked for with it stays in the books, and is no longer looked at.
#[utoipa::path(delete, path = "/payment-accounts/{id}", operation_id = "delete_payment_account", tag = "payments",
    params(("id" = PaymentAccountId, Path,)), responses((status = 204, description = "Removed"), Problems))]
async fn remove(
    State(app): State<App>,
    agent: Agent,
    Path(id): Path<PaymentAccountId>,
) -> Result<StatusCode> {
    let (mut tx, _) = agent.begin(May::WriteIntegrations).await?;
    account_admin::delete(&mut tx, id).await?;
    tx.commit().await?;
    app.payment_accounts.forget(id);
    Ok(StatusCode::NO_CONTENT)
}

/// Asks the provider whose account it is.
#[utoipa::path(post, path = "/payment-accounts/{id}/test", operation_id = "test_payment_account", tag = "payments",
    params(("id" = PaymentAccountId, Path,)), responses((status = 200, body = AccountView), Problems))]
async fn test(
    State(app): State<App>,
    agent: Agent,
    Path(id): Path<PaymentAccountId>,
) -> Result<Json<AccountView>> {
    check(&app, &agent, id).await.map(Json)
}

async fn check(app: &App, agent: &Agent, id: PaymentAccountId) -> Result<AccountView> {
    let (_, member): (_, Member) = agent.begin(May::WriteIntegrations).await?;
    let account = app.payment_accounts.of(member.organization_id, id).await?;
    let checked = account.provider.check(&account.account, &app.net).await;
    let (mut tx, _) = agent.begin(May::WriteIntegrations).await?;
    account_admin::note_check(&mut tx, id, &checked).await?;
    let found = account_admin::find(app, &mut tx, id).await?;
    tx.commit().await?;
    app.payment_accounts.forget(id);
    Ok(found)
}
