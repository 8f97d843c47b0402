//! Channels and the accounts connected on them.

use std::{collections::BTreeMap, sync::Arc};

use axum::{extract::State, http::StatusCode, response::Response};
use channels::Check;
use garde::Validate;
use serde::{Deserialize, Serialize};
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
        extract::{self, Json, Path, text},
        idempotency::IdempotencyKey,
        page::Page,
    },
    ids::IntegrationId,
    inbox::{
        integration::Integration,
        integration_admin::{self, Forgeries, IntegrationView, LiveConnection, Notice, missing},
        mirror::{self, Mirror},
        template,
    },
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(channels))
        .routes(routes!(list, create))
        .routes(routes!(show, update, remove))
        .routes(routes!(test))
        .routes(routes!(pause))
        .routes(routes!(resume))
        .routes(routes!(templates))
        .routes(routes!(sync_templates))
}

/// A platform that accounts can be connected on.
#[derive(Debug, Serialize, ToSchema)]
struct ChannelView {
    /// `telegram`
    id: &'static str,
    /// `Telegram`
    name: &'static str,
    /// What it can carry: limits, formats, windows.
    abilities: ::channels::Abilities,
    /// Fields that an admin fills in, in the order of the form.
    account_form: Vec<::channels::Field>,
    /// What is filled in before consenting on the platform's page, where accounts can be connected so.
    install_form: Option<Vec<::channels::Field>>,
    /// Where the platform's app sends the callbacks of all accounts, on channels where it has one address.
    shared_webhook_url: Option<String>,
    /// Whether colleagues can follow conversations on it, and answer from there.
    mirrors: bool,
}

/// Every channel of this installation.
#[utoipa::path(get, path = "/channels", operation_id = "list_channels", tag = "integrations",
    responses((status = 200, body = Page<ChannelView>), Problems))]
async fn channels(State(app): State<App>, agent: Agent) -> Result<Json<Page<ChannelView>>> {
    agent.begin(May::ReadOrganization).await?;
    let view = |channel: &&'static dyn ::channels::Channel| ChannelView {
        id: channel.id().as_str(),
        name: channel.name(),
        abilities: channel.abilities(),
        account_form: channel.account_form().fields,
        install_form: channel.install_form().map(|form| form.fields),
        shared_webhook_url: channel
            .shared_address()
            .then(|| integration_admin::shared_webhook_url(&app, channel.id().as_str())),
        mirrors: channel.mirror().is_some(),
    };
    Ok(Json(Page::whole(::channels::all().iter().map(view).collect())))
}

/// Accounts as everybody in the organization may see them; only those who may read integrations see account fields.
#[utoipa::path(get, path = "/integrations", operation_id = "list_integrations", tag = "integrations",
    responses((status = 200, body = Page<IntegrationView>), Problems))]
async fn list(State(app): State<App>, agent: Agent) -> Result<Json<Page<IntegrationView>>> {
    let (mut tx, member) = agent.begin(May::ReadOrganization).await?;
    let mut integrations = integration_admin::list(&app, &mut tx).await?;
    if !member.role.may(May::ReadIntegrations) {
        integrations.iter_mut().for_each(|one| one.account.clear());
    }
    Ok(Json(Page::whole(integrations)))
}

#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewIntegration {
    #[garde(length(min = 1, max = 50))]
    channel: String,
    #[garde(custom(text), length(chars, max = 100))]
    name: String,
    /// The channel's form, filled in.
    #[garde(length(max = 50))]
    account: BTreeMap<String, String>,
}

/// Connects an account: stores it sealed, registers the callback address with the platform and tests it. What the
/// platform said is in `checks`; an account that it refuses is kept as `broken`.
#[utoipa::path(post, path = "/integrations", operation_id = "create_integration", tag = "integrations",
    request_body = NewIntegration, responses((status = 201, body = IntegrationView), Problems))]
async fn create(
    State(app): State<App>,
    agent: Agent,
    key: IdempotencyKey,
    Json(body): Json<NewIntegration>,
) -> Result<Response> {
    drop(agent.begin(May::WriteIntegrations).await?);
    let channel = app
        .integrations
        .channel(&body.channel)
        .ok_or_else(|| Error::invalid_field("channel", "There is no such channel."))?;
    let account = integration_admin::complete(&app, channel, body.account.clone())?;
    // Before it is stored: from then on a worker may listen.
    let from = integration_admin::listens_from(&app, channel, &account).await;
    let (mut tx, member) = agent.begin(May::WriteIntegrations).await?;
    let fresh = match key.begin(&mut tx, &member, "integrations.create", &body).await? {
        Ok(fresh) => fresh,
        Err(answer) => return Ok(answer),
    };
    let id = integration_admin::create(&app, &mut tx, channel, body.name.trim(), &account, from).await?;
    // What a repeat is answered; the checks of this moment are only in the first answer.
    let stored = integration_admin::find(&app, &mut tx, id).await?;
    let mut answer = fresh.answer(&mut tx, StatusCode::CREATED, &stored).await?;
    tx.commit().await?;
    let tested = connect(&app, &agent, id).await?;
    *answer.body_mut() = axum::body::Body::from(serde_json::to_vec(&tested).unwrap_or_default());
    answer.headers_mut().remove(axum::http::header::CONTENT_LENGTH);
    Ok(answer)
}

/// One account, with what was refused in its name and what the platform told about it.
#[derive(Debug, Serialize, ToSchema)]
struct IntegrationDetail {
    #[serde(flatten)]
    integration: IntegrationView,
    /// Refused callbacks of the last 30 days.
    forgeries: Vec<Forgeries>,
    notices: Vec<Notice>,
    /// Only where the channel listens instead of being called, once it has begun to.
    live: Option<LiveConnection>,
    /// Where colleagues follow conversations on it.
    mirror: Option<Mirror>,
}

#[utoipa::path(get, path = "/integrations/{id}", operation_id = "get_integration", tag = "integrations",
    params(("id" = IntegrationId, Path,)), responses((status = 200, body = IntegrationDetail), Problems))]
async fn show(
    State(app): State<App>,
    agent: Agent,
    Path(id): Path<IntegrationId>,
) -> Result<Json<IntegrationDetail>> {
    let (mut tx, _) = agent.begin(May::ReadIntegrations).await?;
    let integration = integration_admin::find(&app, &mut tx, id).await?;
    let forgeries = integration_admin::forgeries(&mut tx, id).await?;
    let notices = integration_admin::notices(&mut tx, id).await?;
    let live = integration_admin::live_connection(&mut tx, id).await?;
    let mirror = mirror::find(&mut tx, id).await?;
    Ok(Json(IntegrationDetail { integration, forgeries, notices, live, mirror }))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct IntegrationChange {
    #[garde(inner(custom(text), length(chars, max = 100)))]
    name: Option<String>,
    /// Fields that change; the others stay, as do secrets that come back masked. Empty text removes an optional field.
    #[garde(length(max = 50))]
    #[serde(default)]
    account: BTreeMap<String, String>,
    /// Minutes without anything from the platform after which admins are told; `null`: never.
    #[serde(default, deserialize_with = "extract::present")]
    #[schema(value_type = Option<i32>, minimum = 5, maximum = 43200)]
    #[garde(inner(inner(range(min = 5, max = 43_200))))]
    silent_after_minutes: Option<Option<i32>>,
    #[garde(skip)]
    version: Option<i32>,
}

/// Renames, or changes account fields, and then connects anew.
#[utoipa::path(patch, path = "/integrations/{id}", operation_id = "update_integration", tag = "integrations",
    params(("id" = IntegrationId, Path,)), request_body = IntegrationChange,
    responses((status = 200, body = IntegrationView), Problems))]
async fn update(
    State(app): State<App>,
    agent: Agent,
    Path(id): Path<IntegrationId>,
    Json(body): Json<IntegrationChange>,
) -> Result<Json<IntegrationView>> {
    let (mut tx, member) = agent.begin(May::WriteIntegrations).await?;
    let current = usable(&app, &member, id).await?;
    let again = !body.account.is_empty();
    let name = body.name.as_deref().map(str::trim);
    integration_admin::change(&app, &mut tx, &current, name, body.account, body.version).await?;
    if let Some(minutes) = body.silent_after_minutes {
        integration_admin::set_silence(&mut tx, id, minutes).await?;
    }
    let changed = integration_admin::find(&app, &mut tx, id).await?;
    tx.commit().await?;
    app.integrations.forget(id);
    if again {
        return connect(&app, &agent, id).await.map(Json);
    }
    Ok(Json(changed))
}

/// Takes the registration back from the platform and removes the account. Its conversations stay.
#[utoipa::path(delete, path = "/integrations/{id}", operation_id = "delete_integration", tag = "integrations",
    params(("id" = IntegrationId, Path,)), responses((status = 204, description = "Removed"), Problems))]
async fn remove(State(app): State<App>, agent: Agent, Path(id): Path<IntegrationId>) -> Result<StatusCode> {
    let (mut tx, member) = agent.begin(May::WriteIntegrations).await?;
    let integration = usable(&app, &member, id).await?;
    integration_admin::delete(&mut tx, id).await?;
    tx.commit().await?;
    app.integrations.forget(id);
    integration_admin::unregister(&app, &integration).await;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Serialize, ToSchema)]
struct TestResult {
    checks: Vec<Check>,
    integration: IntegrationView,
}

/// Asks the platform about the token, the callback address and the permissions.
#[utoipa::path(post, path = "/integrations/{id}/test", operation_id = "test_integration", tag = "integrations",
    params(("id" = IntegrationId, Path,)), responses((status = 200, body = TestResult), Problems))]
async fn test(
    State(app): State<App>,
    agent: Agent,
    Path(id): Path<IntegrationId>,
) -> Result<Json<TestResult>> {
    let (tx, member) = agent.begin(May::WriteIntegrations).await?;
    drop(tx);
    let integration = usable(&app, &member, id).await?;
    let checks = integration_admin::check(&app, &integration).await;
    let view = keep(&app, &agent, id, &checks, None).await?;
    Ok(Json(TestResult { checks, integration: view }))
}

/// Nothing is sent through it any more, and its live connection ends; what its platform calls with is still kept.
#[utoipa::path(post, path = "/integrations/{id}/pause", operation_id = "pause_integration", tag = "integrations",
    params(("id" = IntegrationId, Path,)), responses((status = 200, body = IntegrationView), Problems))]
async fn pause(
    State(app): State<App>,
    agent: Agent,
    Path(id): Path<IntegrationId>,
) -> Result<Json<IntegrationView>> {
    set_status(&app, &agent, id, "paused").await
}

/// Ends a pause, or tries an account again that the platform had refused.
#[utoipa::path(post, path = "/integrations/{id}/resume", operation_id = "resume_integration", tag = "integrations",
    params(("id" = IntegrationId, Path,)), responses((status = 200, body = IntegrationView), Problems))]
async fn resume(
    State(app): State<App>,
    agent: Agent,
    Path(id): Path<IntegrationId>,
) -> Result<Json<IntegrationView>> {
    set_status(&app, &agent, id, "active").await
}

/// Templates as known here. Agents choose from them.
#[utoipa::path(get, path = "/integrations/{id}/templates", operation_id = "list_templates", tag = "integrations",
    params(("id" = IntegrationId, Path,)), responses((status = 200, body = Page<::channels::Template>), Problems))]
async fn templates(
    State(app): State<App>,
    agent: Agent,
    Path(id): Path<IntegrationId>,
) -> Result<Json<Page<::channels::Template>>> {
    let (mut tx, _) = agent.begin(May::ReadConversations).await?;
    integration_admin::find(&app, &mut tx, id).await?;
    Ok(Json(Page::whole(template::list(&mut tx, id).await?)))
}

/// Fetches the platform's templates.
#[utoipa::path(post, path = "/integrations/{id}/templates/sync", operation_id = "sync_templates", tag = "integrations",
    params(("id" = IntegrationId, Path,)), responses((status = 200, body = Page<::channels::Template>), Problems))]
async fn sync_templates(
    State(app): State<App>,
    agent: Agent,
    Path(id): Path<IntegrationId>,
) -> Result<Json<Page<::channels::Template>>> {
    let (tx, member) = agent.begin(May::WriteConversations).await?;
    drop(tx);
    let integration = usable(&app, &member, id).await?;
    let fetched = integration_admin::fetch_templates(&app, &integration).await?;
    let (mut tx, _) = agent.begin(May::WriteConversations).await?;
    integration_admin::keep_templates(&mut tx, id, &fetched).await?;
    let templates = template::list(&mut tx, id).await?;
    tx.commit().await?;
    Ok(Json(Page::whole(templates)))
}

async fn set_status(
    app: &App,
    agent: &Agent,
    id: IntegrationId,
    status: &str,
) -> Result<Json<IntegrationView>> {
    let (mut tx, _) = agent.begin(May::WriteIntegrations).await?;
    integration_admin::set_status(&mut tx, id, status).await?;
    let view = integration_admin::find(app, &mut tx, id).await?;
    tx.commit().await?;
    app.integrations.forget(id);
    Ok(Json(view))
}

/// Registers with the platform and tests, between two transactions.
async fn connect(app: &App, agent: &Agent, id: IntegrationId) -> Result<IntegrationView> {
    let (tx, member) = agent.begin(May::WriteIntegrations).await?;
    drop(tx);
    let integration = usable(app, &member, id).await?;
    let (checks, fault) = integration_admin::register(app, &integration).await;
    keep(app, agent, id, &checks, fault.as_ref()).await
}

async fn keep(
    app: &App,
    agent: &Agent,
    id: IntegrationId,
    checks: &[Check],
    fault: Option<&serde_json::Value>,
) -> Result<IntegrationView> {
    let (mut tx, _) = agent.begin(May::WriteIntegrations).await?;
    integration_admin::keep_checks(&mut tx, id, checks, fault).await?;
    let view = integration_admin::find(app, &mut tx, id).await?;
    tx.commit().await?;
    app.integrations.forget(id);
    Ok(view)
}

/// Unsealed, and of the member's organization: the store knows all tenants'.
async fn usable(app: &App, member: &Member, id: IntegrationId) -> Result<Arc<Integration>> {
    let found = app.integrations.find(id).await?;
    found.filter(|one| one.organization_id == member.organization_id).ok_or_else(missing)
}
