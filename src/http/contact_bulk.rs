//! Many contacts at once: the same change to each, and all of them as a table.

use axum::{
    body::Body,
    http::header,
    response::{IntoResponse, Response},
};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    access::{agent::Agent, permission::May},
    app::App,
    error::{Problem, Problems, Result},
    http::{
        extract::Json,
        outcome::{Outcome, settle},
        page::Page,
    },
    ids::ContactId,
    inbox::{
        contact::{self, Contact},
        contact_change::{self, Change},
        contact_table,
    },
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(update, remove)).routes(routes!(export))
}

/// What came of one item, as the single request would have answered.
#[derive(Debug, Serialize, ToSchema)]
struct ContactOutcome {
    id: ContactId,
    status: u16,
    contact: Option<Contact>,
    problem: Option<Problem>,
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct ContactsChange {
    #[garde(length(min = 1, max = 200))]
    ids: Vec<ContactId>,
    #[garde(length(max = 50))]
    #[serde(default)]
    add_tags: Vec<String>,
    #[garde(length(max = 50))]
    #[serde(default)]
    remove_tags: Vec<String>,
    #[garde(skip)]
    blocked: Option<bool>,
}

/// Changes up to 200 contacts, each for itself.
#[utoipa::path(patch, path = "/contacts/bulk", operation_id = "update_contacts", tag = "contacts",
    request_body = ContactsChange, responses((status = 200, body = Page<ContactOutcome>), Problems))]
async fn update(agent: Agent, Json(body): Json<ContactsChange>) -> Result<Json<Page<ContactOutcome>>> {
    let mut outcomes = Vec::with_capacity(body.ids.len());
    for id in &body.ids {
        outcomes.push(outcome(*id, update_one(&agent, *id, &body).await)?);
    }
    Ok(Json(Page::whole(outcomes)))
}

async fn update_one(agent: &Agent, id: ContactId, body: &ContactsChange) -> Result<Option<Contact>> {
    let (mut tx, member) = agent.begin(May::WriteContacts).await?;
    contact_change::lock(&mut tx, &[id]).await?;
    let mut contact = contact::find(&mut tx, id).await?;
    if !body.add_tags.is_empty() || !body.remove_tags.is_empty() {
        let mut tags = contact.tags;
        tags.retain(|tag| !body.remove_tags.contains(tag) && !body.add_tags.contains(tag));
        tags.extend(body.add_tags.iter().cloned());
        let change = Change { tags: Some(tags), ..Change::default() };
        contact = contact_change::change(&mut tx, &member, id, &change).await?;
    }
    if let Some(blocked) = body.blocked {
        contact = contact_change::block(&mut tx, &member, id, blocked).await?;
    }
    tx.commit().await?;
    Ok(Some(contact))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct ContactIds {
    #[garde(length(min = 1, max = 200))]
    ids: Vec<ContactId>,
}

/// Deletes up to 200 contacts; each can be restored.
#[utoipa::path(delete, path = "/contacts/bulk", operation_id = "delete_contacts", tag = "contacts",
    request_body = ContactIds, responses((status = 200, body = Page<ContactOutcome>), Problems))]
async fn remove(agent: Agent, Json(body): Json<ContactIds>) -> Result<Json<Page<ContactOutcome>>> {
    let mut outcomes = Vec::with_capacity(body.ids.len());
    for id in body.ids {
        outcomes.push(outcome(id, remove_one(&agent, id).await)?);
    }
    Ok(Json(Page::whole(outcomes)))
}

async fn remove_one(agent: &Agent, id: ContactId) -> Result<Option<Contact>> {
    let (mut tx, _) = agent.begin(May::DeleteContacts).await?;
    contact_change::delete(&mut tx, id).await?;
    tx.commit().await?;
    Ok(None)
}

fn outcome(id: ContactId, result: Result<Option<Contact>>) -> Result<ContactOutcome> {
    let Outcome { status, done, problem } = settle(result)?;
    Ok(ContactOutcome { id, status, contact: done, problem })
}

/// All contacts as CSV (UTF-8, RFC 4180), oldest first, streamed.
#[utoipa::path(get, path = "/contacts/export", operation_id = "export_contacts", tag = "contacts",
    responses((status = 200, body = String, content_type = "text/csv"), Problems))]
async fn export(agent: Agent) -> Result<Response> {
    // Refused before the answer begins, not in the middle of it.
    agent.begin(May::ReadContacts).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"contacts.csv\""),
    ];
    let body = Body::from_stream(contact_table::stream(agent));
    Ok((headers, body).into_response())
}
