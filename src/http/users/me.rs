//! Oneself: name, preferences, availability, password.

use axum::extract::State;
use garde::Validate;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{
    access::{
        agent::{Agent, Member},
        lockout,
        member::{self, Availability, MemberTeam},
        password,
        permission::{May, Role},
        session::{self, End},
        user::{self, User, normal_email},
    },
    app::App,
    db::Tx,
    error::{Error, Problems, Result},
    http::extract::{Json, password_length, text},
    ids::SessionId,
};

/// Most bytes that a client may keep as preferences.
const PREFERENCES: usize = 16 * 1024;

/// The caller, in this organization.
#[derive(Serialize, ToSchema)]
pub struct Me {
    #[serde(flatten)]
    pub user: User,
    pub role: Role,
    /// In this organization; other organizations of the same person keep their own.
    pub availability: Availability,
    pub teams: Vec<MemberTeam>,
}

/// Absent fields stay as they are.
#[derive(Deserialize, Validate, ToSchema)]
pub struct UpdateMe {
    #[garde(inner(custom(text), length(chars, max = 200)))]
    name: Option<String>,
    /// Takes the place of all that was kept.
    #[garde(custom(small))]
    #[schema(value_type = Option<Object>)]
    preferences: Option<Map<String, Value>>,
    /// Whether the caller takes new conversations in this organization now; everybody in it is told.
    #[garde(skip)]
    availability: Option<Availability>,
    /// Needed with `new_password`.
    #[garde(skip)]
    #[schema(value_type = Option<String>, format = Password)]
    current_password: Option<SecretString>,
    /// Ends the caller's other sessions.
    #[garde(inner(custom(password_length)))]
    #[schema(value_type = Option<String>, format = Password, min_length = 8, max_length = 200)]
    new_password: Option<SecretString>,
}

fn small(preferences: &Option<Map<String, Value>>, (): &()) -> garde::Result {
    let size =
        preferences.as_ref().map_or(0, |map| serde_json::to_vec(map).map_or(usize::MAX, |json| json.len()));
    if size > PREFERENCES { Err(garde::Error::new("must not be larger than 16 KiB")) } else { Ok(()) }
}

/// The caller.
#[utoipa::path(get, path = "/users/me", operation_id = "get_me", tag = "users",
    responses((status = 200, body = Me), Problems))]
pub async fn get(agent: Agent) -> Result<Json<Me>> {
    let (mut tx, member) = agent.begin(May::ReadOrganization).await?;
    Ok(Json(find(&mut tx, &member).await?))
}

/// Changes the caller's name, preferences, availability or password.
#[utoipa::path(patch, path = "/users/me", operation_id = "update_me", tag = "users",
    request_body = UpdateMe, responses((status = 200, body = Me), Problems))]
pub async fn update(State(app): State<App>, agent: Agent, Json(body): Json<UpdateMe>) -> Result<Json<Me>> {
    let (mut tx, member) = agent.begin(May::ReadOrganization).await?;
    let user = user::find(tx.sql(), member.user_id).await?;
    if let Some(new) = body.new_password {
        // Nothing is locked yet, and hashing takes its time.
        drop(tx);
        change_password(&app, &user, agent.claims().session_id, body.current_password, new).await?;
        (tx, _) = agent.begin(May::ReadOrganization).await?;
    }
    sqlx::query(
        "update users set name = coalesce($2, name), preferences = coalesce($3, preferences) where id = $1",
    )
    .bind(member.user_id)
    .bind(body.name.as_deref().map(str::trim))
    .bind(body.preferences.map(Value::Object))
    .execute(tx.sql())
    .await?;
    let moved = match body.availability {
        Some(availability) => member::set_availability(&mut tx, member.user_id, availability).await?,
        None => false,
    };
    let me = find(&mut tx, &member).await?;
    if body.name.is_some() || moved {
        member::tell_changed(&mut tx, Some(member.user_id));
    }
    tx.commit().await?;
    Ok(Json(me))
}

async fn find(tx: &mut Tx, member: &Member) -> Result<Me> {
    let user = user::find(tx.sql(), member.user_id).await?;
    let seen = member::find(tx, member.user_id).await?;
    Ok(Me { user, role: member.role, availability: seen.availability, teams: seen.teams.0 })
}

/// Guessing the current password counts like guessing it at the door.
async fn change_password(
    app: &App,
    user: &User,
    session: SessionId,
    current: Option<SecretString>,
    new: SecretString,
) -> Result<()> {
    let current =
        current.ok_or_else(|| Error::invalid_field("current_password", "is needed to set a new one"))?;
    let email = normal_email(&user.email);
    let system = app.db.system();
    app.throttle.account(&email)?;
    lockout::check(system, &email).await?;
    let hash: Option<String> = sqlx::query_scalar("select password_hash from users where id = $1")
        .bind(user.id)
        .fetch_one(system)
        .await?;
    if !password::fits(current, hash).await? {
        lockout::failed(system, &email).await?;
        return Err(Error::invalid_field("current_password", "is not your password"));
    }
    lockout::succeeded(system, &email).await?;
    let hash = password::hash(new).await?;
    let mut tx = system.begin().await?;
    sqlx::query("update users set password_hash = $2 where id = $1")
        .bind(user.id)
        .bind(hash)
        .execute(&mut *tx)
        .await?;
    session::end_all(&mut tx, user.id, Some(session), End::PasswordChanged).await?;
    tx.commit().await?;
    Ok(())
}
