//! "Add to …": sending an admin to the platform's consent page, and taking them back.

use std::collections::BTreeMap;

use axum::{
    Router,
    extract::{Path as UrlPath, Query as UrlQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::{AppendHeaders, IntoResponse, Redirect, Response},
    routing::get,
};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    access::{agent::Agent, permission::May, secret},
    app::App,
    error::{Error, Problems, Result},
    http::extract::{Json, Path},
    ids::IntegrationId,
    inbox::integration_admin::missing,
    install::{self, Begun, Brought, Failed},
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(begin)).routes(routes!(reauthorise))
}

/// Where platforms send browsers back to.
pub fn router() -> Router<App> {
    Router::new().route("/oauth/{channel}/callback", get(come_back))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewInstall {
    #[garde(length(min = 1, max = 50))]
    channel: String,
    /// The channel's `install_form`, filled in.
    #[garde(length(max = 50))]
    #[serde(default)]
    account: BTreeMap<String, String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct ConsentPage {
    /// To be opened in the same browser within ten minutes.
    url: String,
}

/// Begins to connect accounts by consent. The browser is given a cookie without which the way back does not work.
#[utoipa::path(post, path = "/integrations/install", operation_id = "install_integration", tag = "integrations",
    request_body = NewInstall, responses((status = 200, body = ConsentPage), Problems))]
async fn begin(State(app): State<App>, agent: Agent, Json(body): Json<NewInstall>) -> Result<Response> {
    let (mut tx, _) = agent.begin(May::WriteIntegrations).await?;
    let channel = app
        .integrations
        .channel(&body.channel)
        .ok_or_else(|| Error::invalid_field("channel", "There is no such channel."))?;
    let account = install::fill(&app, channel, body.account)?;
    let begun = install::begin(&app, &mut tx, agent.claims(), channel, &account, None).await?;
    tx.commit().await?;
    Ok(sent(&app, &begun))
}

/// Asks for consent again: for an account that the platform has come to refuse, or that needs more permissions.
#[utoipa::path(post, path = "/integrations/{id}/reauthorise", operation_id = "reauthorise_integration", tag = "integrations",
    params(("id" = IntegrationId, Path,)), responses((status = 200, body = ConsentPage), Problems))]
async fn reauthorise(
    State(app): State<App>,
    agent: Agent,
    Path(id): Path<IntegrationId>,
) -> Result<Response> {
    let (mut tx, member) = agent.begin(May::WriteIntegrations).await?;
    let found = app.integrations.find(id).await?;
    let integration =
        found.filter(|one| one.organization_id == member.organization_id).ok_or_else(missing)?;
    let account = install::app_of(&integration)?;
    let begun =
        install::begin(&app, &mut tx, agent.claims(), integration.channel, &account, Some(id)).await?;
    tx.commit().await?;
    Ok(sent(&app, &begun))
}

fn sent(app: &App, begun: &Begun) -> Response {
    let cookie = cookie(app, begun.state.text(), begun.browser.text(), 600);
    let body = Json(ConsentPage { url: begun.address.to_string() });
    (AppendHeaders([(header::SET_COOKIE, cookie)]), body).into_response()
}

#[derive(Debug, Deserialize)]
struct Return {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
}

/// Sends the browser on to the settings page, with `connected` or `connect_error` in the query, whatever happened.
async fn come_back(
    State(app): State<App>,
    UrlPath(channel): UrlPath<String>,
    UrlQuery(query): UrlQuery<Return>,
    headers: HeaderMap,
) -> Response {
    let Some(channel) = app.integrations.channel(&channel) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let state = query.state.unwrap_or_default();
    let browser = kept(&headers, &state).unwrap_or_default();
    let error = query.error.as_deref().map_or(Brought::Nothing, Brought::Error);
    let brought = query.code.as_deref().map_or(error, Brought::Code);
    let done = install::finish(&app, channel, &state, &browser, brought).await;
    let done = done.unwrap_or_else(|error| {
        tracing::error!(%error, channel = %channel.id(), "a consent could not be used");
        Err(Failed::Unavailable)
    });
    let result = match &done {
        Ok(ids) => {
            format!("connected={}", ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(","))
        }
        Err(failed) => format!("connect_error={}", failed.as_str()),
    };
    let clear = AppendHeaders([(header::SET_COOKIE, cookie(&app, &state, "", 0))]);
    (clear, Redirect::to(&format!("/settings/integrations?{result}"))).into_response()
}

/// One cookie per consent, so that two tabs do not take each other's.
fn cookie_name(state: &str) -> String {
    format!("switchboard_install_{}", hex::encode(&secret::hash(state)[..6]))
}

// Lax, as the browser comes from the platform's site.
fn cookie(app: &App, state: &str, value: &str, seconds: u32) -> String {
    let secure = if app.config.server.public_url.scheme() == "https" { "; Secure" } else { "" };
    let name = cookie_name(state);
    format!("{name}={value}; Path=/oauth; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
}

fn kept(headers: &HeaderMap, state: &str) -> Option<String> {
    let wanted = cookie_name(state);
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find_map(|(name, value)| (name == wanted).then(|| value.to_owned()))
}
