//! Pipelines, with their stages inside.

use axum::{http::StatusCode, response::Response};
use chrono::NaiveDate;
use garde::Validate;
use payments::Currency;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    access::{agent::Agent, permission::May},
    app::App,
    db::Tx,
    deals::{
        deal_list::Filter,
        pipeline::{self, Change, Pipeline, StageKind, StagePlan},
        totals::{self, StageTotal},
    },
    error::{Error, Problems, Result},
    http::{
        extract::{self, Json, Path, Query, text},
        idempotency::IdempotencyKey,
        page::Page,
    },
    ids::{AccountId, ContactId, PipelineId, StageId, UserId},
    realtime::event::{EventKind, NewEvent},
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, update, remove))
        .routes(routes!(totals))
}

#[utoipa::path(get, path = "/pipelines", operation_id = "list_pipelines", tag = "deals",
    responses((status = 200, body = Page<Pipeline>), Problems))]
async fn list(agent: Agent) -> Result<Json<Page<Pipeline>>> {
    let (mut tx, _) = agent.begin(May::ReadDeals).await?;
    Ok(Json(Page::whole(pipeline::list(&mut tx).await?)))
}

#[derive(Clone, Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct StageForm {
    /// Without one it is a new stage.
    #[garde(skip)]
    id: Option<StageId>,
    #[garde(custom(text), length(chars, max = 60))]
    name: String,
    /// A role of the palette, as labels have it.
    #[garde(length(min = 1, max = 20), pattern(r"^[a-z-]+$"))]
    #[serde(default = "grey")]
    color: String,
    #[garde(skip)]
    #[serde(default)]
    kind: StageKind,
    /// Of open stages; a won one has 100, a lost one 0.
    #[garde(range(min = 0, max = 100))]
    #[serde(default)]
    probability: i16,
    #[garde(inner(range(min = 1, max = 3650)))]
    stale_after_days: Option<i32>,
}

/// Most stages of one pipeline.
const MOST_STAGES: usize = 30;

fn some_stages(stages: &Option<Vec<StageForm>>, (): &()) -> garde::Result {
    match stages {
        Some(stages) if !(1..=MOST_STAGES).contains(&stages.len()) => {
            Err(garde::Error::new(format!("1 to {MOST_STAGES} stages")))
        }
        _ => Ok(()),
    }
}

fn grey() -> String {
    "grey".to_owned()
}

impl From<StageForm> for StagePlan {
    fn from(form: StageForm) -> Self {
        Self {
            id: form.id,
            name: form.name.trim().to_owned(),
            color: form.color,
            kind: form.kind,
            probability: form.probability,
            stale_after_days: form.stale_after_days,
        }
    }
}

#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPipeline {
    #[garde(custom(text), length(chars, max = 60))]
    name: String,
    /// An ISO 4217 code.
    #[garde(length(max = 3))]
    currency: String,
    /// In the order of the board; absent: the usual ones.
    #[garde(custom(some_stages), dive)]
    stages: Option<Vec<StageForm>>,
}

#[utoipa::path(post, path = "/pipelines", operation_id = "create_pipeline", tag = "deals", request_body = NewPipeline,
    responses((status = 201, body = Pipeline), Problems))]
async fn create(agent: Agent, key: IdempotencyKey, Json(body): Json<NewPipeline>) -> Result<Response> {
    let (mut tx, member) = agent.begin(May::WritePipelines).await?;
    let fresh = match key.begin(&mut tx, &member, "pipelines.create", &body).await? {
        Ok(fresh) => fresh,
        Err(answer) => return Ok(answer),
    };
    let currency = currency(&body.currency)?;
    let stages: Vec<StagePlan> = match body.stages {
        // Ids are given out here.
        Some(stages) => stages.into_iter().map(|stage| StagePlan { id: None, ..stage.into() }).collect(),
        None => pipeline::usual_stages(),
    };
    let pipeline = pipeline::create(&mut tx, body.name.trim(), currency, &stages).await?;
    tell(&mut tx);
    let answer = fresh.answer(&mut tx, StatusCode::CREATED, &pipeline).await?;
    tx.commit().await?;
    Ok(answer)
}

#[utoipa::path(get, path = "/pipelines/{id}", operation_id = "get_pipeline", tag = "deals",
    params(("id" = PipelineId, Path,)), responses((status = 200, body = Pipeline), Problems))]
async fn show(agent: Agent, Path(id): Path<PipelineId>) -> Result<Json<Pipeline>> {
    let (mut tx, _) = agent.begin(May::ReadDeals).await?;
    Ok(Json(pipeline::find(&mut tx, id).await?))
}

/// Fields that are absent stay as they are.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct PipelineChange {
    #[garde(inner(custom(text), length(chars, max = 60)))]
    name: Option<String>,
    #[garde(inner(length(max = 3)))]
    currency: Option<String>,
    /// Where it stands among the others, from 0.
    #[garde(inner(range(min = 0, max = 1000)))]
    position: Option<i32>,
    /// All stages in their new order, those that stay with their ids. A stage that is not named goes, if no deal is in it.
    #[garde(custom(some_stages), dive)]
    stages: Option<Vec<StageForm>>,
    /// Where deals go that were paid for; `null`: they stay.
    #[serde(default, deserialize_with = "extract::present")]
    #[schema(value_type = Option<StageId>)]
    #[garde(skip)]
    on_paid_stage_id: Option<Option<StageId>>,
    /// The version that the caller has seen.
    #[garde(skip)]
    version: Option<i32>,
}

/// 409 with the current state when the version is another, and when a stage that goes has deals.
#[utoipa::path(patch, path = "/pipelines/{id}", operation_id = "update_pipeline", tag = "deals",
    params(("id" = PipelineId, Path,)), request_body = PipelineChange, responses((status = 200, body = Pipeline), Problems))]
async fn update(
    agent: Agent,
    Path(id): Path<PipelineId>,
    Json(body): Json<PipelineChange>,
) -> Result<Json<Pipeline>> {
    let (mut tx, _) = agent.begin(May::WritePipelines).await?;
    let change = Change {
        name: body.name.map(|name| name.trim().to_owned()),
        currency: body.currency.map(|code| currency(&code)).transpose()?,
        position: body.position,
        stages: body.stages.map(|stages| stages.into_iter().map(Into::into).collect()),
        on_paid_stage_id: body.on_paid_stage_id,
        version: body.version,
    };
    let pipeline = pipeline::change(&mut tx, id, &change).await?;
    tell(&mut tx);
    tx.commit().await?;
    Ok(Json(pipeline))
}

/// 409 while it has deals.
#[utoipa::path(delete, path = "/pipelines/{id}", operation_id = "delete_pipeline", tag = "deals",
    params(("id" = PipelineId, Path,)), responses((status = 204, description = "Deleted"), Problems))]
async fn remove(agent: Agent, Path(id): Path<PipelineId>) -> Result<StatusCode> {
    let (mut tx, _) = agent.begin(May::WritePipelines).await?;
    pipeline::delete(&mut tx, id).await?;
    tell(&mut tx);
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Totals {
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
    #[garde(skip)]
    stale: Option<bool>,
}

/// Deals and money of each stage, by currency, and what of it may be expected.
#[utoipa::path(get, path = "/pipelines/{id}/totals", operation_id = "get_pipeline_totals", tag = "deals",
    params(("id" = PipelineId, Path,), Totals), responses((status = 200, body = Page<StageTotal>), Problems))]
async fn totals(
    agent: Agent,
    Path(id): Path<PipelineId>,
    Query(query): Query<Totals>,
) -> Result<Json<Page<StageTotal>>> {
    let filter = Filter {
        pipeline_id: Some(id),
        status: query.status,
        owner_id: query.owner_id,
        unowned: query.unowned.unwrap_or_default(),
        contact_id: query.contact_id,
        account_id: query.account_id,
        tag: query.tag,
        text: query.q,
        closing_before: query.closing_before,
        value_from: query.value_from,
        value_to: query.value_to,
        stale: query.stale.unwrap_or_default(),
        ..Filter::default()
    };
    let (mut tx, _) = agent.begin(May::ReadDeals).await?;
    pipeline::find(&mut tx, id).await?;
    Ok(Json(Page::whole(totals::by_stage(&mut tx, &filter).await?)))
}

fn currency(text: &str) -> Result<Currency> {
    text.parse()
        .map_err(|error: payments::UnknownCurrency| Error::invalid_field("currency", error.to_string()))
}

fn tell(tx: &mut Tx) {
    tx.tell(NewEvent::everybody(EventKind::SettingsUpdated, &json!({"what": "pipelines"})));
}
