//! Deals: columns and tables, making, moving, and the conversations that they are talked about in.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::NaiveDate;
use garde::Validate;
use payments::Money;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    access::{agent::Agent, permission::May},
    app::App,
    db::Tx,
    deals::{
        deal::{self, Deal},
        deal_change::{self, Change},
        deal_list::{self, Filter, Order, Position},
        deal_make::{self, Plan},
        deal_talk,
        line::{self, Line},
        pipeline::StageKind,
        place::Spot,
    },
    error::{Error, Problems, Result},
    http::{
        extract::{self, Json, Path, Query, text},
        idempotency::IdempotencyKey,
        page::{Limit, Page, read_cursor},
    },
    ids::{AccountId, ContactId, ConversationId, DealId, PipelineId, StageId, UserId},
    inbox::conversation,
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, update, remove))
        .routes(routes!(restore))
        .routes(routes!(link, unlink))
        .routes(routes!(of_contact))
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct List {
    #[garde(skip)]
    pipeline_id: Option<PipelineId>,
    #[garde(skip)]
    stage_id: Option<StageId>,
    #[garde(skip)]
    #[param(inline)]
    status: Option<StageKind>,
    #[garde(skip)]
    owner_id: Option<UserId>,
    /// Only those that nobody has.
    #[garde(skip)]
    unowned: Option<bool>,
    #[garde(skip)]
    contact_id: Option<ContactId>,
    #[garde(skip)]
    account_id: Option<AccountId>,
    #[garde(skip)]
    conversation_id: Option<ConversationId>,
    #[garde(length(max = 200))]
    tag: Option<String>,
    /// A piece of the title.
    #[garde(length(chars, max = 200))]
    q: Option<String>,
    /// Only those expected to close before this day.
    #[garde(skip)]
    closing_before: Option<NaiveDate>,
    /// Worth so much or more, in smallest units of whichever currency.
    #[garde(skip)]
    value_from: Option<i64>,
    /// Worth so much or less.
    #[garde(skip)]
    value_to: Option<i64>,
    /// Only those to which nothing happens for too long.
    #[garde(skip)]
    stale: Option<bool>,
    /// The deleted ones instead.
    #[garde(skip)]
    deleted: Option<bool>,
    /// `board` needs a `stage_id`.
    #[garde(skip)]
    #[serde(default)]
    #[param(inline)]
    order: Order,
    /// Names of fields, separated by commas; the answer has these alone, and `id`.
    #[garde(length(max = 500))]
    fields: Option<String>,
    #[garde(skip)]
    cursor: Option<String>,
    #[garde(skip)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<Limit>,
}

/// Deals by the conditions that are given, newest first unless told.
#[utoipa::path(get, path = "/deals", operation_id = "list_deals", tag = "deals", params(List),
    responses((status = 200, body = Page<Deal>), Problems))]
async fn list(agent: Agent, Query(query): Query<List>) -> Result<Response> {
    let after: Option<Position> = read_cursor(query.cursor.as_deref())?;
    let limit = query.limit.unwrap_or_default();
    let order = query.order;
    let filter = Filter {
        pipeline_id: query.pipeline_id,
        stage_id: query.stage_id,
        status: query.status,
        owner_id: query.owner_id,
        unowned: query.unowned.unwrap_or_default(),
        contact_id: query.contact_id,
        account_id: query.account_id,
        conversation_id: query.conversation_id,
        tag: query.tag,
        text: query.q,
        closing_before: query.closing_before,
        value_from: query.value_from,
        value_to: query.value_to,
        stale: query.stale.unwrap_or_default(),
        deleted: query.deleted.unwrap_or_default(),
    };
    let (mut tx, _) = agent.begin(May::ReadDeals).await?;
    let rows = deal_list::list(&mut tx, &filter, order, after, limit.with_next()).await?;
    let page = Page::cut(rows, limit, |row| Position::of(row, order));
    match query.fields {
        None => Ok(Json(page).into_response()),
        Some(fields) => Ok(Json(only(page, &fields)?).into_response()),
    }
}

/// The page with these fields alone.
fn only(page: Page<Deal>, fields: &str) -> Result<Page<Value>> {
    let names: Vec<&str> = fields.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    let internal = |error: serde_json::Error| Error::Internal(error.to_string());
    let mut data = Vec::with_capacity(page.data.len());
    for deal in &page.data {
        let Value::Object(mut deal) = serde_json::to_value(deal).map_err(internal)? else { continue };
        if let Some(unknown) = names.iter().find(|name| !deal.contains_key(**name)) {
            return Err(Error::invalid_field("fields", format!("Deals have no field `{unknown}`.")));
        }
        deal.retain(|name, _| name == "id" || names.contains(&name.as_str()));
        data.push(Value::Object(deal));
    }
    Ok(Page { data, next_cursor: page.next_cursor })
}

#[derive(Clone, Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewDeal {
    /// The first one where neither this nor a stage is given.
    #[garde(skip)]
    pipeline_id: Option<PipelineId>,
    /// The first open one of the pipeline where none is given.
    #[garde(skip)]
    stage_id: Option<StageId>,
    #[garde(custom(text), length(chars, max = 200))]
    title: String,
    /// Nothing of the pipeline's currency where it is absent. With lines only its currency counts.
    #[garde(skip)]
    value: Option<Money>,
    #[garde(length(max = line::MOST), dive)]
    #[serde(default)]
    lines: Vec<Line>,
    /// The conversation's where one is given.
    #[garde(skip)]
    contact_id: Option<ContactId>,
    #[garde(skip)]
    account_id: Option<AccountId>,
    /// The caller where it is absent, nobody where it is `null`.
    #[serde(default, deserialize_with = "extract::present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<UserId>)]
    #[garde(skip)]
    owner_id: Option<Option<UserId>>,
    #[garde(skip)]
    expected_close: Option<NaiveDate>,
    #[garde(length(max = 50))]
    #[serde(default)]
    tags: Vec<String>,
    /// Flat: texts, numbers, booleans.
    #[garde(skip)]
    #[serde(default)]
    #[schema(value_type = Object)]
    attributes: Map<String, Value>,
    /// Where it is talked about.
    #[garde(skip)]
    conversation_id: Option<ConversationId>,
}

#[utoipa::path(post, path = "/deals", operation_id = "create_deal", tag = "deals", request_body = NewDeal,
    responses((status = 201, body = Deal), Problems))]
async fn create(agent: Agent, key: IdempotencyKey, Json(body): Json<NewDeal>) -> Result<Response> {
    let (mut tx, member) = agent.begin(May::WriteDeals).await?;
    let fresh = match key.begin(&mut tx, &member, "deals.create", &body).await? {
        Ok(fresh) => fresh,
        Err(answer) => return Ok(answer),
    };
    let conversation = match body.conversation_id {
        Some(id) => Some((id, conversation::find(&mut tx, &member, id).await?.contact.id)),
        None => None,
    };
    let deal = deal_make::create(&mut tx, &member, plan(body, conversation)).await?;
    let answer = fresh.answer(&mut tx, StatusCode::CREATED, &deal).await?;
    tx.commit().await?;
    Ok(answer)
}

fn plan(body: NewDeal, conversation: Option<(ConversationId, ContactId)>) -> Plan {
    Plan {
        pipeline_id: body.pipeline_id,
        stage_id: body.stage_id,
        title: body.title.trim().to_owned(),
        value: body.value,
        lines: body.lines,
        contact_id: body.contact_id,
        account_id: body.account_id,
        owner_id: body.owner_id,
        expected_close: body.expected_close,
        tags: body.tags,
        attributes: body.attributes,
        conversation,
    }
}

#[utoipa::path(get, path = "/deals/{id}", operation_id = "get_deal", tag = "deals",
    params(("id" = DealId, Path,)), responses((status = 200, body = Deal), Problems))]
async fn show(agent: Agent, Path(id): Path<DealId>) -> Result<Json<Deal>> {
    let (mut tx, _) = agent.begin(May::ReadDeals).await?;
    Ok(Json(deal::find(&mut tx, id).await?))
}

/// Fields that are absent stay as they are; `null` empties.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct DealChange {
    #[garde(inner(custom(text), length(chars, max = 200)))]
    title: Option<String>,
    /// Not where the deal has lines.
    #[garde(skip)]
    value: Option<Money>,
    /// All of them.
    #[garde(custom(few_lines), dive)]
    lines: Option<Vec<Line>>,
    /// Also one of another pipeline.
    #[garde(skip)]
    stage_id: Option<StageId>,
    /// Puts the deal directly below this one, or with `null` on top of its stage.
    #[serde(default, deserialize_with = "extract::present")]
    #[schema(value_type = Option<DealId>)]
    #[garde(skip)]
    below: Option<Option<DealId>>,
    #[serde(default, deserialize_with = "extract::present")]
    #[schema(value_type = Option<ContactId>)]
    #[garde(skip)]
    contact_id: Option<Option<ContactId>>,
    #[serde(default, deserialize_with = "extract::present")]
    #[schema(value_type = Option<AccountId>)]
    #[garde(skip)]
    account_id: Option<Option<AccountId>>,
    #[serde(default, deserialize_with = "extract::present")]
    #[schema(value_type = Option<UserId>)]
    #[garde(skip)]
    owner_id: Option<Option<UserId>>,
    #[serde(default, deserialize_with = "extract::present")]
    #[schema(value_type = Option<NaiveDate>)]
    #[garde(skip)]
    expected_close: Option<Option<NaiveDate>>,
    /// Of a lost deal; gone once it is taken up again.
    #[serde(default, deserialize_with = "extract::present")]
    #[schema(value_type = Option<String>)]
    #[garde(inner(inner(length(chars, max = 500))))]
    lost_reason: Option<Option<String>>,
    #[garde(length(max = 50))]
    tags: Option<Vec<String>>,
    /// Given keys are set, `null` removes one.
    #[garde(skip)]
    #[schema(value_type = Option<Object>)]
    attributes: Option<Map<String, Value>>,
    /// The version that the caller has seen.
    #[garde(skip)]
    version: Option<i32>,
}

fn few_lines(lines: &Option<Vec<Line>>, (): &()) -> garde::Result {
    match lines {
        Some(lines) if lines.len() > line::MOST => {
            Err(garde::Error::new(format!("at most {} lines", line::MOST)))
        }
        _ => Ok(()),
    }
}

/// Corrects, or moves along. 409 with the current state when the version is another.
#[utoipa::path(patch, path = "/deals/{id}", operation_id = "update_deal", tag = "deals",
    params(("id" = DealId, Path,)), request_body = DealChange, responses((status = 200, body = Deal), Problems))]
async fn update(agent: Agent, Path(id): Path<DealId>, Json(body): Json<DealChange>) -> Result<Json<Deal>> {
    let (mut tx, member) = agent.begin(May::WriteDeals).await?;
    let change = Change {
        title: body.title.map(|title| title.trim().to_owned()),
        value: body.value,
        lines: body.lines,
        stage_id: body.stage_id,
        spot: body.below.map(|below| below.map_or(Spot::Top, Spot::Below)),
        contact_id: body.contact_id,
        account_id: body.account_id,
        owner_id: body.owner_id,
        expected_close: body.expected_close,
        lost_reason: body.lost_reason,
        tags: body.tags,
        attributes: body.attributes,
        version: body.version,
    };
    let deal = deal_change::apply(&mut tx, &member, id, &change).await?;
    tx.commit().await?;
    Ok(Json(deal))
}

/// Can be taken back with `restore`.
#[utoipa::path(delete, path = "/deals/{id}", operation_id = "delete_deal", tag = "deals",
    params(("id" = DealId, Path,)), responses((status = 204, description = "Deleted"), Problems))]
async fn remove(agent: Agent, Path(id): Path<DealId>) -> Result<StatusCode> {
    let (mut tx, member) = agent.begin(May::DeleteDeals).await?;
    deal_change::delete(&mut tx, &member, id).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

#[utoipa::path(post, path = "/deals/{id}/restore", operation_id = "restore_deal", tag = "deals",
    params(("id" = DealId, Path,)), responses((status = 200, body = Deal), Problems))]
async fn restore(agent: Agent, Path(id): Path<DealId>) -> Result<Json<Deal>> {
    let (mut tx, member) = agent.begin(May::DeleteDeals).await?;
    let deal = deal_change::restore(&mut tx, &member, id).await?;
    tx.commit().await?;
    Ok(Json(deal))
}

/// The deal is talked about in this conversation, too.
#[utoipa::path(put, path = "/deals/{id}/conversations/{conversation_id}", operation_id = "link_deal", tag = "deals",
    params(("id" = DealId, Path,), ("conversation_id" = ConversationId, Path,)),
    responses((status = 200, body = Deal), Problems))]
async fn link(agent: Agent, Path((id, talk)): Path<(DealId, ConversationId)>) -> Result<Json<Deal>> {
    let (mut tx, member) = agent.begin(May::WriteDeals).await?;
    conversation::find(&mut tx, &member, talk).await?;
    let deal = deal_talk::link(&mut tx, &member, id, talk).await?;
    tx.commit().await?;
    Ok(Json(deal))
}

#[utoipa::path(delete, path = "/deals/{id}/conversations/{conversation_id}", operation_id = "unlink_deal", tag = "deals",
    params(("id" = DealId, Path,), ("conversation_id" = ConversationId, Path,)),
    responses((status = 200, body = Deal), Problems))]
async fn unlink(agent: Agent, Path((id, talk)): Path<(DealId, ConversationId)>) -> Result<Json<Deal>> {
    let (mut tx, member) = agent.begin(May::WriteDeals).await?;
    let deal = deal_talk::unlink(&mut tx, &member, id, talk).await?;
    tx.commit().await?;
    Ok(Json(deal))
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct OfContact {
    #[garde(skip)]
    cursor: Option<String>,
    #[garde(skip)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<Limit>,
}

/// A contact's deals, newest first.
#[utoipa::path(get, path = "/contacts/{id}/deals", operation_id = "list_contact_deals", tag = "contacts",
    params(("id" = ContactId, Path,), OfContact), responses((status = 200, body = Page<Deal>), Problems))]
async fn of_contact(
    agent: Agent,
    Path(id): Path<ContactId>,
    Query(query): Query<OfContact>,
) -> Result<Json<Page<Deal>>> {
    let after: Option<Position> = read_cursor(query.cursor.as_deref())?;
    let limit = query.limit.unwrap_or_default();
    let (mut tx, _) = agent.begin(May::ReadDeals).await?;
    known(&mut tx, id).await?;
    let filter = Filter { contact_id: Some(id), ..Filter::default() };
    let rows = deal_list::list(&mut tx, &filter, Order::Newest, after, limit.with_next()).await?;
    Ok(Json(Page::cut(rows, limit, |row| Position::of(row, Order::Newest))))
}

async fn known(tx: &mut Tx, id: ContactId) -> Result<()> {
    crate::inbox::contact::find(tx, id).await.map(drop)
}
