//! A connected board, ready for use: its secrets are unsealed here, in memory, for the length of a job or a callback.

use account::Account;
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{agree::Map, api::Trello};
use crate::{
    accounts,
    app::App,
    db::Tx,
    error::Result,
    ids::{OrganizationId, PipelineId, StageId, TrelloId},
    realtime::event::{EventKind, NewEvent},
    vault::Place,
};

pub struct Connection {
    pub id: TrelloId,
    pub organization_id: OrganizationId,
    pub account: Account,
    pub member_id: String,
    pub board_id: String,
    pub pipeline_id: Option<PipelineId>,
    /// `connected`, `paused` or `broken`.
    pub status: String,
    pub import: bool,
    /// To the letter as it was registered.
    pub callback_url: String,
    pub webhook_id: Option<String>,
    pub webhook_checked_at: Option<DateTime<Utc>>,
    pub actions_until: DateTime<Utc>,
    pub created_at: DateTime<Utc>,
    pub deleted_at: Option<DateTime<Utc>>,
}

#[derive(sqlx::FromRow)]
struct Row {
    organization_id: OrganizationId,
    id: TrelloId,
    account: Value,
    sealed: Vec<u8>,
    member_id: String,
    board_id: String,
    pipeline_id: Option<PipelineId>,
    status: String,
    import: bool,
    callback_url: String,
    webhook_id: Option<String>,
    webhook_checked_at: Option<DateTime<Utc>>,
    actions_until: DateTime<Utc>,
    created_at: DateTime<Utc>,
    deleted_at: Option<DateTime<Utc>>,
}

/// Crosses tenants, and finds one that is being disconnected, too. Callers are callbacks, which know no tenant yet, and jobs, which check the
/// organization. `None` once its secrets are gone.
pub async fn find(app: &App, id: TrelloId) -> Result<Option<Connection>> {
    let row: Option<Row> = sqlx::query_as(
        "select organization_id, id, account, sealed, member_id, board_id, pipeline_id, status, import, callback_url, webhook_id,
                webhook_checked_at, actions_until, created_at, deleted_at
         from trello_connections where id = $1 and sealed <> ''",
    )
    .bind(id)
    .fetch_optional(app.db.system())
    .await?;
    row.map(|row| open(app, row)).transpose()
}

fn open(app: &App, row: Row) -> Result<Connection> {
    let account = accounts::whole(&app.vault, place(row.organization_id, row.id), row.account, &row.sealed)?;
    Ok(Connection {
        id: row.id,
        organization_id: row.organization_id,
        account,
        member_id: row.member_id,
        board_id: row.board_id,
        pipeline_id: row.pipeline_id,
        status: row.status,
        import: row.import,
        callback_url: row.callback_url,
        webhook_id: row.webhook_id,
        webhook_checked_at: row.webhook_checked_at,
        actions_until: row.actions_until,
        created_at: row.created_at,
        deleted_at: row.deleted_at,
    })
}

impl Connection {
    pub fn trello<'a>(&'a self, app: &'a App) -> Trello<'a> {
        Trello::new(&self.account, &app.net, client(self.id))
    }

    pub fn works(&self) -> bool {
        self.status == "connected" && self.deleted_at.is_none()
    }

    /// Which list is which stage, in the order of the board.
    pub async fn map(&self, tx: &mut Tx) -> Result<Map> {
        let lists: Vec<(String, Option<StageId>)> = sqlx::query_as(
            "select list_id, stage_id from trello_lists where organization_id = $1 and connection_id = $2 and not closed order by position, list_id",
        )
        .bind(tx.organization())
        .bind(self.id)
        .fetch_all(tx.sql())
        .await?;
        Ok(Map { lists })
    }
}

/// What our calls carry, and callbacks about them repeat.
pub fn client(id: TrelloId) -> String {
    format!("switchboard-{id}")
}

/// Where the sealed fields belong.
pub fn place(organization: OrganizationId, id: TrelloId) -> Place {
    Place { organization: organization.0, column: "trello_connections.sealed", row: id.0 }
}

/// Nothing goes any more until an admin has looked at it.
pub async fn note_broken(app: &App, connection: &Connection, why: &str) -> Result<()> {
    let mut tx = app.db.begin(connection.organization_id).await?;
    sqlx::query(
        "update trello_connections set status = 'broken', problem = $3, version = version + 1
         where organization_id = $1 and id = $2 and status = 'connected'",
    )
    .bind(tx.organization())
    .bind(connection.id)
    .bind(why)
    .execute(tx.sql())
    .await?;
    tell(&mut tx);
    Ok(tx.commit().await?)
}

pub fn tell(tx: &mut Tx) {
    tx.tell(NewEvent::everybody(EventKind::SettingsUpdated, &serde_json::json!({"what": "trello"})));
}
