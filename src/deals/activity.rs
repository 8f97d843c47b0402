//! What happened to a deal: what people write down about it, and what the hub does of itself.

use chrono::{DateTime, Utc};
use payments::Money;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::pipeline::Stage;
use crate::{
    db::Tx,
    error::Result,
    ids::{ActivityId, DealId, UserId},
};

#[derive(Clone, Debug, Serialize, ToSchema, sqlx::FromRow)]
#[schema(as = DealActivity)]
pub struct Activity {
    pub id: ActivityId,
    pub deal_id: DealId,
    /// What people write down: `note`, `call`, `meeting`, `email`. What the hub does: `created`, `stage`, `value`, `owner`, `paid`, `file`
    /// (one came, or went), `deleted`, `restored`.
    pub kind: String,
    pub text: String,
    /// What the hub wrote down.
    #[schema(value_type = Turn)]
    pub data: Value,
    pub at: DateTime<Utc>,
    /// `null`: the hub itself.
    pub author_id: Option<UserId>,
    pub author_name: Option<String>,
    pub created_at: DateTime<Utc>,
}

/// From what to what; empty where people wrote.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DealTurn)]
pub struct Turn {
    pub from: Option<Turned>,
    pub to: Option<Turned>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = DealTurned)]
pub enum Turned {
    Stage(Stage),
    Value(Money),
    Owner(UserId),
    File(FileName),
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DealFileName)]
pub struct FileName {
    pub file_name: String,
}

/// What people write down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DealActivityKind)]
pub enum Written {
    Note,
    Call,
    Meeting,
    Email,
}

/// The sort key of a row: newest first.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Position(pub DateTime<Utc>, pub ActivityId);

/// What the hub writes down.
#[derive(Debug)]
pub(super) struct Fact {
    pub deal: DealId,
    pub kind: &'static str,
    pub turn: Turn,
}

impl Written {
    fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Call => "call",
            Self::Meeting => "meeting",
            Self::Email => "email",
        }
    }
}

impl Fact {
    pub fn new(deal: DealId, kind: &'static str, from: Option<Turned>, to: Option<Turned>) -> Self {
        Self { deal, kind, turn: Turn { from, to } }
    }
}

const SELECT: &str =
    "select a.id, a.deal_id, a.kind, a.text, a.data, a.at, a.author_id, u.name as author_name, a.created_at
    from deal_activities a left join users u on u.id = a.author_id where a.organization_id = $1";

/// Up to `rows` of a deal's, newest first.
pub async fn list(tx: &mut Tx, deal: DealId, after: Option<Position>, rows: i64) -> Result<Vec<Activity>> {
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{SELECT} and a.deal_id = $2 and ($3::timestamptz is null or (a.at, a.id) < ($3, $4))
         order by a.at desc, a.id desc limit $5"
    )))
    .bind(tx.organization())
    .bind(deal)
    .bind(after.map(|position| position.0))
    .bind(after.map(|position| position.1))
    .bind(rows)
    .fetch_all(tx.sql())
    .await?)
}

pub(super) async fn write(
    tx: &mut Tx,
    author: UserId,
    deal: DealId,
    kind: Written,
    text: &str,
    at: Option<DateTime<Utc>>,
) -> Result<Activity> {
    let id = ActivityId::new();
    sqlx::query(
        "insert into deal_activities (organization_id, id, deal_id, kind, text, at, author_id)
         values ($1, $2, $3, $4, $5, coalesce($6, now()), $7)",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(deal)
    .bind(kind.as_str())
    .bind(text)
    .bind(at)
    .bind(author)
    .execute(tx.sql())
    .await?;
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(format!("{SELECT} and a.id = $2")))
        .bind(tx.organization())
        .bind(id)
        .fetch_one(tx.sql())
        .await?)
}

/// A note by somebody who is no member.
pub(super) async fn hear(tx: &mut Tx, deal: DealId, text: &str, at: DateTime<Utc>) -> Result<()> {
    sqlx::query(
        "insert into deal_activities (organization_id, id, deal_id, kind, text, at) values ($1, $2, $3, 'note', $4, $5)",
    )
    .bind(tx.organization())
    .bind(ActivityId::new())
    .bind(deal)
    .bind(text)
    .bind(at)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// `None`: the hub of itself.
pub(super) async fn note_down(tx: &mut Tx, author: Option<UserId>, facts: &[Fact]) -> Result<()> {
    sqlx::query(
        "insert into deal_activities (organization_id, id, deal_id, kind, data, author_id)
         select $1, fact.id, fact.deal_id, fact.kind, fact.data, $2
         from unnest($3::uuid[], $4::uuid[], $5::text[], $6::jsonb[]) as fact (id, deal_id, kind, data)",
    )
    .bind(tx.organization())
    .bind(author)
    .bind(facts.iter().map(|_| ActivityId::new()).collect::<Vec<_>>())
    .bind(facts.iter().map(|fact| fact.deal).collect::<Vec<_>>())
    .bind(facts.iter().map(|fact| fact.kind).collect::<Vec<_>>())
    .bind(facts.iter().map(|fact| json!(fact.turn)).collect::<Vec<_>>())
    .execute(tx.sql())
    .await?;
    Ok(())
}
