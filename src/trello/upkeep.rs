//! What keeps a connection alive: its webhook, its lists, what was missed while nobody listened, and the leaving.

use chrono::{TimeDelta, Utc};

use super::{
    api::{Trello, TrelloError},
    connection::{self, Connection},
    order::What,
    receive,
    wire::{Board, Webhook},
    work::{Halt, Step, Turn},
};
use crate::{app::App, db::Tx, error::Result, ids::DealId};

/// How often Trello is asked whether the webhook still lives.
const DAILY: TimeDelta = TimeDelta::hours(24);
/// Clocks differ, and actions show up late; what is heard twice does nothing.
const OVERLAP: TimeDelta = TimeDelta::minutes(1);
/// Deals of one comparison.
const DEALS: i64 = 5_000;
/// After so many attempts the webhook is left to die with its token.
const FAREWELLS: i32 = 8;

/// The webhook is registered, and active. Where Trello cannot reach the hub, admins are told, and changes come by asking.
pub(super) async fn see_webhook(app: &App, connection: &Connection) -> Result<(), Halt> {
    let checked = connection.webhook_checked_at.is_some_and(|at| at > Utc::now() - DAILY);
    if connection.webhook_id.is_some() && checked {
        return Ok(());
    }
    let (id, problem) = match active_webhook(&connection.trello(app), connection).await {
        Ok(webhook) => (Some(webhook.id), None),
        Err(TrelloError::Refused(why)) => {
            let url = &connection.callback_url;
            (
                None,
                Some(format!("Trello cannot call {url} ({why}). Changes there are seen within ten minutes.")),
            )
        }
        Err(error) => return Err(error.into()),
    };
    let mut tx = app.db.begin(connection.organization_id).await?;
    sqlx::query(
        "update trello_connections set webhook_id = $3, webhook_checked_at = now(), problem = $4 where organization_id = $1 and id = $2",
    )
    .bind(tx.organization())
    .bind(connection.id)
    .bind(id)
    .bind(problem)
    .execute(tx.sql())
    .await?;
    connection::tell(&mut tx);
    tx.commit().await?;
    Ok(())
}

async fn active_webhook(trello: &Trello<'_>, connection: &Connection) -> Result<Webhook, TrelloError> {
    let ours =
        |one: &Webhook| one.id_model == connection.board_id && one.callback_url == connection.callback_url;
    match trello.webhooks().await?.into_iter().find(ours) {
        Some(webhook) if webhook.active => Ok(webhook),
        Some(webhook) => trello.activate_webhook(&webhook.id).await,
        None => trello.make_webhook(&connection.board_id, &connection.callback_url).await,
    }
}

/// Its name and lists as they are now; a board that is closed or gone ends the connection until somebody looks at it.
pub(super) async fn see_board(app: &App, connection: &Connection) -> Step {
    let board = match connection.trello(app).board(&connection.board_id).await {
        Ok(board) if !board.closed => board,
        Ok(_) => {
            return lost(app, connection, "The board is closed at Trello. Open it there again, then resume.")
                .await;
        }
        Err(TrelloError::Gone(_)) => {
            return lost(app, connection, "The board is gone, or the token no longer sees it.").await;
        }
        Err(error) => return Err(error.into()),
    };
    let mut tx = app.db.begin(connection.organization_id).await?;
    if pipeline_is_gone(&mut tx, connection).await? {
        drop(tx);
        return lost(app, connection, "The pipeline was deleted. Disconnect the board.").await;
    }
    put_lists(&mut tx, connection, &board).await?;
    tx.commit().await?;
    Ok(Turn::Done)
}

async fn pipeline_is_gone(tx: &mut Tx, connection: &Connection) -> Result<bool> {
    Ok(sqlx::query_scalar(
        "select pipeline_id is null from trello_connections where organization_id = $1 and id = $2",
    )
    .bind(tx.organization())
    .bind(connection.id)
    .fetch_one(tx.sql())
    .await?)
}

async fn lost(app: &App, connection: &Connection, why: &str) -> Step {
    connection::note_broken(app, connection, why).await?;
    Ok(Turn::Never(why.to_owned()))
}

/// New lists are no stage until somebody says so.
async fn put_lists(tx: &mut Tx, connection: &Connection, board: &Board) -> Result<()> {
    let ids: Vec<&str> = board.lists.iter().map(|list| list.id.as_str()).collect();
    let names: Vec<String> = board.lists.iter().map(|list| list.name.replace('\0', "")).collect();
    sqlx::query(
        "with board as (update trello_connections set board_name = $5, board_url = $6 where organization_id = $1 and id = $2),
         closed as (update trello_lists set closed = true
                    where organization_id = $1 and connection_id = $2 and not closed and list_id <> all ($3))
         insert into trello_lists (organization_id, connection_id, list_id, name, position)
         select $1, $2, id, name, n from unnest($3::text[], $4::text[]) with ordinality as list (id, name, n)
         on conflict (organization_id, connection_id, list_id) do update
         set name = excluded.name, position = excluded.position, closed = false",
    )
    .bind(tx.organization())
    .bind(connection.id)
    .bind(ids)
    .bind(names)
    .bind(board.name.replace('\0', ""))
    .bind(board.url.replace('\0', ""))
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// What happened on the board since it was last asked, and deals that are not as they were when they were last in step.
pub(super) async fn catch_up(app: &App, connection: &Connection) -> Result<(), Halt> {
    let began = Utc::now();
    let since = (connection.actions_until - OVERLAP).max(connection.created_at);
    let actions = connection.trello(app).actions(&connection.board_id, since, receive::KINDS).await?;
    receive::take_in(app, connection, actions, false).await?;
    let mut tx = app.db.begin(connection.organization_id).await?;
    for deal_id in out_of_step(&mut tx, connection).await? {
        tx.enqueue(What::Deal { deal_id }.of(connection.id));
    }
    sqlx::query(
        "update trello_connections set actions_until = $3, synced_at = now() where organization_id = $1 and id = $2",
    )
    .bind(tx.organization())
    .bind(connection.id)
    .bind(began)
    .execute(tx.sql())
    .await?;
    connection::tell(&mut tx);
    tx.commit().await?;
    Ok(())
}

async fn out_of_step(tx: &mut Tx, connection: &Connection) -> Result<Vec<DealId>> {
    Ok(sqlx::query_scalar(
        "select d.id from deals d
         join trello_cards c on c.organization_id = d.organization_id and c.connection_id = $2 and c.deal_id = d.id
         where d.organization_id = $1 and not c.left_board and d.version is distinct from c.deal_version
         union all
         select d.id from deals d
         where d.organization_id = $1 and d.pipeline_id = $3 and d.deleted_at is null and d.stage_entered_at >= $4
           and exists (select from trello_lists l
                       where l.organization_id = $1 and l.connection_id = $2 and l.stage_id = d.stage_id and not l.closed)
           and not exists (select from trello_cards c where c.organization_id = $1 and c.connection_id = $2 and c.deal_id = d.id)
         order by id limit $5",
    )
    .bind(tx.organization())
    .bind(connection.id)
    .bind(connection.pipeline_id)
    .bind(connection.created_at)
    .bind(DEALS)
    .fetch_all(tx.sql())
    .await?)
}

/// Takes the webhook away and forgets the secrets and all links; cards and deals stay.
pub(super) async fn leave(app: &App, connection: &Connection, attempts: i32) -> Result<Turn> {
    if let Some(webhook) = &connection.webhook_id {
        match connection.trello(app).delete_webhook(webhook).await {
            Err(TrelloError::Slower(pause)) => return Ok(Turn::Wait(pause)),
            Err(TrelloError::Unclear(detail)) if attempts < FAREWELLS => return Ok(Turn::Again(detail)),
            // It is gone, dies with its token, or Trello gives it up when nobody answers.
            _ => {}
        }
    }
    let mut tx = app.db.begin(connection.organization_id).await?;
    for statement in [
        "delete from trello_cards where organization_id = $1 and connection_id = $2",
        "delete from trello_lists where organization_id = $1 and connection_id = $2",
        "delete from trello_actions where organization_id = $1 and connection_id = $2",
        "update trello_connections set sealed = '', account = '{}', webhook_id = null where organization_id = $1 and id = $2",
    ] {
        sqlx::query(statement).bind(tx.organization()).bind(connection.id).execute(tx.sql()).await?;
    }
    tx.commit().await?;
    Ok(Turn::Done)
}
