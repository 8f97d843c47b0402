//! Pipelines: boards of stages, which deals move along.

use chrono::{DateTime, Utc};
use payments::Currency;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    db::Tx,
    error::{Error, FieldError, Result},
    ids::{PipelineId, StageId},
};

/// Most pipelines of an organization.
const MOST: i64 = 50;

#[derive(Clone, Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct Pipeline {
    pub id: PipelineId,
    pub name: String,
    /// Of new deals, where nothing else is said; an ISO 4217 code.
    pub currency: String,
    /// In the order of the board.
    #[sqlx(json)]
    pub stages: Vec<Stage>,
    /// Where deals go that were paid for; `null`: they stay.
    pub on_paid_stage_id: Option<StageId>,
    pub version: i32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Stage {
    pub id: StageId,
    pub name: String,
    /// A role of the palette, as labels have it.
    pub color: String,
    pub kind: StageKind,
    /// That a deal in this stage is won, in percent.
    pub probability: i16,
    /// A deal to which nothing happens for so many days is stale; `null`: never.
    pub stale_after_days: Option<i32>,
}

/// What being in a stage means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum StageKind {
    #[default]
    Open,
    Won,
    Lost,
}

/// A stage as it is to be; without an id a new one.
#[derive(Clone, Debug)]
pub struct StagePlan {
    pub id: Option<StageId>,
    pub name: String,
    pub color: String,
    pub kind: StageKind,
    /// Counts in open stages; a won one has 100, a lost one 0.
    pub probability: i16,
    pub stale_after_days: Option<i32>,
}

/// What is to be changed; `None` leaves it as it is.
#[derive(Clone, Debug, Default)]
pub struct Change {
    pub name: Option<String>,
    pub currency: Option<Currency>,
    /// Where it stands among the others, from 0.
    pub position: Option<i32>,
    /// All of them, in their new order. Who is not named goes.
    pub stages: Option<Vec<StagePlan>>,
    pub on_paid_stage_id: Option<Option<StageId>>,
    /// Refused with the current state when the pipeline has another version.
    pub version: Option<i32>,
}

const SELECT: &str = "select p.id, p.name, p.currency, p.on_paid_stage_id, p.version, p.created_at, p.updated_at,
    coalesce((select jsonb_agg(jsonb_build_object('id', s.id, 'name', s.name, 'color', s.color, 'kind', s.kind,
                                                  'probability', s.probability, 'stale_after_days', s.stale_after_days)
                               order by s.position)
              from stages s where s.organization_id = p.organization_id and s.pipeline_id = p.id), '[]') as stages
    from pipelines p where p.organization_id = $1";

/// The stages that a board begins with.
pub fn usual_stages() -> Vec<StagePlan> {
    let stage = |name: &str, color: &str, kind, probability, stale_after_days| StagePlan {
        id: None,
        name: name.to_owned(),
        color: color.to_owned(),
        kind,
        probability,
        stale_after_days,
    };
    vec![
        stage("New", "grey", StageKind::Open, 10, Some(3)),
        stage("Qualified", "blue", StageKind::Open, 30, Some(7)),
        stage("Offer sent", "purple", StageKind::Open, 60, Some(7)),
        stage("Negotiation", "orange", StageKind::Open, 80, Some(7)),
        stage("Won", "green", StageKind::Won, 100, None),
        stage("Lost", "red", StageKind::Lost, 0, None),
    ]
}

/// All of them, in their order.
pub async fn list(tx: &mut Tx) -> Result<Vec<Pipeline>> {
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(format!("{SELECT} order by p.position, p.id")))
        .bind(tx.organization())
        .fetch_all(tx.sql())
        .await?)
}

pub async fn find(tx: &mut Tx, id: PipelineId) -> Result<Pipeline> {
    let found: Option<Pipeline> = sqlx::query_as(sqlx::AssertSqlSafe(format!("{SELECT} and p.id = $2")))
        .bind(tx.organization())
        .bind(id)
        .fetch_optional(tx.sql())
        .await?;
    found.ok_or_else(|| Error::not_found("pipeline"))
}

/// 409 when the name is taken.
pub async fn create(tx: &mut Tx, name: &str, currency: Currency, stages: &[StagePlan]) -> Result<Pipeline> {
    check(stages)?;
    let id = PipelineId::new();
    let made = sqlx::query(
        "insert into pipelines (organization_id, id, name, currency, position)
         select $1, $2, $3, $4, coalesce(max(position) + 1, 0) from pipelines where organization_id = $1 having count(*) < $5",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(name)
    .bind(currency.as_str())
    .bind(MOST)
    .execute(tx.sql())
    .await
    .map_err(taken)?;
    if made.rows_affected() == 0 {
        let detail = format!("An organization has at most {MOST} pipelines.");
        return Err(Error::unprocessable("too_many_pipelines", detail));
    }
    put_stages(tx, id, stages).await?;
    find(tx, id).await
}

/// 409 when the version is another, the name is taken, or a stage that goes has deals.
pub async fn change(tx: &mut Tx, id: PipelineId, change: &Change) -> Result<Pipeline> {
    lock(tx, id).await?;
    let before = find(tx, id).await?;
    if change.version.is_some_and(|version| version != before.version) {
        return Err(Error::version_conflict(&before));
    }
    sqlx::query(
        "update pipelines set name = coalesce($3, name), currency = coalesce($4, currency), version = version + 1, updated_at = now()
         where organization_id = $1 and id = $2",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(change.name.as_deref())
    .bind(change.currency.as_ref().map(Currency::as_str))
    .execute(tx.sql())
    .await
    .map_err(taken)?;
    if let Some(position) = change.position {
        move_to(tx, id, position).await?;
    }
    if let Some(stages) = &change.stages {
        check(stages)?;
        let known = |id: &StageId| before.stages.iter().any(|stage| stage.id == *id);
        if let Some(place) = stages.iter().position(|stage| stage.id.is_some_and(|id| !known(&id))) {
            return Err(Error::invalid_field(
                &format!("stages[{place}].id"),
                "This pipeline has no such stage.",
            ));
        }
        put_stages(tx, id, stages).await?;
    }
    if let Some(stage) = change.on_paid_stage_id {
        set_paid_stage(tx, id, stage).await?;
    }
    find(tx, id).await
}

async fn set_paid_stage(tx: &mut Tx, id: PipelineId, stage: Option<StageId>) -> Result<()> {
    let done = sqlx::query(
        "update pipelines set on_paid_stage_id = $3
         where organization_id = $1 and id = $2
           and ($3 is null or exists (select from stages where organization_id = $1 and pipeline_id = $2 and id = $3))",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(stage)
    .execute(tx.sql())
    .await?;
    match done.rows_affected() {
        0 => Err(Error::invalid_field("on_paid_stage_id", "This pipeline has no such stage.")),
        _ => Ok(()),
    }
}

/// 409 while it has deals, also deleted ones, which could be restored.
pub async fn delete(tx: &mut Tx, id: PipelineId) -> Result<()> {
    lock(tx, id).await?;
    find(tx, id).await?;
    let done = sqlx::query("delete from pipelines where organization_id = $1 and id = $2")
        .bind(tx.organization())
        .bind(id)
        .execute(tx.sql())
        .await;
    match done.map_err(Error::from) {
        Ok(_) => Ok(()),
        Err(error)
            if error.breaks("deals_organization_id_pipeline_id_fkey") || error.breaks(STAGE_OF_DEALS) =>
        {
            let detail = "This pipeline has deals. Move them to another one first, the deleted ones too.";
            Err(Error::conflict("pipeline_in_use", detail))
        }
        Err(error) => Err(error),
    }
}

const STAGE_OF_DEALS: &str = "deals_organization_id_stage_id_fkey";

async fn lock(tx: &mut Tx, id: PipelineId) -> Result<()> {
    sqlx::query("select from pipelines where organization_id = $1 and id = $2 for update")
        .bind(tx.organization())
        .bind(id)
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// Numbers all pipelines anew with this one at its place.
async fn move_to(tx: &mut Tx, id: PipelineId, position: i32) -> Result<()> {
    sqlx::query(
        "update pipelines p set position = placed.n
         from (select id, row_number() over (order by case when id = $2 then $3 * 2 - 1 else n * 2 end) - 1 as n
               from (select id, row_number() over (order by position, id) - 1 as n
                     from pipelines where organization_id = $1 and id <> $2
                     union all select $2, 0) as numbered) as placed
         where p.organization_id = $1 and p.id = placed.id",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(position)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Makes, changes, orders and removes them, so that the pipeline has exactly these.
async fn put_stages(tx: &mut Tx, pipeline: PipelineId, stages: &[StagePlan]) -> Result<()> {
    let ids: Vec<_> = stages.iter().map(|stage| stage.id.unwrap_or_default()).collect();
    let gone = sqlx::query(
        "delete from stages where organization_id = $1 and pipeline_id = $2 and not id = any($3)",
    )
    .bind(tx.organization())
    .bind(pipeline)
    .bind(&ids)
    .execute(tx.sql())
    .await;
    match gone.map_err(Error::from) {
        Ok(_) => {}
        Err(error) if error.breaks(STAGE_OF_DEALS) => {
            let detail =
                "A stage that is to go has deals. Move them to another stage first, the deleted ones too.";
            return Err(Error::conflict("stage_in_use", detail));
        }
        Err(error) => return Err(error),
    }
    let probability = |stage: &StagePlan| match stage.kind {
        StageKind::Open => stage.probability,
        StageKind::Won => 100,
        StageKind::Lost => 0,
    };
    let stale = |stage: &StagePlan| stage.stale_after_days.filter(|_| stage.kind == StageKind::Open);
    sqlx::query(
        "insert into stages (organization_id, id, pipeline_id, position, name, color, kind, probability, stale_after_days)
         select $1, news.id, $2, news.place, news.name, news.color, news.kind, news.probability, news.stale
         from unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::smallint[], $8::integer[]) with ordinality
              as news (id, name, color, kind, probability, stale, place)
         on conflict (organization_id, id) do update
         set position = excluded.position, name = excluded.name, color = excluded.color, kind = excluded.kind,
             probability = excluded.probability, stale_after_days = excluded.stale_after_days",
    )
    .bind(tx.organization())
    .bind(pipeline)
    .bind(&ids)
    .bind(stages.iter().map(|stage| stage.name.as_str()).collect::<Vec<_>>())
    .bind(stages.iter().map(|stage| stage.color.as_str()).collect::<Vec<_>>())
    .bind(stages.iter().map(|stage| stage.kind.as_str()).collect::<Vec<_>>())
    .bind(stages.iter().map(probability).collect::<Vec<_>>())
    .bind(stages.iter().map(stale).collect::<Vec<_>>())
    .execute(tx.sql())
    .await?;
    close(tx, pipeline).await
}

/// Deals are over where their stage says so now, and no longer where it says so no more.
async fn close(tx: &mut Tx, pipeline: PipelineId) -> Result<()> {
    sqlx::query(
        "update deals d set closed_at = case when s.kind <> 'open' then now() end,
             lost_reason = case when s.kind = 'lost' then d.lost_reason end, version = d.version + 1, updated_at = now()
         from stages s
         where d.organization_id = $1 and d.pipeline_id = $2 and s.organization_id = $1 and s.id = d.stage_id
           and (d.closed_at is null) <> (s.kind = 'open')",
    )
    .bind(tx.organization())
    .bind(pipeline)
    .execute(tx.sql())
    .await?;
    Ok(())
}

impl StageKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Won => "won",
            Self::Lost => "lost",
        }
    }
}

/// Sizes are the request's to check.
fn check(stages: &[StagePlan]) -> Result<()> {
    let mut errors = Vec::new();
    if !stages.iter().any(|stage| stage.kind == StageKind::Open) {
        let detail = "A pipeline has an open stage, where deals begin.".into();
        errors.push(FieldError { field: "stages".into(), detail });
    }
    for (place, stage) in stages.iter().enumerate() {
        let twice = |other: &StagePlan| {
            other.name.to_lowercase() == stage.name.to_lowercase()
                || (other.id.is_some() && other.id == stage.id)
        };
        if stages.iter().take(place).any(twice) {
            let detail = "This stage is there twice.".into();
            errors.push(FieldError { field: format!("stages[{place}].name"), detail });
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(Error::invalid(errors)) }
}

fn taken(error: sqlx::Error) -> Error {
    match Error::from(error) {
        error if error.breaks("pipelines_name") => {
            Error::conflict("name_taken", "There is a pipeline with this name already.")
        }
        error => error,
    }
}
