//! The cards that were on a board when it was connected, as deals: once, and from where it was where it was interrupted.

use std::collections::HashSet;

use super::{
    connection::{self, Connection},
    link,
    wire::Card,
    work::{self, Halt},
};
use crate::{app::App, ids::StageId};

/// Cards of one transaction.
const BATCH: usize = 50;

/// Open cards of lists that are a stage.
pub(super) async fn take_over(app: &App, connection: &Connection) -> Result<(), Halt> {
    if !connection.import {
        return Ok(());
    }
    let cards = connection.trello(app).cards(&connection.board_id, "open").await?;
    let mut tx = app.db.begin(connection.organization_id).await?;
    let map = connection.map(&mut tx).await?;
    let known: HashSet<String> = link::cards(&mut tx, connection.id).await?.into_iter().collect();
    drop(tx);
    let mut new: Vec<(StageId, Card)> = cards
        .into_iter()
        .filter(|card| !known.contains(&card.id) && !card.closed)
        .filter_map(|card| map.stage(&card.id_list).map(|stage| (stage, card)))
        .collect();
    // Each comes on top of those before: the lowest first.
    new.sort_by(|(_, one), (_, other)| other.pos.total_cmp(&one.pos));
    for batch in new.chunks(BATCH) {
        let mut tx = app.db.begin(connection.organization_id).await?;
        for (stage, card) in batch {
            work::begin(&mut tx, connection, *stage, card).await?;
        }
        tx.commit().await?;
    }
    let mut tx = app.db.begin(connection.organization_id).await?;
    sqlx::query("update trello_connections set import = false where organization_id = $1 and id = $2")
        .bind(tx.organization())
        .bind(connection.id)
        .execute(tx.sql())
        .await?;
    connection::tell(&mut tx);
    tx.commit().await?;
    Ok(())
}
