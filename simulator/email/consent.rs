//! Google's and Microsoft's consent: the mailbox's owner agrees at once, the code is traded for tokens, and a fresh token ends the ones
//! before it.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Form, Json, Router,
    extract::{Query, State as Shared},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::Rng;
use serde_json::{Value, json};
use url::Url;

use super::State;

/// An app that was registered for mailboxes, with the one whose owner consents.
pub(super) struct App {
    pub secret: String,
    pub mailbox: String,
    pub scopes: &'static str,
    /// Seconds that an access token is good for, as it says.
    pub life: i64,
    code: Option<String>,
    refresh: Option<String>,
}

impl App {
    pub(super) fn new(mailbox: &str, scopes: &'static str, life: i64) -> Self {
        let (secret, mailbox) = (random(), mailbox.to_owned());
        Self { secret, mailbox, scopes, life, code: None, refresh: None }
    }
}

pub(super) fn random() -> String {
    format!("{:032x}", rand::rng().random::<u128>())
}

pub(super) fn router(state: Arc<State>) -> Router {
    Router::new()
        .route("/o/oauth2/v2/auth", get(page))
        .route("/common/oauth2/v2.0/authorize", get(page))
        .route("/token", post(token))
        .route("/common/oauth2/v2.0/token", post(token))
        .with_state(state)
}

type Fields = BTreeMap<String, String>;

async fn page(Shared(state): Shared<Arc<State>>, Query(query): Query<Fields>) -> Response {
    let text = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
    let mut world = state.world();
    let app = world.apps.get_mut(text("client_id")).filter(|app| app.scopes == text("scope"));
    let (Some(app), Ok(mut redirect)) = (app, Url::parse(text("redirect_uri"))) else {
        return (StatusCode::BAD_REQUEST, "invalid_client").into_response();
    };
    let code = app.code.insert(random()).clone();
    redirect.query_pairs_mut().append_pair("code", &code).append_pair("state", text("state"));
    Redirect::to(redirect.as_str()).into_response()
}

async fn token(Shared(state): Shared<Arc<State>>, Form(fields): Form<Fields>) -> Response {
    match granted(&state, &fields) {
        Ok(granted) => Json(granted).into_response(),
        Err((status, error)) => (status, Json(json!({ "error": error }))).into_response(),
    }
}

fn granted(state: &State, fields: &Fields) -> Result<Value, (StatusCode, &'static str)> {
    let text = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
    let mut world = state.world();
    let world = &mut *world;
    let app = world.apps.get_mut(text("client_id")).filter(|app| app.secret == text("client_secret"));
    let app = app.ok_or((StatusCode::UNAUTHORIZED, "invalid_client"))?;
    let good = match text("grant_type") {
        "authorization_code" => app.code.take().is_some_and(|code| code == text("code")),
        "refresh_token" => app.refresh.as_deref() == Some(text("refresh_token")),
        _ => return Err((StatusCode::BAD_REQUEST, "unsupported_grant_type")),
    };
    let mailbox = world.mailboxes.get_mut(&app.mailbox).filter(|_| good);
    let mailbox = mailbox.ok_or((StatusCode::BAD_REQUEST, "invalid_grant"))?;
    let access = mailbox.token.insert(random()).clone();
    let mut answer = json!({ "access_token": access, "expires_in": app.life, "token_type": "Bearer", "scope": app.scopes });
    if text("grant_type") == "authorization_code" {
        let claims = URL_SAFE_NO_PAD.encode(json!({ "email": app.mailbox }).to_string());
        answer["id_token"] = json!(format!("e30.{claims}.c2lnbmF0dXJl"));
        answer["refresh_token"] = json!(app.refresh.insert(random()));
    }
    Ok(answer)
}
