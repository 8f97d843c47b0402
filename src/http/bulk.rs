//! The same change to many conversations. Each is done for itself: one that cannot be done costs the others nothing.

use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    access::{agent::Agent, permission::May},
    app::App,
    error::{Problem, Problems, Result},
    http::{
        extract::{self, Json},
        outcome::{Outcome, settle},
        page::Page,
    },
    ids::{ConversationId, LabelId, TeamId, UserId},
    inbox::{
        change::{self, Change},
        conversation,
    },
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(update, remove))
}

/// What came of one item.
#[derive(Debug, Serialize, ToSchema)]
struct ConversationOutcome {
    id: ConversationId,
    /// As the single request would have answered.
    status: u16,
    /// The conversation after the change.
    #[schema(value_type = Option<conversation::Conversation>)]
    conversation: Option<Value>,
    problem: Option<Problem>,
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct ConversationsChange {
    #[garde(length(min = 1, max = 200))]
    ids: Vec<ConversationId>,
    #[garde(skip)]
    status: Option<String>,
    #[serde(default, deserialize_with = "extract::present")]
    #[schema(value_type = Option<UserId>)]
    #[garde(skip)]
    assignee_id: Option<Option<UserId>>,
    #[serde(default, deserialize_with = "extract::present")]
    #[schema(value_type = Option<TeamId>)]
    #[garde(skip)]
    team_id: Option<Option<TeamId>>,
    #[garde(skip)]
    priority: Option<String>,
    #[serde(default, deserialize_with = "extract::present")]
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    #[garde(skip)]
    snoozed_until: Option<Option<chrono::DateTime<chrono::Utc>>>,
    /// Added to the labels that each has.
    #[garde(length(max = 20))]
    #[serde(default)]
    add_labels: Vec<LabelId>,
    #[garde(length(max = 20))]
    #[serde(default)]
    remove_labels: Vec<LabelId>,
}

/// Changes up to 200 conversations.
#[utoipa::path(patch, path = "/conversations/bulk", operation_id = "update_conversations", tag = "conversations",
    request_body = ConversationsChange, responses((status = 200, body = Page<ConversationOutcome>), Problems))]
async fn update(
    agent: Agent,
    Json(body): Json<ConversationsChange>,
) -> Result<Json<Page<ConversationOutcome>>> {
    let mut outcomes = Vec::with_capacity(body.ids.len());
    for id in &body.ids {
        outcomes.push(outcome(*id, update_one(&agent, *id, &body).await)?);
    }
    Ok(Json(Page::whole(outcomes)))
}

async fn update_one(agent: &Agent, id: ConversationId, body: &ConversationsChange) -> Result<Option<Value>> {
    let (mut tx, member) = agent.begin(May::WriteConversations).await?;
    let labels = if body.add_labels.is_empty() && body.remove_labels.is_empty() {
        None
    } else {
        conversation::lock(&mut tx, &member, id).await?;
        let mut labels = conversation::find(&mut tx, &member, id).await?.labels;
        labels.retain(|label| !body.remove_labels.contains(label) && !body.add_labels.contains(label));
        labels.extend(&body.add_labels);
        Some(labels)
    };
    let change = Change {
        status: body.status.clone(),
        assignee_id: body.assignee_id,
        team_id: body.team_id,
        priority: body.priority.clone(),
        snoozed_until: body.snoozed_until,
        labels,
        version: None,
    };
    let conversation = change::apply(&mut tx, &member, id, &change).await?;
    tx.commit().await?;
    Ok(serde_json::to_value(conversation).ok())
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct ConversationIds {
    #[garde(length(min = 1, max = 200))]
    ids: Vec<ConversationId>,
}

/// Deletes up to 200 conversations.
#[utoipa::path(delete, path = "/conversations/bulk", operation_id = "delete_conversations", tag = "conversations",
    request_body = ConversationIds, responses((status = 200, body = Page<ConversationOutcome>), Problems))]
async fn remove(agent: Agent, Json(body): Json<ConversationIds>) -> Result<Json<Page<ConversationOutcome>>> {
    let mut outcomes = Vec::with_capacity(body.ids.len());
    for id in body.ids {
        outcomes.push(outcome(id, remove_one(&agent, id).await)?);
    }
    Ok(Json(Page::whole(outcomes)))
}

async fn remove_one(agent: &Agent, id: ConversationId) -> Result<Option<Value>> {
    let (mut tx, member) = agent.begin(May::DeleteConversations).await?;
    change::delete(&mut tx, &member, id).await?;
    tx.commit().await?;
    Ok(None)
}

fn outcome(id: ConversationId, result: Result<Option<Value>>) -> Result<ConversationOutcome> {
    let Outcome { status, done, problem } = settle(result)?;
    Ok(ConversationOutcome { id, status, conversation: done, problem })
}
