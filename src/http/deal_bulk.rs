//! Many deals at once: each is done for itself.

use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    access::{agent::Agent, permission::May},
    app::App,
    deals::{
        deal::{self, Deal},
        deal_change::{self, Change},
        deal_make::{self, Plan},
    },
    error::{Problem, Problems, Result},
    http::{
        extract::{self, Json, text},
        outcome::{Outcome, settle},
        page::Page,
    },
    ids::{ContactId, DealId, PipelineId, StageId, UserId},
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(create, update, remove))
}

/// What came of one item, as the single request would have answered.
#[derive(Debug, Serialize, ToSchema)]
struct DealOutcome {
    /// `null` of one that could not be made.
    id: Option<DealId>,
    status: u16,
    deal: Option<Deal>,
    problem: Option<Problem>,
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct DealsCreation {
    #[garde(length(min = 1, max = 200), dive)]
    deals: Vec<PlainDeal>,
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct PlainDeal {
    #[garde(skip)]
    pipeline_id: Option<PipelineId>,
    #[garde(skip)]
    stage_id: Option<StageId>,
    #[garde(custom(text), length(chars, max = 200))]
    title: String,
    #[garde(skip)]
    value: Option<payments::Money>,
    #[garde(skip)]
    contact_id: Option<ContactId>,
    #[garde(skip)]
    expected_close: Option<chrono::NaiveDate>,
    #[garde(length(max = 50))]
    #[serde(default)]
    tags: Vec<String>,
}

/// Makes up to 200 deals. The outcomes stand in the order of the request.
#[utoipa::path(post, path = "/deals/bulk", operation_id = "create_deals", tag = "deals",
    request_body = DealsCreation, responses((status = 200, body = Page<DealOutcome>), Problems))]
async fn create(agent: Agent, Json(body): Json<DealsCreation>) -> Result<Json<Page<DealOutcome>>> {
    let mut outcomes = Vec::with_capacity(body.deals.len());
    for deal in body.deals {
        let mut outcome = outcome(None, create_one(&agent, deal).await)?;
        outcome.id = outcome.deal.as_ref().map(|deal| deal.id);
        outcomes.push(outcome);
    }
    Ok(Json(Page::whole(outcomes)))
}

async fn create_one(agent: &Agent, deal: PlainDeal) -> Result<Option<Deal>> {
    let (mut tx, member) = agent.begin(May::WriteDeals).await?;
    let plan = Plan {
        pipeline_id: deal.pipeline_id,
        stage_id: deal.stage_id,
        title: deal.title.trim().to_owned(),
        value: deal.value,
        contact_id: deal.contact_id,
        expected_close: deal.expected_close,
        tags: deal.tags,
        ..Plan::default()
    };
    let deal = deal_make::create(&mut tx, &member, plan).await?;
    tx.commit().await?;
    Ok(Some(deal))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct DealsChange {
    #[garde(length(min = 1, max = 200))]
    ids: Vec<DealId>,
    #[garde(skip)]
    stage_id: Option<StageId>,
    #[serde(default, deserialize_with = "extract::present")]
    #[schema(value_type = Option<UserId>)]
    #[garde(skip)]
    owner_id: Option<Option<UserId>>,
    #[garde(inner(length(chars, max = 500)))]
    lost_reason: Option<String>,
    /// Added to the tags that each has.
    #[garde(length(max = 50))]
    #[serde(default)]
    add_tags: Vec<String>,
    #[garde(length(max = 50))]
    #[serde(default)]
    remove_tags: Vec<String>,
}

/// Changes up to 200 deals.
#[utoipa::path(patch, path = "/deals/bulk", operation_id = "update_deals", tag = "deals",
    request_body = DealsChange, responses((status = 200, body = Page<DealOutcome>), Problems))]
async fn update(agent: Agent, Json(body): Json<DealsChange>) -> Result<Json<Page<DealOutcome>>> {
    let mut outcomes = Vec::with_capacity(body.ids.len());
    for id in &body.ids {
        outcomes.push(outcome(Some(*id), update_one(&agent, *id, &body).await)?);
    }
    Ok(Json(Page::whole(outcomes)))
}

async fn update_one(agent: &Agent, id: DealId, body: &DealsChange) -> Result<Option<Deal>> {
    let (mut tx, member) = agent.begin(May::WriteDeals).await?;
    deal_change::lock(&mut tx, id).await?;
    let tags = if body.add_tags.is_empty() && body.remove_tags.is_empty() {
        None
    } else {
        let mut tags = deal::find(&mut tx, id).await?.tags;
        tags.retain(|tag| !body.remove_tags.contains(tag) && !body.add_tags.contains(tag));
        tags.extend(body.add_tags.iter().cloned());
        Some(tags)
    };
    let change = Change {
        stage_id: body.stage_id,
        owner_id: body.owner_id,
        lost_reason: body.lost_reason.clone().map(Some),
        tags,
        ..Change::default()
    };
    let deal = deal_change::apply(&mut tx, &member, id, &change).await?;
    tx.commit().await?;
    Ok(Some(deal))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct DealIds {
    #[garde(length(min = 1, max = 200))]
    ids: Vec<DealId>,
}

/// Deletes up to 200 deals; each can be restored.
#[utoipa::path(delete, path = "/deals/bulk", operation_id = "delete_deals", tag = "deals",
    request_body = DealIds, responses((status = 200, body = Page<DealOutcome>), Problems))]
async fn remove(agent: Agent, Json(body): Json<DealIds>) -> Result<Json<Page<DealOutcome>>> {
    let mut outcomes = Vec::with_capacity(body.ids.len());
    for id in body.ids {
        outcomes.push(outcome(Some(id), remove_one(&agent, id).await)?);
    }
    Ok(Json(Page::whole(outcomes)))
}

async fn remove_one(agent: &Agent, id: DealId) -> Result<Option<Deal>> {
    let (mut tx, member) = agent.begin(May::DeleteDeals).await?;
    deal_change::delete(&mut tx, &member, id).await?;
    tx.commit().await?;
    Ok(None)
}

fn outcome(id: Option<DealId>, result: Result<Option<Deal>>) -> Result<DealOutcome> {
    let Outcome { status, done, problem } = settle(result)?;
    Ok(DealOutcome { id, status, deal: done, problem })
}
