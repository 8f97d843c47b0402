//! The jobs: a card and its deal are looked at and brought in step, whichever of them changed.

mod card;
mod deal;

use std::time::Duration;

pub(super) use self::card::begin;
use super::{
    api::TrelloError,
    connection::{self, Connection},
    order::{TrelloOrder, What},
    take_over, upkeep,
};
use crate::{
    app::App,
    error::{Error, Result},
    jobs::Job,
};

/// How a job goes on.
#[derive(Debug, PartialEq, Eq)]
pub enum Turn {
    Done,
    /// Nothing went wrong; it has its turn after the pause.
    Wait(Duration),
    /// Once more, with backoff.
    Again(String),
    Never(String),
}

/// Why a job stops before its end.
#[derive(Debug)]
pub(super) enum Halt {
    Trello(TrelloError),
    Hub(Error),
}

impl From<TrelloError> for Halt {
    fn from(error: TrelloError) -> Self {
        Self::Trello(error)
    }
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Hub(error)
    }
}

impl From<sqlx::Error> for Halt {
    fn from(error: sqlx::Error) -> Self {
        Self::Hub(error.into())
    }
}

pub(super) type Step = Result<Turn, Halt>;

pub async fn carry_out(app: &App, job: &Job) -> Result<Turn> {
    let order: TrelloOrder = match serde_json::from_value(job.payload.clone()) {
        Ok(order) => order,
        Err(error) => return Ok(Turn::Never(error.to_string())),
    };
    let found = connection::find(app, order.connection_id).await?;
    let Some(connection) = found.filter(|one| one.organization_id == job.organization_id) else {
        return Ok(Turn::Done);
    };
    if order.what == What::Leave {
        return upkeep::leave(app, &connection, job.attempts).await;
    }
    // What is missed now is caught up with when it works again.
    if !connection.works() {
        return Ok(Turn::Done);
    }
    match step(app, &connection, order.what).await {
        Ok(turn) => Ok(turn),
        Err(Halt::Hub(error)) => Err(error),
        Err(Halt::Trello(error)) => failed(app, &connection, error).await,
    }
}

async fn step(app: &App, connection: &Connection, what: What) -> Step {
    match what {
        What::Card { card_id, fresh } => card::look(app, connection, &card_id, fresh).await,
        What::Deal { deal_id } => deal::look(app, connection, deal_id).await,
        What::Comment { card_id, action_id, author, text, at } => {
            let text = format!("{author} (Trello): {text}");
            card::comment(app, connection, &card_id, &action_id, &text, at).await
        }
        What::Board => upkeep::see_board(app, connection).await,
        What::CatchUp => {
            upkeep::see_webhook(app, connection).await?;
            if upkeep::see_board(app, connection).await? == Turn::Done {
                take_over::take_over(app, connection).await?;
                upkeep::catch_up(app, connection).await?;
            }
            Ok(Turn::Done)
        }
        What::Leave => Ok(Turn::Done),
    }
}

async fn failed(app: &App, connection: &Connection, error: TrelloError) -> Result<Turn> {
    Ok(match error {
        TrelloError::TokenRefused(why) => {
            connection::note_broken(app, connection, &why).await?;
            Turn::Done
        }
        TrelloError::Slower(pause) => Turn::Wait(pause),
        TrelloError::Unclear(detail) => Turn::Again(detail),
        error @ (TrelloError::Gone(_) | TrelloError::Refused(_)) => Turn::Never(error.to_string()),
    })
}
