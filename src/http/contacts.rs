//! Contacts: lists and search, corrections, addresses, blocking, merging.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    access::{agent::Agent, permission::May},
    app::App,
    error::{Problems, Result},
    http::{
        extract::{self, Json, Path, Query},
        idempotency::IdempotencyKey,
        page::{Limit, Page, read_cursor},
    },
    ids::{AccountId, ContactId},
    inbox::{
        contact::{self, Contact, Filter, Identity, Note, Position},
        contact_change::{self, Change},
        contact_merge,
        conversation::Conversation,
        listing::{self, Sort},
    },
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, update, remove))
        .routes(routes!(restore))
        .routes(routes!(block))
        .routes(routes!(merge))
        .routes(routes!(add_identity, remove_identity))
        .routes(routes!(notes, add_note))
        .routes(routes!(conversations))
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct List {
    /// A piece of name, number, address or user name. The best matches come first, on one page.
    #[garde(length(chars, max = 200))]
    q: Option<String>,
    #[garde(length(max = 50))]
    channel: Option<String>,
    /// A tag.
    #[garde(length(max = 200))]
    label: Option<String>,
    /// Only those that belong to this company.
    #[garde(skip)]
    account_id: Option<AccountId>,
    #[garde(skip)]
    blocked: Option<bool>,
    /// The deleted ones instead.
    #[garde(skip)]
    deleted: Option<bool>,
    #[garde(skip)]
    cursor: Option<String>,
    #[garde(skip)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<Limit>,
}

/// Newest first, or best match first.
#[utoipa::path(get, path = "/contacts", operation_id = "list_contacts", tag = "contacts", params(List),
    responses((status = 200, body = Page<Contact>), Problems))]
async fn list(agent: Agent, Query(query): Query<List>) -> Result<Json<Page<Contact>>> {
    let after: Option<Position> = read_cursor(query.cursor.as_deref())?;
    let limit = query.limit.unwrap_or_default();
    let filter = Filter {
        text: query.q.filter(|text| !text.trim().is_empty()),
        channel: query.channel,
        tag: query.label,
        account_id: query.account_id,
        blocked: query.blocked,
        deleted: query.deleted.unwrap_or_default(),
    };
    let (mut tx, _) = agent.begin(May::ReadContacts).await?;
    let rows = contact::list(&mut tx, &filter, after, limit.with_next()).await?;
    let mut page = Page::cut(rows, limit, |row| Position(row.created_at, row.id));
    if filter.text.is_some() {
        page.next_cursor = None;
    }
    Ok(Json(page))
}

#[derive(Clone, Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct IdentityForm {
    #[garde(length(min = 1, max = 50))]
    channel: String,
    /// The channel's kind of id; where it is absent, `external_id` is what people call it: a phone number.
    #[garde(length(max = 50))]
    #[serde(default)]
    kind: String,
    #[garde(length(min = 1, max = 200))]
    external_id: String,
}

#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewContact {
    #[garde(length(chars, max = 200))]
    #[serde(default)]
    name: String,
    /// With plus and country.
    #[garde(length(max = 40))]
    phone: Option<String>,
    #[garde(length(max = 254))]
    email: Option<String>,
    #[garde(length(max = 20))]
    language: Option<String>,
    /// Flat: texts, numbers, booleans.
    #[garde(skip)]
    #[serde(default)]
    #[schema(value_type = Object)]
    attributes: Map<String, Value>,
    #[garde(length(max = 50))]
    #[serde(default)]
    tags: Vec<String>,
    #[garde(skip)]
    account_id: Option<AccountId>,
    #[garde(length(max = 20), dive)]
    #[serde(default)]
    identities: Vec<IdentityForm>,
}

#[utoipa::path(post, path = "/contacts", operation_id = "create_contact", tag = "contacts", request_body = NewContact,
    responses((status = 201, body = Contact), Problems))]
async fn create(agent: Agent, key: IdempotencyKey, Json(body): Json<NewContact>) -> Result<Response> {
    let (mut tx, member) = agent.begin(May::WriteContacts).await?;
    let fresh = match key.begin(&mut tx, &member, "contacts.create", &body).await? {
        Ok(fresh) => fresh,
        Err(answer) => return Ok(answer),
    };
    let identities: Vec<Identity> = body.identities.into_iter().map(Into::into).collect();
    let change = Change {
        name: Some(body.name),
        phone: Some(body.phone),
        email: Some(body.email),
        language: Some(body.language),
        attributes: Some(body.attributes),
        tags: Some(body.tags),
        account_id: Some(body.account_id),
        version: None,
    };
    let contact = contact_change::create(&mut tx, &change, &identities).await?;
    let answer = fresh.answer(&mut tx, StatusCode::CREATED, &contact).await?;
    tx.commit().await?;
    Ok(answer)
}

#[utoipa::path(get, path = "/contacts/{id}", operation_id = "get_contact", tag = "contacts",
    params(("id" = ContactId, Path,)), responses((status = 200, body = Contact), Problems))]
async fn show(agent: Agent, Path(id): Path<ContactId>) -> Result<Json<Contact>> {
    let (mut tx, _) = agent.begin(May::ReadContacts).await?;
    Ok(Json(contact::find(&mut tx, id).await?))
}

/// Fields that are absent stay as they are; `null` empties.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct ContactChange {
    #[garde(length(chars, max = 200))]
    name: Option<String>,
    #[serde(default, deserialize_with = "extract::present")]
    #[schema(value_type = Option<String>)]
    #[garde(skip)]
    phone: Option<Option<String>>,
    #[serde(default, deserialize_with = "extract::present")]
    #[schema(value_type = Option<String>)]
    #[garde(skip)]
    email: Option<Option<String>>,
    #[serde(default, deserialize_with = "extract::present")]
    #[schema(value_type = Option<String>)]
    #[garde(skip)]
    language: Option<Option<String>>,
    /// Given keys are set, `null` removes one.
    #[garde(skip)]
    #[schema(value_type = Option<Object>)]
    attributes: Option<Map<String, Value>>,
    #[garde(length(max = 50))]
    tags: Option<Vec<String>>,
    /// The company that they belong to.
    #[serde(default, deserialize_with = "extract::present")]
    #[schema(value_type = Option<AccountId>)]
    #[garde(skip)]
    account_id: Option<Option<AccountId>>,
    /// The version that the caller has seen.
    #[garde(skip)]
    version: Option<i32>,
}

/// 409 with the current state when the version is another.
#[utoipa::path(patch, path = "/contacts/{id}", operation_id = "update_contact", tag = "contacts",
    params(("id" = ContactId, Path,)), request_body = ContactChange, responses((status = 200, body = Contact), Problems))]
async fn update(
    agent: Agent,
    Path(id): Path<ContactId>,
    Json(body): Json<ContactChange>,
) -> Result<Json<Contact>> {
    let (mut tx, member) = agent.begin(May::WriteContacts).await?;
    let change = Change {
        name: body.name,
        phone: body.phone,
        email: body.email,
        language: body.language,
        attributes: body.attributes,
        tags: body.tags,
        account_id: body.account_id,
        version: body.version,
    };
    let contact = contact_change::change(&mut tx, &member, id, &change).await?;
    tx.commit().await?;
    Ok(Json(contact))
}

/// Can be taken back with `restore`.
#[utoipa::path(delete, path = "/contacts/{id}", operation_id = "delete_contact", tag = "contacts",
    params(("id" = ContactId, Path,)), responses((status = 204, description = "Deleted"), Problems))]
async fn remove(agent: Agent, Path(id): Path<ContactId>) -> Result<StatusCode> {
    let (mut tx, _) = agent.begin(May::DeleteContacts).await?;
    contact_change::delete(&mut tx, id).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

#[utoipa::path(post, path = "/contacts/{id}/restore", operation_id = "restore_contact", tag = "contacts",
    params(("id" = ContactId, Path,)), responses((status = 200, body = Contact), Problems))]
async fn restore(agent: Agent, Path(id): Path<ContactId>) -> Result<Json<Contact>> {
    let (mut tx, _) = agent.begin(May::DeleteContacts).await?;
    let contact = contact_change::restore(&mut tx, id).await?;
    tx.commit().await?;
    Ok(Json(contact))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct BlockContact {
    #[garde(skip)]
    #[serde(default = "yes")]
    blocked: bool,
}

fn yes() -> bool {
    true
}

/// Blocks, or with `blocked: false` unblocks.
#[utoipa::path(post, path = "/contacts/{id}/block", operation_id = "block_contact", tag = "contacts",
    params(("id" = ContactId, Path,)), request_body = Option<BlockContact>, responses((status = 200, body = Contact), Problems))]
async fn block(
    agent: Agent,
    Path(id): Path<ContactId>,
    body: Option<Json<BlockContact>>,
) -> Result<Json<Contact>> {
    let (mut tx, member) = agent.begin(May::WriteContacts).await?;
    let blocked = body.is_none_or(|Json(body)| body.blocked);
    let contact = contact_change::block(&mut tx, &member, id, blocked).await?;
    tx.commit().await?;
    Ok(Json(contact))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct MergeContact {
    /// The contact that goes into this one.
    #[garde(skip)]
    contact_id: ContactId,
}

/// Moves addresses, conversations and notes of another contact into this one.
#[utoipa::path(post, path = "/contacts/{id}/merge", operation_id = "merge_contact", tag = "contacts",
    params(("id" = ContactId, Path,)), request_body = MergeContact, responses((status = 200, body = Contact), Problems))]
async fn merge(
    agent: Agent,
    Path(id): Path<ContactId>,
    Json(body): Json<MergeContact>,
) -> Result<Json<Contact>> {
    let (mut tx, member) = agent.begin(May::WriteContacts).await?;
    let contact = contact_merge::merge(&mut tx, &member, id, body.contact_id).await?;
    tx.commit().await?;
    Ok(Json(contact))
}

/// Adds an address on a channel. 409 when another contact has it.
#[utoipa::path(post, path = "/contacts/{id}/identities", operation_id = "add_identity", tag = "contacts",
    params(("id" = ContactId, Path,)), request_body = IdentityForm, responses((status = 201, body = Contact), Problems))]
async fn add_identity(
    agent: Agent,
    Path(id): Path<ContactId>,
    Json(body): Json<IdentityForm>,
) -> Result<Response> {
    let (mut tx, _) = agent.begin(May::WriteContacts).await?;
    contact::find(&mut tx, id).await?;
    contact_change::add_identity(&mut tx, id, &body.into(), "identity").await?;
    let contact = contact::find(&mut tx, id).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(contact)).into_response())
}

/// Removes an address, given as the contact shows it.
#[utoipa::path(delete, path = "/contacts/{id}/identities", operation_id = "remove_identity", tag = "contacts",
    params(("id" = ContactId, Path,)), request_body = IdentityForm, responses((status = 200, body = Contact), Problems))]
async fn remove_identity(
    agent: Agent,
    Path(id): Path<ContactId>,
    Json(body): Json<IdentityForm>,
) -> Result<Json<Contact>> {
    let (mut tx, _) = agent.begin(May::WriteContacts).await?;
    contact::find(&mut tx, id).await?;
    contact_change::remove_identity(&mut tx, id, &body.into()).await?;
    let contact = contact::find(&mut tx, id).await?;
    tx.commit().await?;
    Ok(Json(contact))
}

/// What colleagues noted about a contact, newest first.
#[utoipa::path(get, path = "/contacts/{id}/notes", operation_id = "list_contact_notes", tag = "contacts",
    params(("id" = ContactId, Path,)), responses((status = 200, body = Page<Note>), Problems))]
async fn notes(agent: Agent, Path(id): Path<ContactId>) -> Result<Json<Page<Note>>> {
    let (mut tx, _) = agent.begin(May::ReadContacts).await?;
    contact::find(&mut tx, id).await?;
    Ok(Json(Page::whole(contact::notes(&mut tx, id).await?)))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewContactNote {
    #[garde(length(chars, min = 1, max = 10000))]
    text: String,
}

#[utoipa::path(post, path = "/contacts/{id}/notes", operation_id = "add_contact_note", tag = "contacts",
    params(("id" = ContactId, Path,)), request_body = NewContactNote, responses((status = 201, body = Note), Problems))]
async fn add_note(
    agent: Agent,
    Path(id): Path<ContactId>,
    Json(body): Json<NewContactNote>,
) -> Result<Response> {
    let (mut tx, member) = agent.begin(May::WriteContacts).await?;
    let note = contact::add_note(&mut tx, member.user_id, id, body.text.trim()).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(note)).into_response())
}

#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Conversations {
    #[garde(skip)]
    cursor: Option<String>,
    #[garde(skip)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<Limit>,
}

/// A contact's conversations that the caller sees, newest message first.
#[utoipa::path(get, path = "/contacts/{id}/conversations", operation_id = "list_contact_conversations", tag = "contacts",
    params(("id" = ContactId, Path,), Conversations), responses((status = 200, body = Page<Conversation>), Problems))]
async fn conversations(
    agent: Agent,
    Path(id): Path<ContactId>,
    Query(query): Query<Conversations>,
) -> Result<Json<Page<Conversation>>> {
    let after: Option<listing::Position> = read_cursor(query.cursor.as_deref())?;
    let limit = query.limit.unwrap_or_default();
    let (mut tx, member) = agent.begin(May::ReadConversations).await?;
    contact::find(&mut tx, id).await?;
    let filter = listing::Filter { contact_id: Some(id), ..listing::Filter::default() };
    let rows = listing::list(&mut tx, &member, &filter, Sort::default(), after, limit.with_next()).await?;
    Ok(Json(Page::cut(rows, limit, |row| listing::Position(row.last_message_at, row.id))))
}

impl From<IdentityForm> for Identity {
    fn from(form: IdentityForm) -> Self {
        Self {
            channel: form.channel,
            kind: form.kind,
            external_id: form.external_id,
            opted_out_at: None,
            said: None,
        }
    }
}
