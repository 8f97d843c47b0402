//! Which card is which deal, and how both stood when they were last in step. A row is written before its card is made.

use sqlx::types::Json;

use super::agree::{Agreed, CardState, DealState};
use crate::{
    db::Tx,
    deals::deal::Deal,
    error::Result,
    ids::{DealId, TrelloId},
};

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Link {
    pub deal_id: DealId,
    /// `None`: the card is to be made, and may have been already.
    pub card_id: Option<String>,
    pub left_board: bool,
    pub agreed: Option<Json<Agreed>>,
    pub deal_version: Option<i32>,
}

const SELECT: &str = "select deal_id, card_id, left_board, agreed, deal_version from trello_cards where organization_id = $1 and connection_id = $2";

pub async fn of_card(tx: &mut Tx, connection: TrelloId, card: &str) -> Result<Option<Link>> {
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(format!("{SELECT} and card_id = $3")))
        .bind(tx.organization())
        .bind(connection)
        .bind(card)
        .fetch_optional(tx.sql())
        .await?)
}

pub async fn of_deal(tx: &mut Tx, connection: TrelloId, deal: DealId) -> Result<Option<Link>> {
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(format!("{SELECT} and deal_id = $3")))
        .bind(tx.organization())
        .bind(connection)
        .bind(deal)
        .fetch_optional(tx.sql())
        .await?)
}

/// Cards that have a deal.
pub async fn cards(tx: &mut Tx, connection: TrelloId) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar(
        "select card_id from trello_cards where organization_id = $1 and connection_id = $2 and card_id is not null",
    )
    .bind(tx.organization())
    .bind(connection)
    .fetch_all(tx.sql())
    .await?)
}

/// A card is wanted for the deal.
pub async fn want(tx: &mut Tx, connection: TrelloId, deal: DealId) -> Result<()> {
    sqlx::query(
        "insert into trello_cards (organization_id, connection_id, deal_id) values ($1, $2, $3) on conflict do nothing",
    )
    .bind(tx.organization())
    .bind(connection)
    .bind(deal)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Card and deal are in step, as of now.
pub async fn agree(
    tx: &mut Tx,
    connection: TrelloId,
    card_id: &str,
    card: CardState,
    deal: &Deal,
) -> Result<()> {
    let agreed = Agreed { card, deal: DealState::of(deal) };
    sqlx::query(
        "insert into trello_cards (organization_id, connection_id, deal_id, card_id, agreed, deal_version) values ($1, $2, $3, $4, $5, $6)
         on conflict (organization_id, connection_id, deal_id) do update
         set card_id = excluded.card_id, agreed = excluded.agreed, deal_version = excluded.deal_version, left_board = false, problem = null",
    )
    .bind(tx.organization())
    .bind(connection)
    .bind(deal.id)
    .bind(card_id)
    .bind(Json(agreed))
    .bind(deal.version)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// The deal goes on without a card: it was deleted, so that another may be made when the deal comes back, or it left the board and may return.
pub async fn part(tx: &mut Tx, connection: TrelloId, deal: &Deal, left_board: bool) -> Result<()> {
    sqlx::query(
        "update trello_cards set card_id = case when $4 then card_id end, agreed = case when $4 then agreed end, left_board = $4, deal_version = $5, problem = null
         where organization_id = $1 and connection_id = $2 and deal_id = $3",
    )
    .bind(tx.organization())
    .bind(connection)
    .bind(deal.id)
    .bind(left_board)
    .bind(deal.version)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// The deal was looked at, and there was nothing to do.
pub async fn seen(tx: &mut Tx, connection: TrelloId, deal: &Deal) -> Result<()> {
    sqlx::query(
        "update trello_cards set deal_version = $4 where organization_id = $1 and connection_id = $2 and deal_id = $3",
    )
    .bind(tx.organization())
    .bind(connection)
    .bind(deal.id)
    .bind(deal.version)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Why they cannot be brought in step; another change tries again.
pub async fn note_problem(tx: &mut Tx, connection: TrelloId, deal: &Deal, why: &str) -> Result<()> {
    sqlx::query(
        "update trello_cards set problem = $4, deal_version = $5 where organization_id = $1 and connection_id = $2 and deal_id = $3",
    )
    .bind(tx.organization())
    .bind(connection)
    .bind(deal.id)
    .bind(why)
    .bind(deal.version)
    .execute(tx.sql())
    .await?;
    Ok(())
}
