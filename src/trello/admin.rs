//! Connections as admins make, change and end them.

use std::collections::{BTreeMap, HashSet};

use ::account::Account;
use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::types::Json;
use utoipa::ToSchema;

use super::{
    api::{Trello, TrelloError},
    connection::{self, Connection, place, tell},
    form,
    order::What,
    receive,
    wire::{Board, Member},
};
use crate::{
    accounts,
    app::App,
    db::Tx,
    error::{Error, Result},
    ids::{PipelineId, StageId, TrelloId, UserId},
};

/// A connection as people see it; its secrets are masked.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = TrelloConnection)]
pub struct View {
    pub id: TrelloId,
    pub board_id: String,
    pub board_name: String,
    pub board_url: String,
    /// `null` once it was deleted.
    pub pipeline_id: Option<PipelineId>,
    /// `connected`, `paused`, or `broken`: nothing goes until somebody sees to it.
    pub status: String,
    /// Why it is broken, or what does not work although it is connected.
    pub problem: Option<String>,
    /// Whose the token is.
    pub member_name: String,
    pub account: BTreeMap<String, String>,
    /// Open lists of the board, in their order.
    pub lists: Vec<ListView>,
    /// Cards that are deals.
    pub cards: i64,
    /// Deals that cannot be brought in step, at most 20.
    pub problems: Vec<CardProblem>,
    /// Whether Trello calls when something happens; otherwise it is asked every ten minutes.
    pub called: bool,
    /// The cards that were there are still being taken over.
    pub taking_over: bool,
    /// When both sides were last compared.
    pub synced_at: Option<DateTime<Utc>>,
    pub version: i32,
    pub created_at: DateTime<Utc>,
}

#[derive(Clone, Debug, Serialize, serde::Deserialize, ToSchema)]
#[schema(as = TrelloList)]
pub struct ListView {
    pub list_id: String,
    pub name: String,
    /// `null`: its cards are let alone.
    pub stage_id: Option<StageId>,
}

#[derive(Clone, Debug, Serialize, serde::Deserialize, ToSchema)]
#[schema(as = TrelloCardProblem)]
pub struct CardProblem {
    pub deal_id: crate::ids::DealId,
    pub title: String,
    pub problem: String,
}

/// What is wanted of a new connection.
#[derive(Clone, Debug)]
pub struct Plan {
    pub account: Account,
    pub board_id: String,
    pub pipeline_id: PipelineId,
    /// Which list is which stage; lists that are not named are none.
    pub lists: BTreeMap<String, StageId>,
    /// The board's open cards become deals.
    pub import: bool,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: TrelloId,
    account: Json<BTreeMap<String, String>>,
    sealed: Vec<u8>,
    board_id: String,
    board_name: String,
    board_url: String,
    pipeline_id: Option<PipelineId>,
    status: String,
    problem: Option<String>,
    member_name: String,
    lists: Json<Vec<ListView>>,
    cards: i64,
    problems: Json<Vec<CardProblem>>,
    called: bool,
    taking_over: bool,
    synced_at: Option<DateTime<Utc>>,
    version: i32,
    created_at: DateTime<Utc>,
}

const SELECT: &str = "select t.id, t.account, t.sealed, t.board_id, t.board_name, t.board_url, t.pipeline_id, t.status, t.problem,
        t.member_name, t.webhook_id is not null as called, t.import as taking_over, t.synced_at, t.version, t.created_at,
        (select count(*) from trello_cards c
         where c.organization_id = t.organization_id and c.connection_id = t.id and c.card_id is not null) as cards,
        coalesce((select jsonb_agg(jsonb_build_object('list_id', l.list_id, 'name', l.name, 'stage_id', l.stage_id) order by l.position)
                  from trello_lists l where l.organization_id = t.organization_id and l.connection_id = t.id and not l.closed), '[]') as lists,
        coalesce((select jsonb_agg(p) from (
                      select c.deal_id, d.title, c.problem from trello_cards c
                      join deals d on d.organization_id = c.organization_id and d.id = c.deal_id
                      where c.organization_id = t.organization_id and c.connection_id = t.id and c.problem is not null
                      order by c.deal_id limit 20) p), '[]') as problems
    from trello_connections t where t.organization_id = $1 and t.deleted_at is null";

pub async fn list(app: &App, tx: &mut Tx) -> Result<Vec<View>> {
    let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!("{SELECT} order by t.created_at, t.id")))
        .bind(tx.organization())
        .fetch_all(tx.sql())
        .await?;
    rows.into_iter().map(|row| view(app, tx, row)).collect()
}

pub async fn find(app: &App, tx: &mut Tx, id: TrelloId) -> Result<View> {
    let row: Option<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!("{SELECT} and t.id = $2")))
        .bind(tx.organization())
        .bind(id)
        .fetch_optional(tx.sql())
        .await?;
    view(app, tx, row.ok_or_else(missing)?)
}

fn view(app: &App, tx: &Tx, row: Row) -> Result<View> {
    let account = accounts::masked(&app.vault, place(tx.organization(), row.id), row.account.0, &row.sealed)?;
    Ok(View {
        id: row.id,
        board_id: row.board_id,
        board_name: row.board_name,
        board_url: row.board_url,
        pipeline_id: row.pipeline_id,
        status: row.status,
        problem: row.problem,
        member_name: row.member_name,
        account,
        lists: row.lists.0,
        cards: row.cards,
        problems: row.problems.0,
        called: row.called,
        taking_over: row.taking_over,
        synced_at: row.synced_at,
        version: row.version,
        created_at: row.created_at,
    })
}

/// That of an organization, with its secrets, to be used in its name.
pub async fn of(app: &App, tx: &mut Tx, id: TrelloId) -> Result<Connection> {
    let found = connection::find(app, id).await?;
    let organization = tx.organization();
    found.filter(|one| one.organization_id == organization && one.deleted_at.is_none()).ok_or_else(missing)
}

/// What Trello says of the credentials: whose they are, and the boards.
pub async fn boards(app: &App, account: &Account) -> Result<Vec<Board>> {
    trello(app, account).boards().await.map_err(|error| refused(&error))
}

pub async fn look(app: &App, account: &Account, board: &str) -> Result<(Member, Board)> {
    let trello = trello(app, account);
    let member = trello.me().await.map_err(|error| refused(&error))?;
    match trello.board(board).await {
        Ok(board) if board.closed => Err(Error::invalid_field("board_id", "This board is closed at Trello.")),
        Ok(board) => Ok((member, board)),
        Err(TrelloError::Gone(_)) => {
            Err(Error::invalid_field("board_id", "The token does not see such a board."))
        }
        Err(error) => Err(refused(&error)),
    }
}

fn trello<'a>(app: &'a App, account: &'a Account) -> Trello<'a> {
    Trello::new(account, &app.net, "switchboard".to_owned())
}

/// A question that an admin waits for was not answered.
fn refused(error: &TrelloError) -> Error {
    match error {
        TrelloError::TokenRefused(why) => Error::invalid_field("account.token", why.clone()),
        TrelloError::Slower(pause) => Error::too_many(pause.as_secs().max(1)),
        other => Error::unprocessable("trello_failed", other.to_string()),
    }
}

/// The pipeline and its stages are the organization's, before anybody outside is asked.
pub async fn check_stages(
    tx: &mut Tx,
    pipeline: PipelineId,
    lists: &BTreeMap<String, StageId>,
) -> Result<()> {
    let known: Vec<StageId> =
        sqlx::query_scalar("select id from stages where organization_id = $1 and pipeline_id = $2")
            .bind(tx.organization())
            .bind(pipeline)
            .fetch_all(tx.sql())
            .await?;
    if known.is_empty() {
        return Err(Error::invalid_field("pipeline_id", "There is no such pipeline."));
    }
    if lists.values().any(|stage| !known.contains(stage)) {
        return Err(Error::invalid_field("lists", "A list can be a stage of this pipeline only."));
    }
    Ok(())
}

/// Stores it; a job registers the webhook and takes over what is there. 409 where the board or the pipeline is connected already.
pub async fn create(
    app: &App,
    tx: &mut Tx,
    by: UserId,
    plan: &Plan,
    (member, board): &(Member, Board),
) -> Result<TrelloId> {
    let on_board: HashSet<&str> = board.lists.iter().map(|list| list.id.as_str()).collect();
    if plan.lists.keys().any(|list| !on_board.contains(list.as_str())) {
        return Err(Error::invalid_field("lists", "The board has no such list."));
    }
    let id = TrelloId::new();
    let (open, sealed) =
        accounts::seal(&app.vault, place(tx.organization(), id), &form::form(), &plan.account)?;
    let origin = app.config.server.public_url.as_str().trim_end_matches('/');
    sqlx::query(
        "insert into trello_connections (organization_id, id, account, sealed, member_id, member_name, board_id, board_name, board_url,
                                         pipeline_id, import, callback_url, created_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(open)
    .bind(sealed)
    .bind(&member.id)
    .bind(receive::name(member))
    .bind(&board.id)
    .bind(board.name.replace('\0', ""))
    .bind(&board.url)
    .bind(plan.pipeline_id)
    .bind(plan.import)
    .bind(format!("{origin}/webhooks/trello/{id}"))
    .bind(by)
    .execute(tx.sql())
    .await
    .map_err(taken)?;
    put_lists(tx, id, board).await?;
    map(tx, id, &plan.lists).await?;
    tx.enqueue(What::CatchUp.of(id));
    tell(tx);
    Ok(id)
}

async fn put_lists(tx: &mut Tx, id: TrelloId, board: &Board) -> Result<()> {
    sqlx::query(
        "insert into trello_lists (organization_id, connection_id, list_id, name, position)
         select $1, $2, id, name, n from unnest($3::text[], $4::text[]) with ordinality as list (id, name, n)",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(board.lists.iter().map(|list| list.id.as_str()).collect::<Vec<_>>())
    .bind(board.lists.iter().map(|list| list.name.replace('\0', "")).collect::<Vec<_>>())
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Lists that are not named are no stage any more. Cards and deals stay where they are; what moves next follows the new map.
pub async fn map(tx: &mut Tx, id: TrelloId, lists: &BTreeMap<String, StageId>) -> Result<()> {
    sqlx::query(
        "update trello_lists l set stage_id = (select stage from unnest($3::text[], $4::uuid[]) as given (list, stage) where list = l.list_id)
         where l.organization_id = $1 and l.connection_id = $2",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(lists.keys().collect::<Vec<_>>())
    .bind(lists.values().copied().collect::<Vec<_>>())
    .execute(tx.sql())
    .await?;
    touch(tx, id).await
}

/// New credentials: the webhook belongs to the old token and is looked for anew.
pub async fn change_account(
    app: &App,
    tx: &mut Tx,
    id: TrelloId,
    account: &Account,
    member: &Member,
) -> Result<()> {
    let (open, sealed) = accounts::seal(&app.vault, place(tx.organization(), id), &form::form(), account)?;
    sqlx::query(
        "update trello_connections set account = $3, sealed = $4, member_id = $5, member_name = $6, webhook_checked_at = null
         where organization_id = $1 and id = $2",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(open)
    .bind(sealed)
    .bind(&member.id)
    .bind(receive::name(member))
    .execute(tx.sql())
    .await?;
    resume(tx, id).await
}

pub async fn pause(tx: &mut Tx, id: TrelloId) -> Result<()> {
    sqlx::query("update trello_connections set status = 'paused' where organization_id = $1 and id = $2")
        .bind(tx.organization())
        .bind(id)
        .execute(tx.sql())
        .await?;
    touch(tx, id).await
}

/// Goes on, and catches up with what was missed on both sides.
pub async fn resume(tx: &mut Tx, id: TrelloId) -> Result<()> {
    sqlx::query(
        "update trello_connections
         set status = 'connected', problem = case when status = 'broken' then null else problem end,
             position = case when status = 'connected' then position else pg_snapshot_xmin(pg_current_snapshot()) end
         where organization_id = $1 and id = $2",
    )
    .bind(tx.organization())
    .bind(id)
    .execute(tx.sql())
    .await?;
    touch(tx, id).await?;
    catch_up(tx, id).await
}

/// Compares both sides now.
pub async fn catch_up(tx: &mut Tx, id: TrelloId) -> Result<()> {
    sqlx::query("update trello_connections set ordered_at = now() where organization_id = $1 and id = $2")
        .bind(tx.organization())
        .bind(id)
        .execute(tx.sql())
        .await?;
    tx.enqueue(What::CatchUp.of(id));
    Ok(())
}

/// Nothing goes from now on; a job takes the webhook away. Cards and deals stay.
pub async fn delete(tx: &mut Tx, id: TrelloId) -> Result<()> {
    let done = sqlx::query(
        "update trello_connections set deleted_at = now() where organization_id = $1 and id = $2 and deleted_at is null",
    )
    .bind(tx.organization())
    .bind(id)
    .execute(tx.sql())
    .await?;
    if done.rows_affected() == 0 {
        return Err(missing());
    }
    tx.enqueue(What::Leave.of(id));
    tell(tx);
    Ok(())
}

async fn touch(tx: &mut Tx, id: TrelloId) -> Result<()> {
    sqlx::query("update trello_connections set version = version + 1 where organization_id = $1 and id = $2")
        .bind(tx.organization())
        .bind(id)
        .execute(tx.sql())
        .await?;
    tell(tx);
    Ok(())
}

fn taken(error: sqlx::Error) -> Error {
    match Error::from(error) {
        error if error.breaks("trello_connections_board") => {
            Error::conflict("board_connected", "This board is connected already.")
        }
        error if error.breaks("trello_connections_pipeline") => {
            Error::conflict("pipeline_connected", "This pipeline has a board already.")
        }
        error => error,
    }
}

fn missing() -> Error {
    Error::not_found("connection")
}
