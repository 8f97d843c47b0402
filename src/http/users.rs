//! The people of the organization: who they are, inviting, changing and removing them.

use axum::{extract::State, http::StatusCode};
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    access::{
        agent::Agent,
        invitation::{self, Invitation},
        member::{self, Profile},
        organization,
        permission::{May, Role},
        user::normal_email,
    },
    app::App,
    error::{Error, Problems, Result},
    http::{
        extract::{Json, Path},
        page::Page,
    },
    ids::{InvitationId, UserId},
    mail::{self, Mail},
};

mod me;

/// `/users`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, invite))
        .routes(routes!(me::get, me::update))
        .routes(routes!(get, update, remove))
}

#[derive(Deserialize, Validate, ToSchema)]
pub struct Invite {
    #[garde(email, length(bytes, max = 254))]
    email: String,
    /// At most one's own.
    #[garde(skip)]
    role: Role,
}

/// Absent fields stay as they are.
#[derive(Deserialize, Validate, ToSchema)]
pub struct UpdateMember {
    /// At most one's own.
    #[garde(skip)]
    role: Option<Role>,
    /// `false` shuts the member out at once; `true` lets them in again.
    #[garde(skip)]
    active: Option<bool>,
}

/// All members, by name; and, for who may invite, the invitations that wait.
#[utoipa::path(get, path = "/users", operation_id = "list_users", tag = "users",
    responses((status = 200, body = Page<Profile>), Problems))]
pub async fn list(agent: Agent) -> Result<Json<Page<Profile>>> {
    let (mut tx, member) = agent.begin(May::ReadOrganization).await?;
    let mut people = member::list(&mut tx).await?;
    if member.role.may(May::InviteUsers) {
        people.extend(invitation::open(&mut tx).await?);
    }
    Ok(Json(Page::whole(people)))
}

/// Invites somebody by letter, and answers with the letter's token. Inviting an address again withdraws its older
/// invitation.
#[utoipa::path(post, path = "/users", operation_id = "invite_user", tag = "users",
    request_body = Invite, responses((status = 201, body = Invitation), Problems))]
pub async fn invite(
    State(app): State<App>,
    agent: Agent,
    Json(body): Json<Invite>,
) -> Result<(StatusCode, Json<Invitation>)> {
    let (mut tx, member) = agent.begin(May::InviteUsers).await?;
    let invitation = invitation::write(&mut tx, &member, &normal_email(&body.email), body.role).await?;
    let organization = organization::find(tx.sql(), member.organization_id).await?;
    member::tell_changed(&mut tx, None);
    tx.commit().await?;
    if let Err(error) = write_letter(&app, &invitation, &member.name, &organization.name).await {
        // The inviter has the token and can hand it over.
        tracing::error!(error = %error, invitation.id = %invitation.id, "an invitation's letter could not be written");
    }
    Ok((StatusCode::CREATED, Json(invitation)))
}

async fn write_letter(
    app: &App,
    invitation: &Invitation,
    by: &str,
    organization: &str,
) -> std::io::Result<()> {
    let server = &app.config.server;
    let text = format!(
        "{by} invites you to {organization} on Switchboard. Join within seven days:\r\n\r\n{}accept-invitation?token={}",
        server.public_url, invitation.token,
    );
    let subject = format!("{by} invites you to {organization}");
    mail::send(&server.data, &Mail { to: invitation.email.clone(), subject, text }).await
}

/// One member.
#[utoipa::path(get, path = "/users/{user_id}", operation_id = "get_user", tag = "users",
    params(("user_id" = UserId, Path,)), responses((status = 200, body = Profile), Problems))]
pub async fn get(agent: Agent, Path(id): Path<UserId>) -> Result<Json<Profile>> {
    let (mut tx, _) = agent.begin(May::ReadOrganization).await?;
    Ok(Json(member::find(&mut tx, id).await?))
}

/// Changes a member's role, or shuts them out and in.
#[utoipa::path(patch, path = "/users/{user_id}", operation_id = "update_user", tag = "users",
    params(("user_id" = UserId, Path,)), request_body = UpdateMember,
    responses((status = 200, body = Profile), Problems))]
pub async fn update(
    agent: Agent,
    Path(id): Path<UserId>,
    Json(body): Json<UpdateMember>,
) -> Result<Json<Profile>> {
    let (mut tx, actor) = agent.begin(May::ChangeRoles).await?;
    let standing = member::lock(&mut tx, actor.role, id).await?;
    if let Some(role) = body.role.filter(|role| *role != standing.role) {
        member::set_role(&mut tx, actor.role, id, role).await?;
    }
    match body.active.filter(|active| *active != standing.active) {
        Some(false) if id == actor.user_id => return Err(oneself("deactivate")),
        Some(false) => member::deactivate(&mut tx, id).await?,
        Some(true) => member::reactivate(&mut tx, id).await?,
        None => {}
    }
    let profile = member::find(&mut tx, id).await?;
    member::tell_changed(&mut tx, Some(id));
    tx.commit().await?;
    Ok(Json(profile))
}

/// Removes a member, or withdraws an invitation.
#[utoipa::path(delete, path = "/users/{user_id}", operation_id = "remove_user", tag = "users",
    params(("user_id" = UserId, Path,)), responses((status = 204, description = "Gone"), Problems))]
pub async fn remove(agent: Agent, Path(id): Path<UserId>) -> Result<StatusCode> {
    let (mut tx, actor) = agent.begin(May::RemoveUsers).await?;
    if id == actor.user_id {
        return Err(oneself("remove"));
    }
    if !invitation::withdraw(&mut tx, InvitationId(id.0)).await? {
        member::lock(&mut tx, actor.role, id).await?;
        member::remove(&mut tx, id).await?;
    }
    member::tell_changed(&mut tx, Some(id));
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn oneself(what: &str) -> Error {
    Error::unprocessable("not_oneself", format!("Nobody can {what} themselves. Ask another admin."))
}
