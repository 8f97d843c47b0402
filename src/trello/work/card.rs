//! What a look at a card leads to.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{Step, Turn};
use crate::{
    app::App,
    db::Tx,
    deals::{
        deal::{self, Deal},
        deal_change, deal_elsewhere,
        deal_make::Plan,
    },
    error::Result,
    ids::{DealId, StageId},
    trello::{
        agree::{self, Agreed, CardState, DealState, Map, Steps},
        api::TrelloError,
        connection::Connection,
        link::{self, Link},
        wire::Card,
    },
};

/// `fresh`: it was made, or came into its list.
pub(super) async fn look(app: &App, connection: &Connection, id: &str, fresh: bool) -> Step {
    let mut tx = app.db.begin(connection.organization_id).await?;
    let link = link::of_card(&mut tx, connection.id, id).await?;
    drop(tx);
    match (connection.trello(app).card(id).await, link) {
        (Err(TrelloError::Gone(_)), None) => Ok(Turn::Done),
        (Err(TrelloError::Gone(_)), Some(link)) => gone(app, connection, &link, false).await,
        (Err(error), _) => Err(error.into()),
        (Ok(card), Some(link)) => compare(app, connection, &link, card).await,
        (Ok(card), None) if card.id_board != connection.board_id => Ok(Turn::Done),
        (Ok(card), None) => meet(app, connection, card, fresh).await,
    }
}

/// A card that is nobody's yet: one that we made and lost sight of, or a new one.
async fn meet(app: &App, connection: &Connection, card: Card, fresh: bool) -> Step {
    let mut tx = app.db.begin(connection.organization_id).await?;
    let map = connection.map(&mut tx).await?;
    if let Some(deal) = agree::marked(&card.desc)
        && let Some(link) = link::of_deal(&mut tx, connection.id, deal).await?
        && link.card_id.is_none()
    {
        drop(tx);
        return adopt(app, connection, deal, card).await;
    }
    let stage = map.stage(&card.id_list).filter(|_| fresh && !card.closed);
    if let Some(stage) = stage {
        begin(&mut tx, connection, stage, &card).await?;
    }
    tx.commit().await?;
    Ok(Turn::Done)
}

/// A card becomes a deal.
pub(in crate::trello) async fn begin(
    tx: &mut Tx,
    connection: &Connection,
    stage: StageId,
    card: &Card,
) -> Result<()> {
    let state = CardState::of(card);
    let plan = Plan {
        pipeline_id: connection.pipeline_id,
        stage_id: Some(stage),
        title: state.title(),
        expected_close: agree::day(card.due),
        ..Plan::default()
    };
    let mut made = deal_elsewhere::make(tx, plan).await?;
    if !state.desc.is_empty() {
        deal_elsewhere::note(tx, made.id, &described(&state.desc), Utc::now()).await?;
        made = deal::find(tx, made.id).await?;
    }
    link::agree(tx, connection.id, &card.id, state, &made).await
}

/// A card that we made for a deal is its card.
pub(super) async fn adopt(app: &App, connection: &Connection, deal: DealId, card: Card) -> Step {
    let link = Link {
        deal_id: deal,
        card_id: Some(card.id.clone()),
        left_board: false,
        agreed: None,
        deal_version: None,
    };
    compare(app, connection, &link, card).await
}

/// Brings both in step.
pub(super) async fn compare(app: &App, connection: &Connection, link: &Link, card: Card) -> Step {
    if card.id_board != connection.board_id {
        return gone(app, connection, link, true).await;
    }
    let mut tx = app.db.begin(connection.organization_id).await?;
    let map = connection.map(&mut tx).await?;
    let before = deal::load(&mut tx, &[link.deal_id]).await?.pop();
    drop(tx);
    let Some(before) = before else { return Ok(Turn::Done) };
    let steps = steps(&map, link, &card, &before);
    let card = if steps.card.is_empty() {
        card
    } else {
        match connection.trello(app).change_card(&card.id, &steps.card).await {
            Ok(card) => card,
            Err(TrelloError::Gone(_)) => return gone(app, connection, link, false).await,
            Err(TrelloError::Refused(why)) => return refused(app, connection, &before, &why).await,
            Err(error) => return Err(error.into()),
        }
    };
    let mut tx = app.db.begin(connection.organization_id).await?;
    deal_change::lock(&mut tx, before.id).await?;
    let now = deal::load(&mut tx, &[before.id]).await?.pop();
    if now.is_none_or(|now| now.version != before.version) {
        // Somebody was quicker: from the start, with what they did.
        return Ok(Turn::Wait(Duration::from_millis(50)));
    }
    let after = carry_over(&mut tx, before, &steps).await?;
    link::agree(&mut tx, connection.id, &card.id, CardState::of(&card), &after).await?;
    tx.commit().await?;
    Ok(Turn::Done)
}

fn steps(map: &Map, link: &Link, card: &Card, deal: &Deal) -> Steps {
    let (state, of_deal) = (CardState::of(card), DealState::of(deal));
    // A card of ours about which nothing was written down: the deal was as the card says when it was made.
    let agreed = link.agreed.as_ref().map_or_else(
        || Agreed {
            deal: DealState {
                title: state.title(),
                stage: map.stage(&card.id_list).unwrap_or(deal.stage_id),
                deleted: card.closed,
                expected_close: agree::day(card.due),
            },
            card: CardState { desc: String::new(), ..state.clone() },
        },
        |agreed| agreed.0.clone(),
    );
    let card_last = card.date_last_activity.is_some_and(|at| at >= deal.updated_at);
    agree::merge(map, &agreed, &state, &of_deal, card_last)
}

async fn carry_over(tx: &mut Tx, before: Deal, steps: &Steps) -> Result<Deal> {
    if steps.deal.is_empty() {
        return Ok(before);
    }
    let step = deal_elsewhere::Step {
        title: steps.deal.title.clone(),
        stage_id: steps.deal.stage,
        expected_close: steps.deal.expected_close,
        deleted: steps.deal.deleted,
    };
    deal_elsewhere::change(tx, before.id, &step).await?;
    if let Some(desc) = &steps.deal.note {
        deal_elsewhere::note(tx, before.id, &described(desc), Utc::now()).await?;
    }
    Ok(deal::load(tx, &[before.id]).await?.pop().unwrap_or(before))
}

/// The card was deleted, and the deal with it; or it was taken to another board, and the deal stays.
pub(super) async fn gone(app: &App, connection: &Connection, link: &Link, left_board: bool) -> Step {
    if left_board && link.left_board {
        return Ok(Turn::Done);
    }
    let mut tx = app.db.begin(connection.organization_id).await?;
    deal_change::lock(&mut tx, link.deal_id).await?;
    let Some(before) = deal::load(&mut tx, &[link.deal_id]).await?.pop() else { return Ok(Turn::Done) };
    if left_board {
        let text = "The card was taken to another board of Trello: the deal goes on without it.";
        deal_elsewhere::note(&mut tx, before.id, text, Utc::now()).await?;
    } else if before.deleted_at.is_none() {
        let step = deal_elsewhere::Step { deleted: Some(true), ..Default::default() };
        deal_elsewhere::change(&mut tx, before.id, &step).await?;
    }
    let after = deal::load(&mut tx, &[before.id]).await?.pop().unwrap_or(before);
    link::part(&mut tx, connection.id, &after, left_board).await?;
    tx.commit().await?;
    Ok(Turn::Done)
}

/// Trello will not have it; the next change tries again.
pub(super) async fn refused(app: &App, connection: &Connection, deal: &Deal, why: &str) -> Step {
    let mut tx = app.db.begin(connection.organization_id).await?;
    link::note_problem(&mut tx, connection.id, deal, why).await?;
    tx.commit().await?;
    Ok(Turn::Done)
}

/// Written down once, with the mark that it is.
pub(super) async fn comment(
    app: &App,
    connection: &Connection,
    card: &str,
    action: &str,
    text: &str,
    at: DateTime<Utc>,
) -> Step {
    let mut tx = app.db.begin(connection.organization_id).await?;
    let Some(link) = link::of_card(&mut tx, connection.id, card).await? else { return Ok(Turn::Done) };
    let noted = sqlx::query(
        "update trello_actions set noted = true where organization_id = $1 and connection_id = $2 and action_id = $3 and not noted",
    )
    .bind(tx.organization())
    .bind(connection.id)
    .bind(action)
    .execute(tx.sql())
    .await?;
    if noted.rows_affected() == 1 {
        deal_elsewhere::note(&mut tx, link.deal_id, text, at).await?;
        tx.commit().await?;
    }
    Ok(Turn::Done)
}

fn described(desc: &str) -> String {
    format!("The card at Trello says:\n{desc}")
}
