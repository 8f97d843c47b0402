//! What a look at a deal leads to.

use super::{Step, Turn, card};
use crate::{
    app::App,
    deals::deal::{self, Deal},
    ids::DealId,
    trello::{
        agree::{self, CardState, DealState, Map},
        api::TrelloError,
        connection::Connection,
        link::{self, Link},
    },
};

pub(super) async fn look(app: &App, connection: &Connection, id: DealId) -> Step {
    let mut tx = app.db.begin(connection.organization_id).await?;
    let Some(deal) = deal::load(&mut tx, &[id]).await?.pop() else { return Ok(Turn::Done) };
    let map = connection.map(&mut tx).await?;
    match link::of_deal(&mut tx, connection.id, id).await? {
        Some(link) if link.deal_version == Some(deal.version) => Ok(Turn::Done),
        Some(link) if link.left_board || in_step(&link, &deal) => {
            link::seen(&mut tx, connection.id, &deal).await?;
            tx.commit().await?;
            Ok(Turn::Done)
        }
        Some(link) => {
            drop(tx);
            match &link.card_id {
                Some(card) => changed(app, connection, &link, card).await,
                // It was begun before: the card may be there.
                None => make(app, connection, &map, &deal, true).await,
            }
        }
        None if wants_card(connection, &map, &deal) => {
            link::want(&mut tx, connection.id, id).await?;
            tx.commit().await?;
            make(app, connection, &map, &deal, false).await
        }
        None => Ok(Turn::Done),
    }
}

/// Nothing changed that a card has, too; or there is neither deal nor card any more.
fn in_step(link: &Link, deal: &Deal) -> bool {
    match &link.agreed {
        Some(agreed) => agreed.deal == DealState::of(deal),
        None => link.card_id.is_none() && deal.deleted_at.is_some(),
    }
}

/// Deals that stood where they stand before the board was connected get no card.
fn wants_card(connection: &Connection, map: &Map, deal: &Deal) -> bool {
    Some(deal.pipeline_id) == connection.pipeline_id
        && deal.deleted_at.is_none()
        && deal.stage_entered_at >= connection.created_at
        && map.list(deal.stage_id).is_some()
}

async fn changed(app: &App, connection: &Connection, link: &Link, id: &str) -> Step {
    match connection.trello(app).card(id).await {
        Ok(found) => card::compare(app, connection, link, found).await,
        Err(TrelloError::Gone(_)) => card::gone(app, connection, link, false).await,
        Err(error) => Err(error.into()),
    }
}

/// The row that wants the card is written. `again`: a call for it may have been made, so that the board is searched for our line first.
async fn make(app: &App, connection: &Connection, map: &Map, deal: &Deal, again: bool) -> Step {
    let trello = connection.trello(app);
    if again {
        let mut made = trello.cards(&connection.board_id, "all").await?;
        let mut tx = app.db.begin(connection.organization_id).await?;
        let known = link::cards(&mut tx, connection.id).await?;
        drop(tx);
        made.retain(|card| agree::marked(&card.desc) == Some(deal.id) && !known.contains(&card.id));
        // The oldest: people may have copied it.
        made.sort_by(|one, other| one.id.cmp(&other.id));
        if let Some(found) = made.into_iter().next() {
            return card::adopt(app, connection, deal.id, found).await;
        }
    }
    let Some(plan) = agree::new_card(map, &DealState::of(deal)) else {
        return card::refused(app, connection, deal, "Its stage has no list on the board.").await;
    };
    let desc = agree::mark(app.config.server.public_url.as_str(), deal.id);
    match trello.make_card(&plan, &desc).await {
        Ok(made) => {
            let mut tx = app.db.begin(connection.organization_id).await?;
            // As it was sent: what changed since is a change of its own.
            link::agree(&mut tx, connection.id, &made.id, CardState::of(&made), deal).await?;
            tx.commit().await?;
            Ok(Turn::Done)
        }
        Err(TrelloError::Gone(why) | TrelloError::Refused(why)) => {
            card::refused(app, connection, deal, &why).await
        }
        Err(error) => Err(error.into()),
    }
}
