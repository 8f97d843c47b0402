//! "Add to Slack": the admin consents, and the code is traded for the workspace's token, once.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};
use url::Url;

use super::{Shared, call::Refused, lock, world::random};

pub(super) fn code(shared: &Shared, account: &str) -> String {
    let code = random(24);
    lock(&shared.codes).insert(code.clone(), account.to_owned());
    code
}

/// Consents at once, on behalf of the first workspace of the app, or denies.
pub(super) async fn page(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Response {
    let text = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
    let account =
        lock(&shared.workspaces).values().find(|one| one.client_id == text("client_id")).map(|one| one.key());
    let (Some(account), Ok(mut redirect)) = (account, Url::parse(text("redirect_uri"))) else {
        return (StatusCode::BAD_REQUEST, "Invalid client_id parameter").into_response();
    };
    if *lock(&shared.denies) {
        redirect.query_pairs_mut().append_pair("error", "access_denied").append_pair("state", text("state"));
    } else {
        let code = code(&shared, &account);
        redirect.query_pairs_mut().append_pair("code", &code).append_pair("state", text("state"));
    }
    Redirect::to(redirect.as_str()).into_response()
}

pub(super) fn access(
    shared: &Shared,
    authorization: &str,
    fields: &Map<String, Value>,
) -> Result<Value, Refused> {
    let field = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    let basic = authorization.strip_prefix("Basic ").and_then(|text| STANDARD.decode(text).ok());
    let given = basic.and_then(|text| String::from_utf8(text).ok()).unwrap_or_default();
    let account = lock(&shared.codes).remove(field("code")).ok_or("invalid_code")?;
    let mut workspaces = lock(&shared.workspaces);
    let workspace = workspaces.get_mut(&account).ok_or("invalid_code")?;
    if given != format!("{}:{}", workspace.client_id, workspace.client_secret) {
        return Err("bad_client_secret".into());
    }
    Ok(json!({
        "access_token": workspace.bot_token, "token_type": "bot", "scope": workspace.scopes, "bot_user_id": workspace.user,
        "app_id": workspace.app, "team": { "id": workspace.team, "name": workspace.name }, "enterprise": null,
        "is_enterprise_install": false, "authed_user": { "id": "U0ADMIN" },
    }))
}
