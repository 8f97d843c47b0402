//! A new person founds a new organization.

use axum::{extract::State, http::StatusCode, response::Response};
use garde::Validate;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use super::LoggedIn;
use crate::{
    access::{
        organization, password,
        permission::Role,
        session::Place,
        user::{self, normal_email},
    },
    app::App,
    error::{Problems, Result},
    http::{
        address::Caller,
        extract::{Json, password_length, text},
    },
};

#[derive(Deserialize, Validate, ToSchema)]
pub struct Register {
    #[garde(custom(text), length(chars, max = 200))]
    organization_name: String,
    #[garde(custom(text), length(chars, max = 200))]
    name: String,
    #[garde(email, length(bytes, max = 254))]
    email: String,
    /// 8 to 200 characters.
    #[garde(custom(password_length))]
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 200)]
    password: SecretString,
}

/// Makes an account, an organization, and the account its owner.
#[utoipa::path(post, path = "/auth/register", operation_id = "register", tag = "auth", security(()),
    request_body = Register, responses((status = 201, body = LoggedIn), Problems))]
pub async fn register(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<Register>,
) -> Result<Response> {
    app.throttle.attempt(caller.address)?;
    let hash = password::hash(body.password).await?;
    let mut tx = app.db.system().begin().await?;
    let user = user::create(&mut tx, &normal_email(&body.email), body.name.trim(), &hash).await?;
    let organization = organization::found(&mut tx, body.organization_name.trim(), user.id).await?;
    tx.commit().await?;
    let place = Place { user_id: user.id, organization_id: organization.id, role: Role::Owner };
    super::enter(&app, place, &caller, StatusCode::CREATED).await
}
