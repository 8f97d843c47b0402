//! Teams: groups of members that conversations are assigned to.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::types::Json;
use utoipa::ToSchema;

use crate::{
    access::member,
    db::Tx,
    error::{Error, Result},
    ids::{TeamId, UserId},
    inbox::task_change,
    realtime::event::{EventKind, NewEvent},
};

#[derive(Clone, Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct Team {
    pub id: TeamId,
    pub name: String,
    pub description: String,
    /// By name.
    #[schema(value_type = Vec<TeamMember>)]
    pub members: Json<Vec<TeamMember>>,
    pub version: i32,
    pub created_at: DateTime<Utc>,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TeamMember {
    pub id: UserId,
    pub name: String,
}

const SELECT: &str = "select teams.id, teams.name, teams.description, teams.version, teams.created_at,
        coalesce((select jsonb_agg(jsonb_build_object('id', users.id, 'name', users.name) order by lower(users.name), users.id)
                  from team_members join users on users.id = team_members.user_id
                  where team_members.organization_id = teams.organization_id
                    and team_members.team_id = teams.id), '[]') as members
     from teams where teams.organization_id = $1";

/// All teams, by name; an organization has few.
pub async fn list(tx: &mut Tx) -> Result<Vec<Team>> {
    let sql = format!("{SELECT} order by lower(teams.name)");
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(tx.organization()).fetch_all(tx.sql()).await?)
}

pub async fn find(tx: &mut Tx, id: TeamId) -> Result<Team> {
    let sql = format!("{SELECT} and teams.id = $2");
    sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(tx.organization())
        .bind(id)
        .fetch_optional(tx.sql())
        .await?
        .ok_or_else(|| Error::not_found("team"))
}

/// 409 `name_taken` if another team has the name.
pub async fn create(tx: &mut Tx, name: &str, description: &str) -> Result<TeamId> {
    let id = TeamId::new();
    sqlx::query("insert into teams (organization_id, id, name, description) values ($1, $2, $3, $4)")
        .bind(tx.organization())
        .bind(id)
        .bind(name)
        .bind(description)
        .execute(tx.sql())
        .await
        .map_err(name_taken)?;
    Ok(id)
}

/// Absent fields stay. 409 with the present state when the version is another one by now.
pub async fn change(
    tx: &mut Tx,
    id: TeamId,
    name: Option<&str>,
    description: Option<&str>,
    version: Option<i32>,
) -> Result<()> {
    let changed = sqlx::query(
        "update teams set name = coalesce($3, name), description = coalesce($4, description), version = version + 1
         where organization_id = $1 and id = $2 and ($5::int is null or version = $5)",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(name)
    .bind(description)
    .bind(version)
    .execute(tx.sql())
    .await
    .map_err(name_taken)?;
    if changed.rows_affected() == 0 {
        return Err(Error::version_conflict(find(tx, id).await?));
    }
    Ok(())
}

/// Its conversations are nobody's team's afterwards.
pub async fn delete(tx: &mut Tx, id: TeamId) -> Result<()> {
    let deleted = sqlx::query("delete from teams where organization_id = $1 and id = $2")
        .bind(tx.organization())
        .bind(id)
        .execute(tx.sql())
        .await?;
    if deleted.rows_affected() == 0 {
        return Err(Error::not_found("team"));
    }
    let freed = sqlx::query_scalar(
        "update conversations set team_id = null, version = version + 1
         where organization_id = $1 and team_id = $2 returning id",
    )
    .bind(tx.organization())
    .bind(id)
    .fetch_all(tx.sql())
    .await?;
    member::tell_freed(tx, freed).await?;
    task_change::free_of_team(tx, id).await
}

/// Exactly these are in the team afterwards.
pub async fn set_members(tx: &mut Tx, id: TeamId, members: &[UserId]) -> Result<()> {
    sqlx::query(
        "delete from team_members where organization_id = $1 and team_id = $2 and user_id <> all($3)",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(members)
    .execute(tx.sql())
    .await?;
    add_members(tx, id, members).await
}

/// 422 for somebody who is no member of the organization.
pub async fn add_members(tx: &mut Tx, id: TeamId, members: &[UserId]) -> Result<()> {
    sqlx::query(
        "insert into team_members (organization_id, team_id, user_id)
         select distinct $1::uuid, $2::uuid, user_id from unnest($3::uuid[]) as user_id on conflict do nothing",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(members)
    .execute(tx.sql())
    .await
    .map_err(|error| match Error::from(error) {
        error if error.breaks("team_members_organization_id_user_id_fkey") => {
            Error::invalid_field("member_ids", "names somebody who is not a member of the organization")
        }
        error => error,
    })?;
    Ok(())
}

pub async fn remove_member(tx: &mut Tx, id: TeamId, member: UserId) -> Result<()> {
    let removed =
        sqlx::query("delete from team_members where organization_id = $1 and team_id = $2 and user_id = $3")
            .bind(tx.organization())
            .bind(id)
            .bind(member)
            .execute(tx.sql())
            .await?;
    if removed.rows_affected() == 0 {
        return Err(Error::not_found("member of this team"));
    }
    Ok(())
}

/// Browsers ask for teams anew, and sockets for what their member may see.
pub fn tell_changed(tx: &mut Tx, id: TeamId) {
    tx.tell(NewEvent::everybody(EventKind::SettingsUpdated, &json!({"what": "teams", "team_id": id})));
}

fn name_taken(error: sqlx::Error) -> Error {
    match Error::from(error) {
        error if error.breaks("teams_name") => {
            Error::conflict("name_taken", "There is a team with this name already.")
        }
        error => error,
    }
}
