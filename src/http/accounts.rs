//! Accounts: the companies that contacts and deals belong to.

use axum::{http::StatusCode, response::Response};
use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    access::{agent::Agent, permission::May},
    app::App,
    deals::account::{self, Account, Change, Position},
    error::{Problems, Result},
    http::{
        extract::{self, Json, Path, Query, text},
        idempotency::IdempotencyKey,
        page::{Limit, Page, read_cursor},
    },
    ids::{AccountId, UserId},
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(show, update, remove))
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct List {
    /// A piece of name or domain.
    #[garde(length(chars, max = 200))]
    q: Option<String>,
    #[garde(skip)]
    cursor: Option<String>,
    #[garde(skip)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<Limit>,
}

/// Newest first.
#[utoipa::path(get, path = "/accounts", operation_id = "list_accounts", tag = "accounts", params(List),
    responses((status = 200, body = Page<Account>), Problems))]
async fn list(agent: Agent, Query(query): Query<List>) -> Result<Json<Page<Account>>> {
    let after: Option<Position> = read_cursor(query.cursor.as_deref())?;
    let limit = query.limit.unwrap_or_default();
    let (mut tx, _) = agent.begin(May::ReadContacts).await?;
    let rows = account::list(&mut tx, query.q.as_deref(), after, limit.with_next()).await?;
    Ok(Json(Page::cut(rows, limit, |row| Position(row.created_at, row.id))))
}

#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewAccount {
    #[garde(custom(text), length(chars, max = 200))]
    name: String,
    /// An address of its site will do.
    #[garde(inner(length(max = 254)))]
    domain: Option<String>,
    #[garde(inner(length(max = 40)))]
    phone: Option<String>,
    #[garde(skip)]
    owner_id: Option<UserId>,
    /// Flat: texts, numbers, booleans.
    #[garde(skip)]
    #[serde(default)]
    #[schema(value_type = Object)]
    attributes: Map<String, Value>,
    #[garde(length(max = 50))]
    #[serde(default)]
    tags: Vec<String>,
}

/// 409 when another account has the domain.
#[utoipa::path(post, path = "/accounts", operation_id = "create_account", tag = "accounts", request_body = NewAccount,
    responses((status = 201, body = Account), Problems))]
async fn create(agent: Agent, key: IdempotencyKey, Json(body): Json<NewAccount>) -> Result<Response> {
    let (mut tx, member) = agent.begin(May::WriteContacts).await?;
    let fresh = match key.begin(&mut tx, &member, "accounts.create", &body).await? {
        Ok(fresh) => fresh,
        Err(answer) => return Ok(answer),
    };
    let change = Change {
        name: Some(body.name.trim().to_owned()),
        domain: Some(body.domain),
        phone: Some(body.phone),
        owner_id: Some(body.owner_id),
        attributes: Some(body.attributes),
        tags: Some(body.tags),
        version: None,
    };
    let account = account::create(&mut tx, &change).await?;
    let answer = fresh.answer(&mut tx, StatusCode::CREATED, &account).await?;
    tx.commit().await?;
    Ok(answer)
}

#[utoipa::path(get, path = "/accounts/{id}", operation_id = "get_account", tag = "accounts",
    params(("id" = AccountId, Path,)), responses((status = 200, body = Account), Problems))]
async fn show(agent: Agent, Path(id): Path<AccountId>) -> Result<Json<Account>> {
    let (mut tx, _) = agent.begin(May::ReadContacts).await?;
    Ok(Json(account::find(&mut tx, id).await?))
}

/// Fields that are absent stay as they are; `null` empties.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct AccountChange {
    #[garde(inner(custom(text), length(chars, max = 200)))]
    name: Option<String>,
    #[serde(default, deserialize_with = "extract::present")]
    #[schema(value_type = Option<String>)]
    #[garde(inner(inner(length(max = 254))))]
    domain: Option<Option<String>>,
    #[serde(default, deserialize_with = "extract::present")]
    #[schema(value_type = Option<String>)]
    #[garde(inner(inner(length(max = 40))))]
    phone: Option<Option<String>>,
    #[serde(default, deserialize_with = "extract::present")]
    #[schema(value_type = Option<UserId>)]
    #[garde(skip)]
    owner_id: Option<Option<UserId>>,
    /// Given keys are set, `null` removes one.
    #[garde(skip)]
    #[schema(value_type = Option<Object>)]
    attributes: Option<Map<String, Value>>,
    #[garde(length(max = 50))]
    tags: Option<Vec<String>>,
    /// The version that the caller has seen.
    #[garde(skip)]
    version: Option<i32>,
}

/// 409 with the current state when the version is another.
#[utoipa::path(patch, path = "/accounts/{id}", operation_id = "update_account", tag = "accounts",
    params(("id" = AccountId, Path,)), request_body = AccountChange, responses((status = 200, body = Account), Problems))]
async fn update(
    agent: Agent,
    Path(id): Path<AccountId>,
    Json(body): Json<AccountChange>,
) -> Result<Json<Account>> {
    let (mut tx, _) = agent.begin(May::WriteContacts).await?;
    let change = Change {
        name: body.name.map(|name| name.trim().to_owned()),
        domain: body.domain,
        phone: body.phone,
        owner_id: body.owner_id,
        attributes: body.attributes,
        tags: body.tags,
        version: body.version,
    };
    let account = account::change(&mut tx, id, &change).await?;
    tx.commit().await?;
    Ok(Json(account))
}

/// Its contacts and deals stay, and belong to no account.
#[utoipa::path(delete, path = "/accounts/{id}", operation_id = "delete_account", tag = "accounts",
    params(("id" = AccountId, Path,)), responses((status = 204, description = "Deleted"), Problems))]
async fn remove(agent: Agent, Path(id): Path<AccountId>) -> Result<StatusCode> {
    let (mut tx, _) = agent.begin(May::DeleteContacts).await?;
    account::delete(&mut tx, id).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
