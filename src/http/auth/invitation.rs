//! Accepting an invitation: with a new account, or with the password of the one that the address has.

use axum::{extract::State, http::StatusCode, response::Response};
use garde::Validate;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use utoipa::ToSchema;

use super::{LoggedIn, login::authenticate};
use crate::{
    access::{
        organization, password,
        permission::Role,
        secret,
        session::Place,
        user::{self, normal_email},
    },
    app::App,
    error::{Error, Problems, Result},
    http::{
        address::Caller,
        extract::{Json, password_length, text},
    },
    ids::{InvitationId, OrganizationId, UserId},
};

#[derive(Deserialize, Validate, ToSchema)]
pub struct LookAtInvitation {
    #[garde(length(bytes, max = 200))]
    token: String,
}

/// What an invitation is for, shown to who holds it.
#[derive(Serialize, ToSchema)]
pub struct InvitationSeen {
    pub email: String,
    pub organization_name: String,
    pub role: Role,
    /// Whether to ask for the password of an account, or for a name and a new password.
    pub has_account: bool,
}

#[derive(Deserialize, Validate, ToSchema)]
pub struct AcceptInvitation {
    #[garde(length(bytes, max = 200))]
    token: String,
    /// Needed when the address has no account yet.
    #[garde(inner(custom(text), length(chars, max = 200)))]
    name: Option<String>,
    /// A new one, or that of the account.
    #[garde(custom(password_length))]
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 200)]
    password: SecretString,
}

#[derive(sqlx::FromRow)]
struct Open {
    organization_id: OrganizationId,
    id: InvitationId,
    email: String,
    role: Role,
    organization_name: String,
    account: Option<UserId>,
}

/// What an invitation is for.
#[utoipa::path(post, path = "/auth/invitation", operation_id = "look_at_invitation", tag = "auth", security(()),
    request_body = LookAtInvitation, responses((status = 200, body = InvitationSeen), Problems))]
pub async fn look_at(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<LookAtInvitation>,
) -> Result<Json<InvitationSeen>> {
    app.throttle.attempt(caller.address)?;
    let mut connection = app.db.system().acquire().await?;
    let open = find(&mut connection, &body.token).await?;
    Ok(Json(InvitationSeen {
        email: open.email,
        organization_name: open.organization_name,
        role: open.role,
        has_account: open.account.is_some(),
    }))
}

/// Becomes a member, and logs in.
#[utoipa::path(post, path = "/auth/accept-invitation", operation_id = "accept_invitation", tag = "auth", security(()),
    request_body = AcceptInvitation, responses((status = 201, body = LoggedIn), Problems))]
pub async fn accept(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<AcceptInvitation>,
) -> Result<Response> {
    app.throttle.attempt(caller.address)?;
    let mut connection = app.db.system().acquire().await?;
    let open = find(&mut connection, &body.token).await?;
    drop(connection);
    let place = match open.account {
        Some(_) => join_as_known(&app, &open, body.password).await?,
        None => join_as_new(&app, &open, body).await?,
    };
    super::enter(&app, place, &caller, StatusCode::CREATED).await
}

async fn join_as_known(app: &App, open: &Open, password: SecretString) -> Result<Place> {
    let user = authenticate(app, &normal_email(&open.email), password).await?;
    let mut tx = app.db.system().begin().await?;
    join(&mut tx, open, user).await?;
    tx.commit().await?;
    Ok(Place { user_id: user, organization_id: open.organization_id, role: open.role })
}

async fn join_as_new(app: &App, open: &Open, body: AcceptInvitation) -> Result<Place> {
    let name = body.name.ok_or_else(|| Error::invalid_field("name", "is needed for a new account"))?;
    let hash = password::hash(body.password).await?;
    let mut tx = app.db.system().begin().await?;
    let user = user::create(&mut tx, &normal_email(&open.email), name.trim(), &hash).await?;
    join(&mut tx, open, user.id).await?;
    tx.commit().await?;
    Ok(Place { user_id: user.id, organization_id: open.organization_id, role: open.role })
}

/// Uses the invitation up; of two that try at once one is too late.
async fn join(tx: &mut PgConnection, open: &Open, user: UserId) -> Result<()> {
    let used = sqlx::query(
        "update invitations set accepted_at = now()
         where organization_id = $1 and id = $2 and accepted_at is null and expires_at > now()",
    )
    .bind(open.organization_id)
    .bind(open.id)
    .execute(&mut *tx)
    .await?;
    if used.rows_affected() == 0 {
        return Err(invalid());
    }
    organization::join(tx, open.organization_id, user, open.role).await
}

async fn find(connection: &mut PgConnection, token: &str) -> Result<Open> {
    sqlx::query_as(
        "select invitations.organization_id, invitations.id, invitations.email, invitations.role,
                organizations.name as organization_name, users.id as account
         from invitations
         join organizations on organizations.id = invitations.organization_id
         left join users on lower(users.email) = lower(invitations.email)
         where invitations.token_hash = $1 and invitations.accepted_at is null and invitations.expires_at > now()",
    )
    .bind(secret::hash(token))
    .fetch_optional(connection)
    .await?
    .ok_or_else(invalid)
}

fn invalid() -> Error {
    Error::bad_request(
        "invitation_invalid",
        "This invitation was used, withdrawn or is too old. Ask for a new one.",
    )
}
