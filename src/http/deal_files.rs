//! Files on deals. They are uploaded like those of messages, then put on the deal.

use axum::{extract::State, http::StatusCode};
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    access::{agent::Agent, permission::May},
    app::App,
    deals::deal_file::{self, DealFile},
    error::{Error, Problems, Result},
    http::{
        extract::{Json, Path},
        page::Page,
    },
    ids::{AttachmentId, DealId},
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, add)).routes(routes!(remove))
}

/// Newest first. Their bytes are at `/attachments/{id}`.
#[utoipa::path(get, path = "/deals/{id}/files", operation_id = "list_deal_files", tag = "deals",
    params(("id" = DealId, Path,)), responses((status = 200, body = Page<DealFile>), Problems))]
async fn list(agent: Agent, Path(id): Path<DealId>) -> Result<Json<Page<DealFile>>> {
    let (mut tx, _) = agent.begin(May::ReadDeals).await?;
    Ok(Json(Page::whole(deal_file::list(&mut tx, id).await?)))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewDealFile {
    /// An upload of the caller's, from `POST /attachments`.
    #[garde(skip)]
    attachment_id: AttachmentId,
}

/// Puts an upload on the deal. Done again it answers the same.
#[utoipa::path(post, path = "/deals/{id}/files", operation_id = "add_deal_file", tag = "deals",
    params(("id" = DealId, Path,)), request_body = NewDealFile, responses((status = 201, body = DealFile), Problems))]
async fn add(
    agent: Agent,
    Path(id): Path<DealId>,
    Json(body): Json<NewDealFile>,
) -> Result<(StatusCode, Json<DealFile>)> {
    let (mut tx, member) = agent.begin(May::WriteDeals).await?;
    let file = deal_file::add(&mut tx, &member, id, body.attachment_id).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(file)))
}

/// Forgets the file for good.
#[utoipa::path(delete, path = "/deals/{id}/files/{file_id}", operation_id = "remove_deal_file", tag = "deals",
    params(("id" = DealId, Path,), ("file_id" = AttachmentId, Path,)),
    responses((status = 204, description = "Forgotten"), Problems))]
async fn remove(
    State(app): State<App>,
    agent: Agent,
    Path((id, file)): Path<(DealId, AttachmentId)>,
) -> Result<StatusCode> {
    let (mut tx, member) = agent.begin(May::WriteDeals).await?;
    let keys = deal_file::remove(&mut tx, &member, id, file).await?;
    tx.commit().await?;
    for key in keys {
        app.store.delete(&key).await.map_err(|error| Error::Internal(error.to_string()))?;
    }
    Ok(StatusCode::NO_CONTENT)
}
