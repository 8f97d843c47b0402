//! Where colleagues follow conversations, and which: the choice that an admin makes on an integration whose platform can do it.

use channels::mirror::Place;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    db::Tx,
    error::{Error, Result},
    ids::{IntegrationId, TeamId},
};

/// What is mirrored, and where to.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Mirror {
    /// The room on the platform in which each conversation is a thread.
    pub place: Place,
    /// Conversations of these channels alone; empty: of all.
    pub channels: Vec<String>,
    /// Conversations of these teams alone; empty: of all, and those that no team has.
    pub team_ids: Vec<TeamId>,
    pub created_at: DateTime<Utc>,
}

/// What an admin chooses.
#[derive(Clone, Debug)]
pub struct Choice {
    pub place: Place,
    pub channels: Vec<String>,
    pub team_ids: Vec<TeamId>,
}

#[derive(sqlx::FromRow)]
struct Row {
    place: String,
    place_name: String,
    channels: Vec<String>,
    team_ids: Vec<TeamId>,
    created_at: DateTime<Utc>,
}

pub async fn find(tx: &mut Tx, integration: IntegrationId) -> Result<Option<Mirror>> {
    let row: Option<Row> = sqlx::query_as(
        "select place, place_name, channels, team_ids, created_at from mirrors
         where organization_id = $1 and integration_id = $2",
    )
    .bind(tx.organization())
    .bind(integration)
    .fetch_optional(tx.sql())
    .await?;
    Ok(row.map(|row| Mirror {
        place: Place { id: row.place, name: row.place_name },
        channels: row.channels,
        team_ids: row.team_ids,
        created_at: row.created_at,
    }))
}

/// From now on. A thread that was begun in this place before goes on.
pub async fn put(tx: &mut Tx, integration: IntegrationId, choice: &Choice) -> Result<()> {
    if choice.channels.iter().any(|channel| channels::find(channel).is_none()) {
        return Err(Error::invalid_field("channels", "There is no such channel."));
    }
    check_teams(tx, &choice.team_ids).await?;
    sqlx::query(
        "insert into mirrors as known (organization_id, integration_id, place, place_name, channels, team_ids)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (organization_id, integration_id) do update set
             place = excluded.place, place_name = excluded.place_name, channels = excluded.channels,
             team_ids = excluded.team_ids,
             position = case when known.place = excluded.place then known.position else excluded.position end",
    )
    .bind(tx.organization())
    .bind(integration)
    .bind(&choice.place.id)
    .bind(&choice.place.name)
    .bind(&choice.channels)
    .bind(&choice.team_ids)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// What was posted stays there; nothing more comes, and nothing goes from there to customers.
pub async fn remove(tx: &mut Tx, integration: IntegrationId) -> Result<()> {
    sqlx::query("delete from mirrors where organization_id = $1 and integration_id = $2")
        .bind(tx.organization())
        .bind(integration)
        .execute(tx.sql())
        .await?;
    Ok(())
}

async fn check_teams(tx: &mut Tx, ids: &[TeamId]) -> Result<()> {
    let known: Vec<TeamId> =
        sqlx::query_scalar("select id from teams where organization_id = $1 and id = any($2)")
            .bind(tx.organization())
            .bind(ids)
            .fetch_all(tx.sql())
            .await?;
    if ids.iter().all(|id| known.contains(id)) {
        return Ok(());
    }
    Err(Error::invalid_field("team_ids", "There is no such team."))
}
