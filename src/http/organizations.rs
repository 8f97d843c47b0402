//! The organization and its settings; the caller's other organizations.

use axum::{extract::State, http::StatusCode, response::Response};
use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    access::{
        agent::Agent,
        organization::{self, Change, Organization, SearchLanguage},
        permission::{May, Role},
    },
    app::App,
    error::{Problems, Result},
    http::{
        extract::{Json, text},
        idempotency::IdempotencyKey,
        page::Page,
    },
    ids::OrganizationId,
    realtime::event::{EventKind, NewEvent},
};

/// `/organizations`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(mine, create)).routes(routes!(current, update))
}

/// An organization that the caller is a member of.
#[derive(Serialize, ToSchema, sqlx::FromRow)]
pub struct MyOrganization {
    pub id: OrganizationId,
    pub name: String,
    pub role: Role,
}

#[derive(Serialize, Deserialize, Validate, ToSchema)]
pub struct CreateOrganization {
    #[garde(custom(text), length(chars, max = 200))]
    name: String,
}

/// Absent fields stay as they are.
#[derive(Deserialize, Validate, ToSchema)]
pub struct UpdateOrganization {
    #[garde(inner(custom(text), length(chars, max = 200)))]
    name: Option<String>,
    #[garde(skip)]
    search_language: Option<SearchLanguage>,
    #[garde(skip)]
    agents_see_all: Option<bool>,
    #[garde(skip)]
    single_thread: Option<bool>,
    #[garde(skip)]
    send_read_receipts: Option<bool>,
    #[garde(skip)]
    send_typing: Option<bool>,
    /// The version that the change was made from; 409 if it is another one by now.
    #[garde(skip)]
    version: Option<i32>,
}

/// The organizations that the caller can switch to, by name. To switch, refresh with `organization_id`.
#[utoipa::path(get, path = "/organizations", operation_id = "list_organizations", tag = "organizations",
    responses((status = 200, body = Page<MyOrganization>), Problems))]
pub async fn mine(State(app): State<App>, agent: Agent) -> Result<Json<Page<MyOrganization>>> {
    let (_, member) = agent.begin(May::ReadOrganization).await?;
    let organizations = sqlx::query_as(
        "select organizations.id, organizations.name, members.role
         from members join organizations on organizations.id = members.organization_id
         where members.user_id = $1 and members.deactivated_at is null
         order by lower(organizations.name), organizations.id",
    )
    .bind(member.user_id)
    .fetch_all(app.db.system())
    .await?;
    Ok(Json(Page::whole(organizations)))
}

/// Founds another organization; the caller becomes its owner.
#[utoipa::path(post, path = "/organizations", operation_id = "create_organization", tag = "organizations",
    params(("Idempotency-Key" = Option<String>, Header,)),
    request_body = CreateOrganization, responses((status = 201, body = Organization), Problems))]
pub async fn create(
    State(app): State<App>,
    agent: Agent,
    key: IdempotencyKey,
    Json(body): Json<CreateOrganization>,
) -> Result<Response> {
    let (tx, member) = agent.begin(May::ReadOrganization).await?;
    drop(tx);
    // The key, the organization and the answer stand or fall together.
    let from = member.organization_id;
    let mut founding = app.db.system().begin().await?;
    let begun = key.begin_as_system(&mut founding, from, &member, "organizations.create", &body).await?;
    let fresh = match begun {
        Ok(fresh) => fresh,
        Err(before) => return Ok(before),
    };
    let organization = organization::found(&mut founding, body.name.trim(), member.user_id).await?;
    let answer = fresh.answer_as_system(&mut founding, from, StatusCode::CREATED, &organization).await?;
    founding.commit().await?;
    Ok(answer)
}

/// The organization of the access token.
#[utoipa::path(get, path = "/organizations/current", operation_id = "get_organization", tag = "organizations",
    responses((status = 200, body = Organization), Problems))]
pub async fn current(agent: Agent) -> Result<Json<Organization>> {
    let (mut tx, member) = agent.begin(May::ReadOrganization).await?;
    Ok(Json(organization::find(tx.sql(), member.organization_id).await?))
}

/// Changes settings of the organization.
#[utoipa::path(patch, path = "/organizations/current", operation_id = "update_organization", tag = "organizations",
    request_body = UpdateOrganization, responses((status = 200, body = Organization), Problems))]
pub async fn update(agent: Agent, Json(body): Json<UpdateOrganization>) -> Result<Json<Organization>> {
    let (mut tx, _) = agent.begin(May::WriteOrganization).await?;
    let organization = organization::change(&mut tx, &body.into()).await?;
    tx.tell(NewEvent::everybody(EventKind::SettingsUpdated, &json!({"what": "organization"})));
    tx.commit().await?;
    Ok(Json(organization))
}

impl From<UpdateOrganization> for Change {
    fn from(body: UpdateOrganization) -> Self {
        Self {
            name: body.name,
            search_language: body.search_language,
            agents_see_all: body.agents_see_all,
            single_thread: body.single_thread,
            send_read_receipts: body.send_read_receipts,
            send_typing: body.send_typing,
            version: body.version,
        }
    }
}
