//! What people do with deals: moving them along, correcting, deleting, taking back. Everybody is told, and what happened is written
//! down beside the deal. Making them is in `deal_make.rs`, talking about them in `deal_talk.rs`.

use chrono::NaiveDate;
use payments::Money;
use serde_json::{Map, Value, json};

use super::{
    activity::{self, Fact, Turned},
    deal::{self, Deal},
    field::{self, About},
    line::{self, Line},
    owner,
    pipeline::{Stage, StageKind},
    place::{self, Spot},
};
use crate::{
    access::{agent::Member, permission::May},
    attributes,
    db::Tx,
    error::{Error, Result},
    ids::{AccountId, ContactId, DealId, PipelineId, StageId, UserId},
    realtime::event::{EventKind, NewEvent},
};

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

/// 409 with the current state when the version is another.
pub async fn apply(tx: &mut Tx, member: &Member, id: DealId, change: &Change) -> Result<Deal> {
    lock(tx, id).await?;
    let before = deal::find(tx, id).await?;
    if change.version.is_some_and(|version| version != before.version) {
        return Err(Error::version_conflict(&before));
    }
    let mut facts = Vec::new();
    let attributes = checked(tx, &before, change).await?;
    complete(tx, &before, change, &attributes).await?;
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
    known_contact(tx, change.contact_id.flatten()).await?;
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

/// Moves a deal because of something that happened, in nobody's name; who may own it is not asked.
pub(super) async fn follow(tx: &mut Tx, before: &Deal, change: &Change) -> Result<()> {
    let facts: Vec<Fact> = put(tx, before, change).await?.into_iter().collect();
    activity::note_down(tx, None, &facts).await?;
    touch(tx, before.id).await?;
    tell(tx, None, before.id).await.map(drop)
}

/// Out of the lists; [`restore`] brings it back to its place.
pub async fn delete(tx: &mut Tx, member: &Member, id: DealId) -> Result<()> {
    lock(tx, id).await?;
    deal::find(tx, id).await?;
    set_deleted(tx, Some(member), id, true).await?;
    told(tx, member, id).await.map(drop)
}

pub async fn restore(tx: &mut Tx, member: &Member, id: DealId) -> Result<Deal> {
    lock(tx, id).await?;
    let before = deal::load(tx, &[id]).await?.pop().ok_or_else(|| Error::not_found("deal"))?;
    if before.deleted_at.is_none() {
        return Ok(before);
    }
    set_deleted(tx, Some(member), id, false).await?;
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

/// Answers the attributes as they are to be.
async fn checked(tx: &mut Tx, before: &Deal, change: &Change) -> Result<Map<String, Value>> {
    let mut errors = Vec::new();
    attributes::check_tags(change.tags.as_deref(), &mut errors);
    let known = before.attributes.as_object().cloned().unwrap_or_default();
    let attributes = attributes::changed(&known, change.attributes.as_ref(), &mut errors);
    field::check(tx, About::Deal, change.attributes.as_ref(), &mut errors).await?;
    if errors.is_empty() { Ok(attributes) } else { Err(Error::invalid(errors)) }
}

/// A deal that is to be won has what its organization wants to know of won ones; a won one does not lose it.
async fn complete(
    tx: &mut Tx,
    before: &Deal,
    change: &Change,
    attributes: &Map<String, Value>,
) -> Result<()> {
    match change.stage_id.filter(|stage| *stage != before.stage_id) {
        Some(stage) if stage_named(tx, stage).await?.0.kind == StageKind::Won => {
            field::complete(tx, attributes, None).await
        }
        None if before.status == StageKind::Won => {
            field::complete(tx, attributes, Some(change.attributes.as_ref().unwrap_or(&Map::new()))).await
        }
        _ => Ok(()),
    }
}

/// The lines' sum where there are lines.
pub(super) fn priced(value: Money, lines: &[Line]) -> Result<Money> {
    if value.minor < 0 {
        return Err(Error::invalid_field("value", "A deal is worth nothing or more."));
    }
    if lines.is_empty() { Ok(value) } else { line::sum(lines, value.currency) }
}

/// Agents take what nobody has and give back what they have; to others it is given by who may assign.
pub(super) async fn may_own(
    tx: &mut Tx,
    member: &Member,
    before: Option<UserId>,
    after: Option<UserId>,
) -> Result<()> {
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

/// A contact that was deleted, or merged into another, gets no deals.
pub(super) async fn known_contact(tx: &mut Tx, contact: Option<ContactId>) -> Result<()> {
    let Some(contact) = contact else { return Ok(()) };
    let known: bool = sqlx::query_scalar(
        "select exists (select from contacts where organization_id = $1 and id = $2 and deleted_at is null)",
    )
    .bind(tx.organization())
    .bind(contact)
    .fetch_one(tx.sql())
    .await?;
    if known { Ok(()) } else { Err(Error::invalid_field("contact_id", "There is no such contact.")) }
}

pub(super) async fn stage_named(tx: &mut Tx, id: StageId) -> Result<(Stage, PipelineId)> {
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

/// `None`: in nobody's name.
pub(super) async fn set_deleted(
    tx: &mut Tx,
    member: Option<&Member>,
    id: DealId,
    deleted: bool,
) -> Result<()> {
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
    activity::note_down(tx, member.map(|member| member.user_id), &[Fact::new(id, kind, None, None)]).await
}

pub(super) async fn touch(tx: &mut Tx, id: DealId) -> Result<()> {
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
pub(super) async fn told(tx: &mut Tx, member: &Member, id: DealId) -> Result<Deal> {
    tell(tx, Some(member), id).await
}

/// The same, of what was done in nobody's name as well.
pub(super) async fn tell(tx: &mut Tx, member: Option<&Member>, id: DealId) -> Result<Deal> {
    let deal = deal::load(tx, &[id]).await?.pop().ok_or_else(|| Error::not_found("deal"))?;
    let by = member.map(|member| json!({"id": member.user_id, "name": member.name}));
    tx.tell(NewEvent::everybody(EventKind::DealUpdated, &json!({"deal": deal, "changed_by": by})));
    Ok(deal)
}

pub(super) fn unknown(error: sqlx::Error) -> Error {
    match Error::from(error) {
        error if error.breaks("deals_organization_id_account_id_fkey") => {
            Error::invalid_field("account_id", "There is no such account.")
        }
        error => error,
    }
}
