//! What people do with deals: making them, moving them along, correcting, deleting, taking back. Everybody is told, and what happened
//! is written down beside the deal.

use chrono::{DateTime, NaiveDate, Utc};
use payments::{Currency, Money};
use serde_json::{Map, Value, json};

use super::{
    activity::{self, Activity, Fact, Turned, Written},
    deal::{self, Deal},
    line::{self, Line},
    owner,
    pipeline::{self, Pipeline, Stage, StageKind},
    place::{self, Spot},
};
use crate::{
    access::{agent::Member, permission::May},
    attributes,
    db::Tx,
    error::{Error, Result},
    ids::{AccountId, ContactId, ConversationId, DealId, PipelineId, StageId, UserId},
    realtime::event::{EventKind, NewEvent},
};

/// Most conversations of one deal.
const MOST_CONVERSATIONS: i64 = 50;

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

/// What is to be changed; `None` leaves a field as it is, `Some(None)` empties it.
#[derive(Clone, Debug, Default)]
pub struct Change {
    pub title: Option<String>,
    pub value: Option<Money>,
    pub lines: Option<Vec<Line>>,
    /// Also of another pipeline.
    pub stage_id: Option<StageId>,
    /// Where in the stage; on top, where it comes into another stage and this is not said.
    pub spot: Option<Spot>,
    pub contact_id: Option<Option<ContactId>>,
    pub account_id: Option<Option<AccountId>>,
    pub owner_id: Option<Option<UserId>>,
    pub expected_close: Option<Option<NaiveDate>>,
    pub lost_reason: Option<Option<String>>,
    pub tags: Option<Vec<String>>,
    /// Given keys are set, `null` removes one.
    pub attributes: Option<Map<String, Value>>,
    /// Refused with the current state when the deal has another version.
    pub version: Option<i32>,
}

pub async fn create(tx: &mut Tx, member: &Member, plan: Plan) -> Result<Deal> {
    let pipeline = begin_in(tx, plan.pipeline_id, plan.stage_id).await?;
    let stage = match plan.stage_id {
        Some(id) => stage_of(&pipeline, id)?,
        None => first_open(&pipeline)?,
    };
    let mut errors = Vec::new();
    attributes::check_tags(Some(&plan.tags), &mut errors);
    let attributes = attributes::changed(&Map::new(), Some(&plan.attributes), &mut errors);
    if !errors.is_empty() {
        return Err(Error::invalid(errors));
    }
    let usual = pipeline.currency.parse().map_err(|error| Error::Internal(format!("{error}")))?;
    let value = priced(plan.value.unwrap_or(Money::zero(usual)), &plan.lines)?;
    let owner = plan.owner_id.unwrap_or(Some(member.user_id));
    may_own(tx, member, None, owner).await?;
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
    .bind(member.user_id)
    .execute(tx.sql())
    .await
    .map_err(unknown)?;
    if let Some((conversation, _)) = plan.conversation {
        link_row(tx, id, conversation).await?;
    }
    activity::note_down(
        tx,
        Some(member.user_id),
        &[Fact::new(id, "created", None, Some(Turned::Stage(stage.clone())))],
    )
    .await?;
    told(tx, member, id).await
}

/// 409 with the current state when the version is another.
pub async fn apply(tx: &mut Tx, member: &Member, id: DealId, change: &Change) -> Result<Deal> {
    lock(tx, id).await?;
    let before = deal::find(tx, id).await?;
    if change.version.is_some_and(|version| version != before.version) {
        return Err(Error::version_conflict(&before));
    }
    let mut facts = Vec::new();
    let attributes = checked(&before, change)?;
    let lines = change.lines.as_ref().unwrap_or(&before.lines);
    let value = priced(change.value.unwrap_or(before.value), lines)?;
    if change.value.is_some_and(|wanted| wanted != value && !lines.is_empty()) {
        return Err(Error::invalid_field("value", "This deal has lines: its value is their sum."));
    }
    if value != before.value {
        facts.push(Fact::new(id, "value", Some(Turned::Value(before.value)), Some(Turned::Value(value))));
    }
    if let Some(owner) = change.owner_id.filter(|owner| *owner != before.owner_id) {
        may_own(tx, member, before.owner_id, owner).await?;
        facts.push(Fact::new(id, "owner", before.owner_id.map(Turned::Owner), owner.map(Turned::Owner)));
    }
    sqlx::query(
        "update deals set title = coalesce($3, title), value = $4, currency = $5, lines = $6,
             contact_id = case when $7 then $8 else contact_id end, account_id = case when $9 then $10 else account_id end,
             owner_id = case when $11 then $12 else owner_id end, expected_close = case when $13 then $14 else expected_close end,
             lost_reason = case when $15 then $16 else lost_reason end, tags = coalesce($17, tags), attributes = $18,
             last_activity_at = now(), version = version + 1, updated_at = now()
         where organization_id = $1 and id = $2",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(change.title.as_deref())
    .bind(value.minor)
    .bind(value.currency.as_str())
    .bind(json!(lines))
    .bind(change.contact_id.is_some())
    .bind(change.contact_id.flatten())
    .bind(change.account_id.is_some())
    .bind(change.account_id.flatten())
    .bind(change.owner_id.is_some())
    .bind(change.owner_id.flatten())
    .bind(change.expected_close.is_some())
    .bind(change.expected_close.flatten())
    .bind(change.lost_reason.is_some())
    .bind(change.lost_reason.clone().flatten())
    .bind(change.tags.clone())
    .bind(Value::Object(attributes))
    .execute(tx.sql())
    .await
    .map_err(unknown)?;
    facts.extend(put(tx, &before, change).await?);
    activity::note_down(tx, Some(member.user_id), &facts).await?;
    told(tx, member, id).await
}

/// Out of the lists; [`restore`] brings it back to its place.
pub async fn delete(tx: &mut Tx, member: &Member, id: DealId) -> Result<()> {
    lock(tx, id).await?;
    deal::find(tx, id).await?;
    set_deleted(tx, member, id, true).await?;
    told(tx, member, id).await.map(drop)
}

pub async fn restore(tx: &mut Tx, member: &Member, id: DealId) -> Result<Deal> {
    lock(tx, id).await?;
    let before = deal::load(tx, &[id]).await?.pop().ok_or_else(|| Error::not_found("deal"))?;
    if before.deleted_at.is_none() {
        return Ok(before);
    }
    set_deleted(tx, member, id, false).await?;
    told(tx, member, id).await
}

/// What somebody writes down about a deal.
pub async fn write(
    tx: &mut Tx,
    member: &Member,
    id: DealId,
    kind: Written,
    text: &str,
    at: Option<DateTime<Utc>>,
) -> Result<Activity> {
    lock(tx, id).await?;
    deal::find(tx, id).await?;
    let written = activity::write(tx, member.user_id, id, kind, text, at).await?;
    touch(tx, id).await?;
    told(tx, member, id).await?;
    Ok(written)
}

/// Has the deal talked about in a conversation, which the member sees.
pub async fn link(tx: &mut Tx, member: &Member, id: DealId, conversation: ConversationId) -> Result<Deal> {
    lock(tx, id).await?;
    deal::find(tx, id).await?;
    link_row(tx, id, conversation).await?;
    touch(tx, id).await?;
    told(tx, member, id).await
}

pub async fn unlink(tx: &mut Tx, member: &Member, id: DealId, conversation: ConversationId) -> Result<Deal> {
    lock(tx, id).await?;
    deal::find(tx, id).await?;
    sqlx::query(
        "delete from deal_conversations where organization_id = $1 and deal_id = $2 and conversation_id = $3",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(conversation)
    .execute(tx.sql())
    .await?;
    touch(tx, id).await?;
    told(tx, member, id).await
}

/// Moves the deal where the change says. Answers what is to be written down.
async fn put(tx: &mut Tx, before: &Deal, change: &Change) -> Result<Option<Fact>> {
    let wanted = change.stage_id.unwrap_or(before.stage_id);
    let moves = wanted != before.stage_id;
    let Some(spot) = change.spot.or(moves.then_some(Spot::Top)) else { return Ok(None) };
    let rank = place::rank(tx, wanted, spot, before.id).await;
    if !moves {
        set_rank(tx, before.id, &rank?).await?;
        return Ok(None);
    }
    let (from, _) = stage_named(tx, before.stage_id).await?;
    let (to, pipeline) = stage_named(tx, wanted).await?;
    set_rank(tx, before.id, &rank?).await?;
    sqlx::query(
        "update deals set stage_id = $3, pipeline_id = $4, stage_entered_at = now(),
             closed_at = case when $5 = 'open' then null else now() end,
             lost_reason = case when $5 = 'lost' then lost_reason end
         where organization_id = $1 and id = $2",
    )
    .bind(tx.organization())
    .bind(before.id)
    .bind(wanted)
    .bind(pipeline)
    .bind(to.kind.as_str())
    .execute(tx.sql())
    .await?;
    Ok(Some(Fact::new(before.id, "stage", Some(Turned::Stage(from)), Some(Turned::Stage(to)))))
}

async fn set_rank(tx: &mut Tx, id: DealId, rank: &str) -> Result<()> {
    sqlx::query("update deals set rank = $3::text::numeric where organization_id = $1 and id = $2")
        .bind(tx.organization())
        .bind(id)
        .bind(rank)
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// Fields that need no look into the database. Answers the attributes as they are to be.
fn checked(before: &Deal, change: &Change) -> Result<Map<String, Value>> {
    let mut errors = Vec::new();
    attributes::check_tags(change.tags.as_deref(), &mut errors);
    let known = before.attributes.as_object().cloned().unwrap_or_default();
    let attributes = attributes::changed(&known, change.attributes.as_ref(), &mut errors);
    if errors.is_empty() { Ok(attributes) } else { Err(Error::invalid(errors)) }
}

/// The lines' sum where there are lines.
fn priced(value: Money, lines: &[Line]) -> Result<Money> {
    if value.minor < 0 {
        return Err(Error::invalid_field("value", "A deal is worth nothing or more."));
    }
    if lines.is_empty() { Ok(value) } else { line::sum(lines, value.currency) }
}

/// Agents take what nobody has and give back what they have; to others it is given by who may assign.
async fn may_own(tx: &mut Tx, member: &Member, before: Option<UserId>, after: Option<UserId>) -> Result<()> {
    let me = Some(member.user_id);
    let mine = (before.is_none() || before == me) && (after.is_none() || after == me);
    if !mine && !member.role.may(May::AssignDeals) {
        return Err(Error::forbidden(
            "Your role takes deals that nobody has; it does not give them to others.",
        ));
    }
    match after.filter(|_| after != me) {
        Some(user) => owner::check(tx, user).await,
        None => Ok(()),
    }
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

async fn stage_named(tx: &mut Tx, id: StageId) -> Result<(Stage, PipelineId)> {
    type Row = (PipelineId, String, String, StageKind, i16, Option<i32>);
    let row: Option<Row> = sqlx::query_as(
        "select pipeline_id, name, color, kind, probability, stale_after_days from stages where organization_id = $1 and id = $2",
    )
    .bind(tx.organization())
    .bind(id)
    .fetch_optional(tx.sql())
    .await?;
    let (pipeline, name, color, kind, probability, stale_after_days) =
        row.ok_or_else(|| Error::invalid_field("stage_id", "There is no such stage."))?;
    Ok((Stage { id, name, color, kind, probability, stale_after_days }, pipeline))
}

async fn link_row(tx: &mut Tx, id: DealId, conversation: ConversationId) -> Result<()> {
    let linked = sqlx::query(
        "insert into deal_conversations (organization_id, deal_id, conversation_id)
         select $1, $2, $3
         where (select count(*) from deal_conversations where organization_id = $1 and deal_id = $2) < $4
            or exists (select from deal_conversations where organization_id = $1 and deal_id = $2 and conversation_id = $3)
         on conflict (organization_id, deal_id, conversation_id) do update set conversation_id = excluded.conversation_id",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(conversation)
    .bind(MOST_CONVERSATIONS)
    .execute(tx.sql())
    .await?;
    if linked.rows_affected() == 0 {
        let detail = format!("A deal is talked about in at most {MOST_CONVERSATIONS} conversations.");
        return Err(Error::unprocessable("too_many_conversations", detail));
    }
    Ok(())
}

async fn set_deleted(tx: &mut Tx, member: &Member, id: DealId, deleted: bool) -> Result<()> {
    sqlx::query(
        "update deals set deleted_at = case when $3 then now() end, version = version + 1, updated_at = now()
         where organization_id = $1 and id = $2",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(deleted)
    .execute(tx.sql())
    .await?;
    let kind = if deleted { "deleted" } else { "restored" };
    activity::note_down(tx, Some(member.user_id), &[Fact::new(id, kind, None, None)]).await
}

async fn touch(tx: &mut Tx, id: DealId) -> Result<()> {
    sqlx::query(
        "update deals set last_activity_at = now(), version = version + 1, updated_at = now() where organization_id = $1 and id = $2",
    )
    .bind(tx.organization())
    .bind(id)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Until the transaction ends nobody else changes it.
pub async fn lock(tx: &mut Tx, id: DealId) -> Result<()> {
    sqlx::query("select from deals where organization_id = $1 and id = $2 for update")
        .bind(tx.organization())
        .bind(id)
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// `deal_updated`, to everybody; answers the deal as it is told.
async fn told(tx: &mut Tx, member: &Member, id: DealId) -> Result<Deal> {
    let deal = deal::load(tx, &[id]).await?.pop().ok_or_else(|| Error::not_found("deal"))?;
    let by = json!({"id": member.user_id, "name": member.name});
    tx.tell(NewEvent::everybody(EventKind::DealUpdated, &json!({"deal": deal, "changed_by": by})));
    Ok(deal)
}

fn unknown(error: sqlx::Error) -> Error {
    match Error::from(error) {
        error if error.breaks("deals_organization_id_contact_id_fkey") => {
            Error::invalid_field("contact_id", "There is no such contact.")
        }
        error if error.breaks("deals_organization_id_account_id_fkey") => {
            Error::invalid_field("account_id", "There is no such account.")
        }
        error => error,
    }
}

/// Of a currency's code in a request.
pub fn currency(text: &str, field: &str) -> Result<Currency> {
    text.parse().map_err(|error: payments::UnknownCurrency| Error::invalid_field(field, error.to_string()))
}
