//! Integrations that take calls, and the tokens with which a member's browser becomes a telephone of one.

use std::sync::Arc;

use axum::extract::State;
use channels::{
    SendError,
    call::{BrowserPhone, PhoneToken},
};
use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    access::{
        agent::{Agent, Member},
        permission::May,
    },
    app::App,
    error::{Error, Problems, Result},
    http::{
        extract::{Json, Path},
        page::Page,
    },
    ids::IntegrationId,
    inbox::integration::Integration,
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(create))
}

/// An integration that takes calls.
#[derive(Serialize, ToSchema)]
struct Phone {
    integration_id: IntegrationId,
    name: String,
    channel: String,
    /// What customers call.
    number: String,
    /// Whether browsers are telephones of it.
    browser: bool,
    /// The platform's library that carries the sound: `twilio`. `null` where nothing is heard in the browser.
    library: Option<String>,
}

impl Phone {
    fn of(integration: &Integration, member: &Member) -> Self {
        let phone = phone(integration, member).ok();
        Self {
            integration_id: integration.id,
            name: integration.name.clone(),
            channel: integration.channel.id().to_string(),
            number: integration.account_key.clone(),
            browser: phone.is_some(),
            library: phone.and_then(|phone| phone.library).map(str::to_owned),
        }
    }
}

fn phone(integration: &Integration, member: &Member) -> Result<BrowserPhone, SendError> {
    integration.channel.browser_phone(&integration.account, &member.user_id.to_string(), Utc::now())
}

/// Integrations that take calls, for those who may take them.
#[utoipa::path(get, path = "/phones", operation_id = "list_phones", tag = "calls",
    responses((status = 200, body = Page<Phone>), Problems))]
async fn list(State(app): State<App>, agent: Agent) -> Result<Json<Page<Phone>>> {
    let calling: Vec<&str> =
        channels::all().iter().filter(|one| one.abilities().calls).map(|one| one.id().as_str()).collect();
    let (mut tx, member) = agent.begin(May::WriteConversations).await?;
    let ids: Vec<IntegrationId> = sqlx::query_scalar(
        "select id from integrations
         where organization_id = $1 and channel = any($2) and status = 'active' and deleted_at is null order by created_at",
    )
    .bind(tx.organization())
    .bind(calling)
    .fetch_all(tx.sql())
    .await?;
    tx.commit().await?;
    let found: Vec<Arc<Integration>> = app.integrations.of_ids(&ids).await?;
    Ok(Json(Page::whole(found.iter().map(|one| Phone::of(one, &member)).collect())))
}

/// For the platform's own library in the browser. Ask again before it expires.
#[derive(Serialize, ToSchema)]
struct VoiceToken {
    /// Rings for the member alone: their own calls, and those that are put through to them.
    own: VoiceIdentity,
    /// Rings in the browsers of all members when a customer calls; who does not take calls leaves it out.
    shared: VoiceIdentity,
    expires_at: DateTime<Utc>,
}

#[derive(Serialize, ToSchema)]
struct VoiceIdentity {
    identity: String,
    token: String,
}

impl From<PhoneToken> for VoiceIdentity {
    fn from(phone: PhoneToken) -> Self {
        Self { identity: phone.identity, token: phone.token.expose_secret().to_owned() }
    }
}

/// Makes the member's browser a telephone of the integration.
#[utoipa::path(post, path = "/integrations/{id}/voice-token", operation_id = "create_voice_token", tag = "calls",
    params(("id" = IntegrationId, Path,)), responses((status = 200, body = VoiceToken), Problems))]
async fn create(
    State(app): State<App>,
    agent: Agent,
    Path(id): Path<IntegrationId>,
) -> Result<Json<VoiceToken>> {
    let (tx, member) = agent.begin(May::WriteConversations).await?;
    tx.commit().await?;
    let missing = || Error::not_found("integration");
    let integration = app.integrations.find(id).await?.ok_or_else(missing)?;
    if integration.organization_id != member.organization_id {
        return Err(missing());
    }
    let phone = phone(&integration, &member).map_err(|error| match error {
        SendError::Refused(why) => Error::unprocessable("no_browser_calls", why.detail),
        other => Error::Internal(other.to_string()),
    })?;
    Ok(Json(VoiceToken { own: phone.own.into(), shared: phone.shared.into(), expires_at: phone.expires_at }))
}
