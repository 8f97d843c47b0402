//! Where somebody is logged in, and logging out there.

use axum::{extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    access::{
        agent::Agent,
        permission::May,
        session::{End, REFRESH_DAYS},
    },
    app::App,
    error::{Error, Problems, Result},
    http::{
        extract::{Json, Path},
        page::Page,
    },
    ids::SessionId,
};

/// One place where somebody is logged in.
#[derive(Serialize, ToSchema, sqlx::FromRow)]
pub struct Session {
    pub id: SessionId,
    pub user_agent: Option<String>,
    pub address: Option<String>,
    pub created_at: DateTime<Utc>,
    pub last_used_at: DateTime<Utc>,
    /// The one that asks.
    pub current: bool,
}

/// The caller's sessions that live, the newest used first.
#[utoipa::path(get, path = "/auth/sessions", operation_id = "list_sessions", tag = "auth",
    responses((status = 200, body = Page<Session>), Problems))]
pub async fn list(State(app): State<App>, agent: Agent) -> Result<Json<Page<Session>>> {
    let (_, member) = agent.begin(May::ReadOrganization).await?;
    let sessions = sqlx::query_as(
        "select id, user_agent, address, created_at, last_used_at, id = $2 as current
         from sessions
         where user_id = $1 and ended_at is null and last_used_at > now() - make_interval(days => $3)
         order by last_used_at desc limit 200",
    )
    .bind(member.user_id)
    .bind(agent.claims().session_id)
    .bind(REFRESH_DAYS)
    .fetch_all(app.db.system())
    .await?;
    Ok(Json(Page::whole(sessions)))
}

/// Ends one of the caller's sessions at once.
#[utoipa::path(delete, path = "/auth/sessions/{session_id}", operation_id = "end_session", tag = "auth",
    params(("session_id" = SessionId, Path,)), responses((status = 204, description = "Ended"), Problems))]
pub async fn end(State(app): State<App>, agent: Agent, Path(id): Path<SessionId>) -> Result<StatusCode> {
    let (_, member) = agent.begin(May::ReadOrganization).await?;
    let ended = sqlx::query(
        "update sessions set ended_at = now(), ended_because = $3
         where id = $1 and user_id = $2 and ended_at is null",
    )
    .bind(id)
    .bind(member.user_id)
    .bind(End::EndedByUser.as_str())
    .execute(app.db.system())
    .await?;
    if ended.rows_affected() == 0 {
        return Err(Error::not_found("session"));
    }
    Ok(StatusCode::NO_CONTENT)
}
