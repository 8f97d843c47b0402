//! Teams and who is in them.

use axum::{http::StatusCode, response::Response};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    access::{
        agent::Agent,
        permission::May,
        team::{self, Team, TeamMember},
    },
    app::App,
    db::Tx,
    error::{Problems, Result},
    http::{
        extract::{Json, Path, text},
        idempotency::IdempotencyKey,
        page::Page,
    },
    ids::{TeamId, UserId},
};

/// `/teams`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, update, delete))
        .routes(routes!(members, set_members, add_member))
        .routes(routes!(remove_member))
}

#[derive(Serialize, Deserialize, Validate, ToSchema)]
pub struct CreateTeam {
    #[garde(custom(text), length(chars, max = 100))]
    name: String,
    #[serde(default)]
    #[garde(length(chars, max = 1000))]
    description: String,
    #[serde(default)]
    #[garde(length(max = 1000))]
    member_ids: Vec<UserId>,
}

/// Absent fields stay as they are.
#[derive(Deserialize, Validate, ToSchema)]
pub struct UpdateTeam {
    #[garde(inner(custom(text), length(chars, max = 100)))]
    name: Option<String>,
    #[garde(inner(length(chars, max = 1000)))]
    description: Option<String>,
    /// Exactly these are in the team afterwards.
    #[garde(inner(length(max = 1000)))]
    member_ids: Option<Vec<UserId>>,
    /// The version that the change was made from; 409 if it is another one by now.
    #[garde(skip)]
    version: Option<i32>,
}

#[derive(Deserialize, Validate, ToSchema)]
pub struct SetTeamMembers {
    #[garde(length(max = 1000))]
    member_ids: Vec<UserId>,
}

#[derive(Deserialize, Validate, ToSchema)]
pub struct AddTeamMember {
    #[garde(skip)]
    user_id: UserId,
}

/// All teams, by name.
#[utoipa::path(get, path = "/teams", operation_id = "list_teams", tag = "teams",
    responses((status = 200, body = Page<Team>), Problems))]
pub async fn list(agent: Agent) -> Result<Json<Page<Team>>> {
    let (mut tx, _) = agent.begin(May::ReadOrganization).await?;
    Ok(Json(Page::whole(team::list(&mut tx).await?)))
}

/// Makes a team.
#[utoipa::path(post, path = "/teams", operation_id = "create_team", tag = "teams",
    params(("Idempotency-Key" = Option<String>, Header,)),
    request_body = CreateTeam, responses((status = 201, body = Team), Problems))]
pub async fn create(agent: Agent, key: IdempotencyKey, Json(body): Json<CreateTeam>) -> Result<Response> {
    let (mut tx, member) = agent.begin(May::WriteTeams).await?;
    let fresh = match key.begin(&mut tx, &member, "teams.create", &body).await? {
        Ok(fresh) => fresh,
        Err(before) => return Ok(before),
    };
    let id = team::create(&mut tx, body.name.trim(), body.description.trim()).await?;
    team::add_members(&mut tx, id, &body.member_ids).await?;
    let team = team::find(&mut tx, id).await?;
    team::tell_changed(&mut tx, id);
    let answer = fresh.answer(&mut tx, StatusCode::CREATED, &team).await?;
    tx.commit().await?;
    Ok(answer)
}

/// One team.
#[utoipa::path(get, path = "/teams/{team_id}", operation_id = "get_team", tag = "teams",
    params(("team_id" = TeamId, Path,)), responses((status = 200, body = Team), Problems))]
pub async fn get(agent: Agent, Path(id): Path<TeamId>) -> Result<Json<Team>> {
    let (mut tx, _) = agent.begin(May::ReadOrganization).await?;
    Ok(Json(team::find(&mut tx, id).await?))
}

/// Changes a team.
#[utoipa::path(patch, path = "/teams/{team_id}", operation_id = "update_team", tag = "teams",
    params(("team_id" = TeamId, Path,)), request_body = UpdateTeam, responses((status = 200, body = Team), Problems))]
pub async fn update(
    agent: Agent,
    Path(id): Path<TeamId>,
    Json(body): Json<UpdateTeam>,
) -> Result<Json<Team>> {
    let (mut tx, _) = agent.begin(May::WriteTeams).await?;
    let name = body.name.as_deref().map(str::trim);
    let description = body.description.as_deref().map(str::trim);
    team::change(&mut tx, id, name, description, body.version).await?;
    if let Some(members) = &body.member_ids {
        team::set_members(&mut tx, id, members).await?;
    }
    finish(tx, id).await
}

/// Deletes a team; its conversations are no team's afterwards.
#[utoipa::path(delete, path = "/teams/{team_id}", operation_id = "delete_team", tag = "teams",
    params(("team_id" = TeamId, Path,)), responses((status = 204, description = "Gone"), Problems))]
pub async fn delete(agent: Agent, Path(id): Path<TeamId>) -> Result<StatusCode> {
    let (mut tx, _) = agent.begin(May::WriteTeams).await?;
    team::delete(&mut tx, id).await?;
    team::tell_changed(&mut tx, id);
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who is in a team, by name.
#[utoipa::path(get, path = "/teams/{team_id}/members", operation_id = "list_team_members", tag = "teams",
    params(("team_id" = TeamId, Path,)), responses((status = 200, body = Page<TeamMember>), Problems))]
pub async fn members(agent: Agent, Path(id): Path<TeamId>) -> Result<Json<Page<TeamMember>>> {
    let (mut tx, _) = agent.begin(May::ReadOrganization).await?;
    Ok(Json(Page::whole(team::find(&mut tx, id).await?.members.0)))
}

/// Says who is in a team.
#[utoipa::path(put, path = "/teams/{team_id}/members", operation_id = "set_team_members", tag = "teams",
    params(("team_id" = TeamId, Path,)), request_body = SetTeamMembers, responses((status = 200, body = Team), Problems))]
pub async fn set_members(
    agent: Agent,
    Path(id): Path<TeamId>,
    Json(body): Json<SetTeamMembers>,
) -> Result<Json<Team>> {
    let (mut tx, _) = agent.begin(May::WriteTeams).await?;
    team::change(&mut tx, id, None, None, None).await?;
    team::set_members(&mut tx, id, &body.member_ids).await?;
    finish(tx, id).await
}

/// Puts somebody into a team; nothing changes if they are in it already.
#[utoipa::path(post, path = "/teams/{team_id}/members", operation_id = "add_team_member", tag = "teams",
    params(("team_id" = TeamId, Path,)), request_body = AddTeamMember, responses((status = 200, body = Team), Problems))]
pub async fn add_member(
    agent: Agent,
    Path(id): Path<TeamId>,
    Json(body): Json<AddTeamMember>,
) -> Result<Json<Team>> {
    let (mut tx, _) = agent.begin(May::WriteTeams).await?;
    team::change(&mut tx, id, None, None, None).await?;
    team::add_members(&mut tx, id, &[body.user_id]).await?;
    finish(tx, id).await
}

/// Takes somebody out of a team.
#[utoipa::path(delete, path = "/teams/{team_id}/members/{user_id}", operation_id = "remove_team_member", tag = "teams",
    params(("team_id" = TeamId, Path,), ("user_id" = UserId, Path,)),
    responses((status = 204, description = "Out of the team"), Problems))]
pub async fn remove_member(agent: Agent, Path((id, user)): Path<(TeamId, UserId)>) -> Result<StatusCode> {
    let (mut tx, _) = agent.begin(May::WriteTeams).await?;
    team::change(&mut tx, id, None, None, None).await?;
    team::remove_member(&mut tx, id, user).await?;
    team::tell_changed(&mut tx, id);
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn finish(mut tx: Tx, id: TeamId) -> Result<Json<Team>> {
    let team = team::find(&mut tx, id).await?;
    team::tell_changed(&mut tx, id);
    tx.commit().await?;
    Ok(Json(team))
}
