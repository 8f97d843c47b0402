//! Contacts as clients see them: people across channels, with the addresses they are known by.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::QueryBuilder;
use utoipa::ToSchema;

use crate::{
    db::Tx,
    error::{Error, Problem, Result},
    ids::{AccountId, ContactId, UserId},
    inbox::search,
};

/// A person, or a group, across channels.
#[derive(Clone, Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct Contact {
    pub id: ContactId,
    pub name: String,
    /// E.164 with plus.
    pub phone: Option<String>,
    pub email: Option<String>,
    pub username: Option<String>,
    pub language: Option<String>,
    pub is_group: bool,
    #[sqlx(json)]
    pub identities: Vec<Identity>,
    /// Flat: texts, numbers, booleans.
    #[schema(value_type = Object)]
    pub attributes: Value,
    pub tags: Vec<String>,
    #[sqlx(json(nullable))]
    pub account: Option<ContactAccount>,
    pub blocked: bool,
    /// `false` once the customer has blocked us.
    pub reachable: bool,
    /// The customer's word on marketing, where it was given.
    pub marketing: Option<bool>,
    pub version: i32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub deleted_at: Option<DateTime<Utc>>,
    #[serde(skip)]
    pub merged_into: Option<ContactId>,
}

/// The company that a contact belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ContactAccount {
    pub id: AccountId,
    pub name: String,
}

/// What a platform calls a contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(from = "Stored")]
pub struct Identity {
    pub channel: String,
    /// The channel's kind of id: `wa_id`, `user`, …
    pub kind: String,
    pub external_id: String,
    /// Since when the customer wants no messages here; `null` otherwise.
    pub opted_out_at: Option<DateTime<Utc>>,
    /// What people make of it: a number with its plus, `Visitor 3F2A`. `null` where it says nothing to them.
    pub said: Option<String>,
}

/// An identity as the database tells it.
#[derive(Deserialize)]
struct Stored {
    channel: String,
    kind: String,
    external_id: String,
    opted_out_at: Option<DateTime<Utc>>,
}

impl From<Stored> for Identity {
    fn from(Stored { channel, kind, external_id, opted_out_at }: Stored) -> Self {
        let said = channels::find(&channel).and_then(|known| known.said(&kind, &external_id));
        Self { channel, kind, external_id, opted_out_at, said }
    }
}

#[derive(Clone, Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct Note {
    pub id: uuid::Uuid,
    pub author_id: UserId,
    pub author_name: Option<String>,
    pub text: String,
    pub created_at: DateTime<Utc>,
}

/// Conditions that all hold.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// A piece of name, number, address or user name; the answer is then one page, best match first.
    pub text: Option<String>,
    pub channel: Option<String>,
    pub tag: Option<String>,
    pub account_id: Option<AccountId>,
    pub blocked: Option<bool>,
    /// The deleted ones instead.
    pub deleted: bool,
}

/// The sort key of a row: newest first.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Position(pub DateTime<Utc>, pub ContactId);

const SELECT: &str = "select contacts.id, contacts.name, contacts.phone, contacts.email, contacts.username, contacts.language,
    contacts.is_group, contacts.attributes, contacts.tags, contacts.blocked, contacts.reachable, contacts.marketing,
    contacts.version, contacts.created_at, contacts.updated_at, contacts.deleted_at, contacts.merged_into,
    (select jsonb_build_object('id', a.id, 'name', a.name) from accounts a
     where a.organization_id = contacts.organization_id and a.id = contacts.account_id) as account,
    coalesce((select jsonb_agg(jsonb_build_object('channel', i.channel, 'kind', i.kind, 'external_id', i.address,
                                                  'opted_out_at', i.opted_out_at)
                               order by i.created_at, i.channel, i.kind, i.key)
              from contact_identities i
              where i.organization_id = contacts.organization_id and i.contact_id = contacts.id), '[]') as identities
    from contacts ";

/// Up to `rows` contacts, newest first, or best match first where words are given.
pub async fn list(tx: &mut Tx, filter: &Filter, after: Option<Position>, rows: i64) -> Result<Vec<Contact>> {
    let found = match (&filter.text, &filter.tag) {
        (Some(text), _) => Some(search::contacts(tx, text, if after.is_some() { 0 } else { 1000 }).await?),
        (None, Some(tag)) if !filter.deleted => Some(search::tagged(tx, tag, filter, after, rows).await?),
        _ => None,
    };
    let mut sql = QueryBuilder::new(SELECT);
    sql.push("where contacts.organization_id = ").push_bind(tx.organization());
    sql.push(if filter.deleted {
        " and contacts.deleted_at is not null"
    } else {
        " and contacts.deleted_at is null"
    });
    if let Some(channel) = &filter.channel {
        sql.push(" and exists (select from contact_identities i where i.organization_id = contacts.organization_id and i.contact_id = contacts.id and i.channel = ");
        sql.push_bind(channel.clone()).push(")");
    }
    if let Some(tag) = &filter.tag {
        sql.push(" and contacts.tags @> array[").push_bind(tag.clone()).push("]::text[]");
    }
    if let Some(account) = filter.account_id {
        sql.push(" and contacts.account_id = ").push_bind(account);
    }
    if let Some(blocked) = filter.blocked {
        // In words, so that the index of the blocked ones is seen to hold them.
        sql.push(if blocked { " and contacts.blocked" } else { " and not contacts.blocked" });
    }
    if let Some(Position(at, id)) = after {
        sql.push(" and (contacts.created_at, contacts.id) < (")
            .push_bind(at)
            .push(", ")
            .push_bind(id)
            .push(")");
    }
    if let Some(found) = found {
        sql.push(" and contacts.id = any(").push_bind(found.clone());
        sql.push(") order by array_position(").push_bind(found).push(", contacts.id)");
    } else {
        sql.push(" order by contacts.created_at desc, contacts.id desc");
    }
    sql.push(format!(" limit {rows}"));
    Ok(sql.build_query_as().fetch_all(tx.sql()).await?)
}

/// 404 for the deleted; the problem's `current` names the contact that a merged one went into.
pub async fn find(tx: &mut Tx, id: ContactId) -> Result<Contact> {
    let contact = load(tx, id).await?;
    match (contact.deleted_at, contact.merged_into) {
        (None, _) => Ok(contact),
        (Some(_), Some(into)) => {
            let problem = Problem::new(
                axum::http::StatusCode::NOT_FOUND,
                "merged",
                "This contact was merged into another one.",
            );
            Err(problem.with_current(serde_json::json!({"merged_into": into})).into())
        }
        (Some(_), None) => Err(Error::not_found("contact")),
    }
}

/// Those with these ids, also the deleted, in no order.
pub async fn load_all(tx: &mut Tx, ids: &[ContactId]) -> Result<Vec<Contact>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{SELECT} where contacts.organization_id = $1 and contacts.id = any($2)"
    )))
    .bind(tx.organization())
    .bind(ids)
    .fetch_all(tx.sql())
    .await?)
}

/// Also the deleted.
pub async fn load(tx: &mut Tx, id: ContactId) -> Result<Contact> {
    let contact: Option<Contact> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{SELECT} where contacts.organization_id = $1 and contacts.id = $2"
    )))
    .bind(tx.organization())
    .bind(id)
    .fetch_optional(tx.sql())
    .await?;
    contact.ok_or_else(|| Error::not_found("contact"))
}

/// Newest first.
pub async fn notes(tx: &mut Tx, id: ContactId) -> Result<Vec<Note>> {
    Ok(sqlx::query_as(
        "select n.id, n.author_id, u.name as author_name, n.text, n.created_at
         from contact_notes n left join users u on u.id = n.author_id
         where n.organization_id = $1 and n.contact_id = $2 order by n.created_at desc, n.id desc limit 200",
    )
    .bind(tx.organization())
    .bind(id)
    .fetch_all(tx.sql())
    .await?)
}

pub async fn add_note(tx: &mut Tx, author: UserId, id: ContactId, text: &str) -> Result<Note> {
    find(tx, id).await?;
    sqlx::query("insert into contact_notes (organization_id, id, contact_id, author_id, text) values ($1, $2, $3, $4, $5)")
        .bind(tx.organization())
        .bind(uuid::Uuid::now_v7())
        .bind(id)
        .bind(author)
        .bind(text)
        .execute(tx.sql())
        .await?;
    notes(tx, id).await?.into_iter().next().ok_or_else(|| Error::not_found("note"))
}
