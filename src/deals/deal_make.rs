//! New deals.

use chrono::NaiveDate;
use payments::Money;
use serde_json::{Map, Value, json};

use super::{
    activity::{self, Fact, Turned},
    deal::Deal,
    deal_change::{known_contact, may_own, priced, stage_named, tell, unknown},
    deal_talk,
    field::{self, About},
    line::Line,
    pipeline::{self, Pipeline, Stage, StageKind},
    place::{self, Spot},
};
use crate::{
    access::agent::Member,
    attributes,
    db::Tx,
    error::{Error, Result},
    ids::{AccountId, ContactId, ConversationId, DealId, PipelineId, StageId, UserId},
};

/// A deal to be made. What is not said is the pipeline's: the first one, its first open stage, its currency.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub pipeline_id: Option<PipelineId>,
    pub stage_id: Option<StageId>,
    pub title: String,
    pub value: Option<Money>,
    pub lines: Vec<Line>,
    pub contact_id: Option<ContactId>,
    pub account_id: Option<AccountId>,
    /// `None`: whoever makes it.
    pub owner_id: Option<Option<UserId>>,
    pub expected_close: Option<NaiveDate>,
    pub tags: Vec<String>,
    pub attributes: Map<String, Value>,
    /// One that the member sees, with its contact.
    pub conversation: Option<(ConversationId, ContactId)>,
}

pub async fn create(tx: &mut Tx, member: &Member, plan: Plan) -> Result<Deal> {
    make(tx, Some(member), plan).await
}

/// `None`: in nobody's name, and whoever the plan says may own it.
pub(super) async fn make(tx: &mut Tx, member: Option<&Member>, plan: Plan) -> Result<Deal> {
    let pipeline = begin_in(tx, plan.pipeline_id, plan.stage_id).await?;
    let stage = match plan.stage_id {
        Some(id) => stage_of(&pipeline, id)?,
        None => first_open(&pipeline)?,
    };
    let mut errors = Vec::new();
    attributes::check_tags(Some(&plan.tags), &mut errors);
    let attributes = attributes::changed(&Map::new(), Some(&plan.attributes), &mut errors);
    field::check(tx, About::Deal, Some(&plan.attributes), &mut errors).await?;
    if !errors.is_empty() {
        return Err(Error::invalid(errors));
    }
    // Whoever won it elsewhere was not asked for what is to be known of it.
    if member.is_some() && stage.kind == StageKind::Won {
        field::complete(tx, &attributes, None).await?;
    }
    let usual = pipeline.currency.parse().map_err(|error| Error::Internal(format!("{error}")))?;
    let value = priced(plan.value.unwrap_or(Money::zero(usual)), &plan.lines)?;
    let maker = member.map(|member| member.user_id);
    let owner = plan.owner_id.unwrap_or(maker);
    if let Some(member) = member {
        may_own(tx, member, None, owner).await?;
    }
    known_contact(tx, plan.contact_id).await?;
    let id = DealId::new();
    let rank = place::rank(tx, stage.id, Spot::Top, id).await?;
    sqlx::query(
        "insert into deals (organization_id, id, pipeline_id, stage_id, rank, title, value, currency, lines, contact_id, account_id,
                            owner_id, expected_close, tags, attributes, closed_at, created_by)
         values ($1, $2, $3, $4, $5::text::numeric, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, case when $16 then now() end, $17)",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(pipeline.id)
    .bind(stage.id)
    .bind(rank)
    .bind(&plan.title)
    .bind(value.minor)
    .bind(value.currency.as_str())
    .bind(json!(plan.lines))
    .bind(plan.contact_id.or(plan.conversation.map(|conversation| conversation.1)))
    .bind(plan.account_id)
    .bind(owner)
    .bind(plan.expected_close)
    .bind(&plan.tags)
    .bind(Value::Object(attributes))
    .bind(stage.kind != StageKind::Open)
    .bind(maker)
    .execute(tx.sql())
    .await
    .map_err(unknown)?;
    if let Some((conversation, _)) = plan.conversation {
        deal_talk::tie(tx, id, conversation).await?;
    }
    activity::note_down(tx, maker, &[Fact::new(id, "created", None, Some(Turned::Stage(stage.clone())))])
        .await?;
    tell(tx, member, id).await
}

async fn begin_in(tx: &mut Tx, pipeline: Option<PipelineId>, stage: Option<StageId>) -> Result<Pipeline> {
    let pipeline = match (pipeline, stage) {
        (Some(id), _) => Some(id),
        (None, Some(stage)) => Some(stage_named(tx, stage).await?.1),
        (None, None) => None,
    };
    match pipeline {
        Some(id) => match pipeline::find(tx, id).await {
            Err(Error::Problem(problem)) if problem.status == 404 => {
                Err(Error::invalid_field("pipeline_id", "There is no such pipeline."))
            }
            found => found,
        },
        None => {
            pipeline::list(tx).await?.into_iter().next().ok_or_else(|| {
                Error::unprocessable("no_pipeline", "Deals stand in a pipeline. Make one first.")
            })
        }
    }
}

fn stage_of(pipeline: &Pipeline, id: StageId) -> Result<&Stage> {
    let found = pipeline.stages.iter().find(|stage| stage.id == id);
    found.ok_or_else(|| Error::invalid_field("stage_id", "This pipeline has no such stage."))
}

fn first_open(pipeline: &Pipeline) -> Result<&Stage> {
    let open = pipeline.stages.iter().find(|stage| stage.kind == StageKind::Open);
    open.ok_or_else(|| Error::Internal("a pipeline has no open stage".to_owned()))
}
