//! Where colleagues follow conversations, chosen on an integration.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use channels::{SendError, mirror::Place};
use garde::Validate;
use serde::Deserialize;
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
    ids::{IntegrationId, TeamId},
    inbox::{
        self,
        integration::Integration,
        integration_admin::{self, missing},
        mirror::{Choice, Mirror},
    },
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show, choose, remove)).routes(routes!(places))
}

/// What is mirrored through this integration; 404 if nothing is.
#[utoipa::path(get, path = "/integrations/{id}/mirror", operation_id = "get_mirror", tag = "integrations",
    params(("id" = IntegrationId, Path,)), responses((status = 200, body = Mirror), Problems))]
async fn show(State(app): State<App>, agent: Agent, Path(id): Path<IntegrationId>) -> Result<Json<Mirror>> {
    let (mut tx, _) = agent.begin(May::ReadIntegrations).await?;
    integration_admin::find(&app, &mut tx, id).await?;
    let found = inbox::mirror::find(&mut tx, id).await?;
    found.map(Json).ok_or_else(|| Error::not_found("mirror"))
}

/// Rooms on the platform that the account is in, to choose from; none where conversations cannot be followed.
#[utoipa::path(get, path = "/integrations/{id}/mirror/places", operation_id = "list_mirror_places", tag = "integrations",
    params(("id" = IntegrationId, Path,)), responses((status = 200, body = Page<Place>), Problems))]
async fn places(
    State(app): State<App>,
    agent: Agent,
    Path(id): Path<IntegrationId>,
) -> Result<Json<Page<Place>>> {
    let (tx, member) = agent.begin(May::WriteIntegrations).await?;
    drop(tx);
    let integration = usable(&app, &member, id).await?;
    let places = match integration.channel.mirror() {
        Some(mirror) => ask(&app, &integration, mirror).await?,
        None => Vec::new(),
    };
    Ok(Json(Page::whole(places)))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct MirrorChoice {
    /// The id of one of the integration's places.
    #[garde(length(min = 1, max = 100))]
    place: String,
    /// Conversations of these channels alone; empty: of all.
    #[garde(length(max = 50), inner(length(max = 50)))]
    #[serde(default)]
    channels: Vec<String>,
    /// Conversations of these teams alone; empty: of all, and those that no team has.
    #[garde(length(max = 100))]
    #[serde(default)]
    team_ids: Vec<TeamId>,
}

/// From now on, conversations are followed there, a thread for each, and answered from there. What is written in that place
/// comes from colleagues, never from customers.
#[utoipa::path(put, path = "/integrations/{id}/mirror", operation_id = "put_mirror", tag = "integrations",
    params(("id" = IntegrationId, Path,)), request_body = MirrorChoice,
    responses((status = 200, body = Mirror), Problems))]
async fn choose(
    State(app): State<App>,
    agent: Agent,
    Path(id): Path<IntegrationId>,
    Json(body): Json<MirrorChoice>,
) -> Result<Json<Mirror>> {
    let (tx, member) = agent.begin(May::WriteIntegrations).await?;
    drop(tx);
    let integration = usable(&app, &member, id).await?;
    let mirror = integration.channel.mirror().ok_or_else(|| {
        let name = integration.channel.name();
        Error::unprocessable("not_supported", format!("Conversations cannot be followed on {name}."))
    })?;
    let places = ask(&app, &integration, mirror).await?;
    let place = places.into_iter().find(|place| place.id == body.place).ok_or_else(|| {
        Error::invalid_field("place", "The account is not in this place. Invite the app into it first.")
    })?;
    let (mut tx, _) = agent.begin(May::WriteIntegrations).await?;
    let choice = Choice { place, channels: body.channels, team_ids: body.team_ids };
    inbox::mirror::put(&mut tx, id, &choice).await?;
    let chosen = inbox::mirror::find(&mut tx, id).await?.ok_or_else(|| Error::not_found("mirror"))?;
    integration_admin::tell(&mut tx);
    tx.commit().await?;
    Ok(Json(chosen))
}

/// Ends it. What was posted stays on the platform.
#[utoipa::path(delete, path = "/integrations/{id}/mirror", operation_id = "delete_mirror", tag = "integrations",
    params(("id" = IntegrationId, Path,)), responses((status = 204, description = "Ended"), Problems))]
async fn remove(State(app): State<App>, agent: Agent, Path(id): Path<IntegrationId>) -> Result<StatusCode> {
    let (mut tx, _) = agent.begin(May::WriteIntegrations).await?;
    integration_admin::find(&app, &mut tx, id).await?;
    inbox::mirror::remove(&mut tx, id).await?;
    integration_admin::tell(&mut tx);
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn ask(
    app: &App,
    integration: &Integration,
    mirror: &dyn ::channels::mirror::Mirror,
) -> Result<Vec<Place>> {
    mirror.places(&integration.account, &app.net).await.map_err(|error| {
        let detail = match error {
            SendError::Refused(why)
            | SendError::AccountBroken(why)
            | SendError::Later { reason: why, .. } => why.detail,
            SendError::Unknown(_) => "The platform did not answer.".to_owned(),
        };
        Error::unprocessable("platform_refused", detail)
    })
}

/// Unsealed, and of the member's organization: the store knows all tenants'.
async fn usable(app: &App, member: &Member, id: IntegrationId) -> Result<Arc<Integration>> {
    let found = app.integrations.find(id).await?;
    found.filter(|one| one.organization_id == member.organization_id).ok_or_else(missing)
}
