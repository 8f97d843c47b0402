//! Tokens with which a member's browser becomes a telephone of an integration.

use axum::extract::State;
use channels::{SendError, call::PhoneToken};
use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    access::{agent::Agent, permission::May},
    app::App,
    error::{Error, Problems, Result},
    http::extract::{Json, Path},
    ids::IntegrationId,
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(create))
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
    let channel = integration.channel;
    let phone = channel.browser_phone(&integration.account, &member.user_id.to_string(), Utc::now());
    let phone = phone.map_err(|error| match error {
        SendError::Refused(why) => Error::unprocessable("no_browser_calls", why.detail),
        other => Error::Internal(other.to_string()),
    })?;
    Ok(Json(VoiceToken { own: phone.own.into(), shared: phone.shared.into(), expires_at: phone.expires_at }))
}
