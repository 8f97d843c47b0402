//! Lists of deals: a column of the board, or a table in one of several orders. Every order is a keyset with an index.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{Postgres, QueryBuilder};
use utoipa::ToSchema;

use super::{
    deal::{self, Deal, STALE},
    pipeline::StageKind,
};
use crate::{
    db::Tx,
    error::{Error, Result},
    ids::{AccountId, ContactId, ConversationId, DealId, PipelineId, StageId, UserId},
};

/// Conditions that all hold.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub pipeline_id: Option<PipelineId>,
    pub stage_id: Option<StageId>,
    pub status: Option<StageKind>,
    pub owner_id: Option<UserId>,
    /// Only those that nobody has.
    pub unowned: bool,
    pub contact_id: Option<ContactId>,
    pub account_id: Option<AccountId>,
    pub conversation_id: Option<ConversationId>,
    pub tag: Option<String>,
    /// A piece of the title.
    pub text: Option<String>,
    pub closing_before: Option<NaiveDate>,
    /// Worth so much or more, in smallest units of whichever currency.
    pub value_from: Option<i64>,
    /// Worth so much or less.
    pub value_to: Option<i64>,
    pub stale: bool,
    /// The deleted ones instead.
    pub deleted: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Newest first.
    #[default]
    Newest,
    /// As the column of one stage stands, from the top.
    Board,
    /// By the day on which they are expected to close, those without one last.
    Closing,
    /// By the number of smallest units, greatest first.
    Value,
}

/// The sort key of a row, of the order that it was made for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Position {
    Newest(DateTime<Utc>, DealId),
    Board(String, DealId),
    Closing(Option<NaiveDate>, DealId),
    Value(i64, DealId),
}

impl Position {
    pub fn of(deal: &Deal, order: Order) -> Self {
        match order {
            Order::Newest => Self::Newest(deal.created_at, deal.id),
            Order::Board => Self::Board(deal.rank.clone(), deal.id),
            Order::Closing => Self::Closing(deal.expected_close, deal.id),
            Order::Value => Self::Value(deal.value.minor, deal.id),
        }
    }
}

/// Up to `rows` deals behind `after`, which must be of the same order.
pub async fn list(
    tx: &mut Tx,
    filter: &Filter,
    order: Order,
    after: Option<Position>,
    rows: i64,
) -> Result<Vec<Deal>> {
    if order == Order::Board && filter.stage_id.is_none() {
        return Err(Error::invalid_field("stage_id", "Columns are listed stage by stage."));
    }
    let mut sql = QueryBuilder::new(deal::select());
    sql.push_bind(tx.organization());
    narrow(&mut sql, filter);
    if let Some(position) = after {
        behind(&mut sql, order, position)?;
    }
    sql.push(match order {
        Order::Newest => " order by d.created_at desc, d.id desc",
        Order::Board => " order by d.rank, d.id",
        Order::Closing => " order by coalesce(d.expected_close, 'infinity'), d.id",
        Order::Value => " order by d.value desc, d.id desc",
    });
    sql.push(format!(" limit {rows}"));
    Ok(sql.build_query_as().fetch_all(tx.sql()).await?)
}

fn behind(sql: &mut QueryBuilder<Postgres>, order: Order, position: Position) -> Result<()> {
    match (order, position) {
        (Order::Newest, Position::Newest(at, id)) => {
            sql.push(" and (d.created_at, d.id) < (").push_bind(at).push(", ").push_bind(id).push(")");
        }
        (Order::Board, Position::Board(rank, id)) if is_number(&rank) => {
            sql.push(" and (d.rank, d.id) > (")
                .push_bind(rank)
                .push("::text::numeric, ")
                .push_bind(id)
                .push(")");
        }
        (Order::Closing, Position::Closing(day, id)) => {
            sql.push(" and (coalesce(d.expected_close, 'infinity'), d.id) > (coalesce(").push_bind(day);
            sql.push("::date, 'infinity'), ").push_bind(id).push(")");
        }
        (Order::Value, Position::Value(value, id)) => {
            sql.push(" and (d.value, d.id) < (").push_bind(value).push(", ").push_bind(id).push(")");
        }
        _ => return Err(Error::bad_request("bad_cursor", "This cursor was not given out by this list.")),
    }
    Ok(())
}

/// Digits with at most one point and a sign in front, as PostgreSQL writes a rank.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, behind) = digits.split_once('.').unwrap_or((digits, "0"));
    [whole, behind].iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// For `deals d` joined with `stages s`.
pub(super) fn narrow(sql: &mut QueryBuilder<Postgres>, filter: &Filter) {
    sql.push(if filter.deleted { " and d.deleted_at is not null" } else { " and d.deleted_at is null" });
    if let Some(pipeline) = filter.pipeline_id {
        sql.push(" and d.pipeline_id = ").push_bind(pipeline);
    }
    if let Some(stage) = filter.stage_id {
        sql.push(" and d.stage_id = ").push_bind(stage);
    }
    if let Some(status) = filter.status {
        sql.push(" and s.kind = ").push_bind(status.as_str());
    }
    if let Some(owner) = filter.owner_id {
        sql.push(" and d.owner_id = ").push_bind(owner);
    }
    if filter.unowned {
        sql.push(" and d.owner_id is null");
    }
    if let Some(contact) = filter.contact_id {
        sql.push(" and d.contact_id = ").push_bind(contact);
    }
    if let Some(account) = filter.account_id {
        sql.push(" and d.account_id = ").push_bind(account);
    }
    if let Some(conversation) = filter.conversation_id {
        sql.push(
            " and d.id in (select l.deal_id from deal_conversations l
                           where l.organization_id = d.organization_id and l.conversation_id = ",
        );
        sql.push_bind(conversation).push(")");
    }
    if let Some(tag) = &filter.tag {
        sql.push(" and d.tags @> array[").push_bind(tag.clone()).push("]::text[]");
    }
    if let Some(text) = filter.text.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        sql.push(" and lower(d.title) like ").push_bind(containing(text));
    }
    if let Some(day) = filter.closing_before {
        sql.push(" and d.expected_close < ").push_bind(day);
    }
    if let Some(value) = filter.value_from {
        sql.push(" and d.value >= ").push_bind(value);
    }
    if let Some(value) = filter.value_to {
        sql.push(" and d.value <= ").push_bind(value);
    }
    if filter.stale {
        sql.push(" and ").push(STALE);
    }
}

/// A pattern for `like` that finds this piece of a text in small letters.
pub(super) fn containing(text: &str) -> String {
    let plain = text.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{plain}%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_numbers() {
        for text in ["0", "-1", "17.25", "-0.5"] {
            assert!(is_number(text), "{text}");
        }
        for text in ["", "-", ".5", "1.", "1e5", "NaN", "1.2.3", "--1", "1;drop"] {
            assert!(!is_number(text), "{text}");
        }
    }

    #[test]
    fn patterns_find_what_was_typed() {
        assert_eq!(containing("50%_Off\\"), "%50\\%\\_off\\\\%");
    }
}
