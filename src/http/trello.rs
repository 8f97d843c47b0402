//! Boards of Trello that are kept in step with pipelines.

use std::collections::BTreeMap;

use axum::{extract::State, http::StatusCode, response::Response};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    access::{agent::Agent, permission::May},
    accounts,
    app::App,
    error::{Error, Problems, Result},
    http::{
        extract::{Json, Path},
        idempotency::IdempotencyKey,
        page::Page,
    },
    ids::{PipelineId, StageId, TrelloId},
    trello::{
        admin::{self, Plan, View},
        form, wire,
    },
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(fields))
        .routes(routes!(boards))
        .routes(routes!(list, create))
        .routes(routes!(show, update, remove))
        .routes(routes!(sync))
}

/// What an admin fills in, in the order of the form.
#[derive(Debug, Serialize, ToSchema)]
struct TrelloForm {
    account_form: Vec<::account::Field>,
}

#[utoipa::path(get, path = "/trello/form", operation_id = "trello_form", tag = "trello",
    responses((status = 200, body = TrelloForm), Problems))]
async fn fields(agent: Agent) -> Result<Json<TrelloForm>> {
    agent.begin(May::ReadIntegrations).await?;
    Ok(Json(TrelloForm { account_form: form::form().fields }))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct TrelloAccount {
    /// The form, filled in.
    #[garde(length(max = 10))]
    account: BTreeMap<String, String>,
}

/// An open board that the token sees.
#[derive(Debug, Serialize, ToSchema)]
struct TrelloBoard {
    id: String,
    name: String,
    url: String,
    /// Open ones, in their order.
    lists: Vec<TrelloBoardList>,
}

#[derive(Debug, Serialize, ToSchema)]
struct TrelloBoardList {
    list_id: String,
    name: String,
}

/// The boards of a token, to choose one. Nothing is stored.
#[utoipa::path(post, path = "/trello/boards", operation_id = "list_trello_boards", tag = "trello",
    request_body = TrelloAccount, responses((status = 200, body = Page<TrelloBoard>), Problems))]
async fn boards(
    State(app): State<App>,
    agent: Agent,
    Json(body): Json<TrelloAccount>,
) -> Result<Json<Page<TrelloBoard>>> {
    drop(agent.begin(May::WriteIntegrations).await?);
    let account = accounts::fill(&app.config.server, &form::form(), body.account)?;
    let boards = admin::boards(&app, &account).await?;
    Ok(Json(Page::whole(boards.into_iter().map(TrelloBoard::from).collect())))
}

impl From<wire::Board> for TrelloBoard {
    fn from(board: wire::Board) -> Self {
        let lists = board.lists.into_iter().filter(|list| !list.closed);
        Self {
            id: board.id,
            name: board.name,
            url: board.url,
            lists: lists.map(|list| TrelloBoardList { list_id: list.id, name: list.name }).collect(),
        }
    }
}

/// The connected boards.
#[utoipa::path(get, path = "/trello", operation_id = "list_trello_connections", tag = "trello",
    responses((status = 200, body = Page<View>), Problems))]
async fn list(State(app): State<App>, agent: Agent) -> Result<Json<Page<View>>> {
    let (mut tx, _) = agent.begin(May::ReadIntegrations).await?;
    Ok(Json(Page::whole(admin::list(&app, &mut tx).await?)))
}

/// A list that is a stage.
#[derive(Clone, Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct TrelloListStage {
    #[garde(length(min = 1, max = 50))]
    list_id: String,
    #[garde(skip)]
    stage_id: StageId,
}

#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewTrelloConnection {
    /// The form, filled in.
    #[garde(length(max = 10))]
    account: BTreeMap<String, String>,
    #[garde(length(min = 1, max = 50))]
    board_id: String,
    #[garde(skip)]
    pipeline_id: PipelineId,
    /// Lists that are not named are let alone, and their cards with them.
    #[garde(length(max = 500), dive)]
    lists: Vec<TrelloListStage>,
    /// Whether the board's open cards become deals; otherwise both sides start with what happens from now on.
    #[garde(skip)]
    import: bool,
}

/// Connects a board: stores the credentials sealed, and has Trello call the hub. Cards are taken over, where that is wanted, soon after.
#[utoipa::path(post, path = "/trello", operation_id = "create_trello_connection", tag = "trello",
    request_body = NewTrelloConnection, responses((status = 201, body = View), Problems))]
async fn create(
    State(app): State<App>,
    agent: Agent,
    key: IdempotencyKey,
    Json(body): Json<NewTrelloConnection>,
) -> Result<Response> {
    drop(agent.begin(May::WriteIntegrations).await?);
    let plan = Plan {
        account: accounts::fill(&app.config.server, &form::form(), body.account.clone())?,
        board_id: body.board_id.clone(),
        pipeline_id: body.pipeline_id,
        lists: map(&body.lists),
        import: body.import,
    };
    let (mut tx, _) = agent.begin(May::WriteIntegrations).await?;
    admin::check_stages(&mut tx, plan.pipeline_id, &plan.lists).await?;
    drop(tx);
    let found = admin::look(&app, &plan.account, &plan.board_id).await?;
    let (mut tx, member) = agent.begin(May::WriteIntegrations).await?;
    let fresh = match key.begin(&mut tx, &member, "trello.create", &body).await? {
        Ok(fresh) => fresh,
        Err(answer) => return Ok(answer),
    };
    let id = admin::create(&app, &mut tx, member.user_id, &plan, &found).await?;
    let stored = admin::find(&app, &mut tx, id).await?;
    let answer = fresh.answer(&mut tx, StatusCode::CREATED, &stored).await?;
    tx.commit().await?;
    Ok(answer)
}

fn map(lists: &[TrelloListStage]) -> BTreeMap<String, StageId> {
    lists.iter().map(|list| (list.list_id.clone(), list.stage_id)).collect()
}

#[utoipa::path(get, path = "/trello/{id}", operation_id = "get_trello_connection", tag = "trello",
    params(("id" = TrelloId, Path,)), responses((status = 200, body = View), Problems))]
async fn show(State(app): State<App>, agent: Agent, Path(id): Path<TrelloId>) -> Result<Json<View>> {
    let (mut tx, _) = agent.begin(May::ReadIntegrations).await?;
    admin::find(&app, &mut tx, id).await.map(Json)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum TrelloStatus {
    Connected,
    Paused,
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct TrelloConnectionChange {
    /// Fields that change; the others stay, as do secrets that come back masked.
    #[garde(length(max = 10))]
    #[serde(default)]
    account: BTreeMap<String, String>,
    /// All that are a stage.
    #[garde(length(max = 500), dive)]
    lists: Option<Vec<TrelloListStage>>,
    /// `connected` resumes and catches up, also what was broken.
    #[garde(skip)]
    status: Option<TrelloStatus>,
    #[garde(skip)]
    version: Option<i32>,
}

/// Changes which list is which stage, pauses, resumes, or takes new credentials.
#[utoipa::path(patch, path = "/trello/{id}", operation_id = "update_trello_connection", tag = "trello",
    params(("id" = TrelloId, Path,)), request_body = TrelloConnectionChange,
    responses((status = 200, body = View), Problems))]
async fn update(
    State(app): State<App>,
    agent: Agent,
    Path(id): Path<TrelloId>,
    Json(body): Json<TrelloConnectionChange>,
) -> Result<Json<View>> {
    let (mut tx, _) = agent.begin(May::WriteIntegrations).await?;
    let before = admin::find(&app, &mut tx, id).await?;
    if body.version.is_some_and(|version| version != before.version) {
        return Err(Error::version_conflict(before));
    }
    let lists = body.lists.as_deref().map(map);
    if let (Some(lists), Some(pipeline)) = (&lists, before.pipeline_id) {
        admin::check_stages(&mut tx, pipeline, lists).await?;
    }
    let new_account = if body.account.is_empty() {
        None
    } else {
        let current = admin::of(&app, &mut tx, id).await?;
        drop(tx);
        let fields = accounts::with_changes(&current.account, body.account);
        let account = accounts::fill(&app.config.server, &form::form(), fields)?;
        let (member, _) = admin::look(&app, &account, &current.board_id).await?;
        tx = agent.begin(May::WriteIntegrations).await?.0;
        Some((account, member))
    };
    if let Some((account, member)) = &new_account {
        admin::change_account(&app, &mut tx, id, account, member).await?;
    }
    if let Some(lists) = &lists {
        admin::map(&mut tx, id, lists).await?;
    }
    match body.status {
        Some(TrelloStatus::Paused) => admin::pause(&mut tx, id).await?,
        Some(TrelloStatus::Connected) => admin::resume(&mut tx, id).await?,
        None => {}
    }
    let changed = admin::find(&app, &mut tx, id).await?;
    tx.commit().await?;
    Ok(Json(changed))
}

/// Cards and deals stay as they are, and go their own ways.
#[utoipa::path(delete, path = "/trello/{id}", operation_id = "delete_trello_connection", tag = "trello",
    params(("id" = TrelloId, Path,)), responses((status = 204, description = "Disconnected"), Problems))]
async fn remove(agent: Agent, Path(id): Path<TrelloId>) -> Result<StatusCode> {
    let (mut tx, _) = agent.begin(May::WriteIntegrations).await?;
    admin::delete(&mut tx, id).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Compares both sides soon, as it is done every ten minutes.
#[utoipa::path(post, path = "/trello/{id}/sync", operation_id = "sync_trello_connection", tag = "trello",
    params(("id" = TrelloId, Path,)), responses((status = 202, description = "It will be"), Problems))]
async fn sync(State(app): State<App>, agent: Agent, Path(id): Path<TrelloId>) -> Result<StatusCode> {
    let (mut tx, _) = agent.begin(May::WriteIntegrations).await?;
    admin::find(&app, &mut tx, id).await?;
    admin::catch_up(&mut tx, id).await?;
    tx.commit().await?;
    Ok(StatusCode::ACCEPTED)
}
