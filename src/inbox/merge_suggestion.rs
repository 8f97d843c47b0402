//! Contacts that may be one person, because they have the same phone or e-mail. The database finds them as numbers and addresses
//! are written; people decide.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::QueryBuilder;
use utoipa::ToSchema;

use crate::{
    access::agent::Member,
    db::Tx,
    error::{Error, Result},
    ids::{ContactId, MergeSuggestionId},
    inbox::contact::{self, Contact},
    realtime::event::{EventKind, NewEvent},
};

/// News of one transaction that are told one by one; the rest is in the list.
const TOLD: i64 = 100;

/// Two contacts that may be the same person.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MergeSuggestion {
    pub id: MergeSuggestionId,
    /// Both, the older one first.
    pub contacts: Vec<Contact>,
    /// What they share: `phone`, `email`.
    pub because: Vec<String>,
    pub created_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: MergeSuggestionId,
    one: ContactId,
    other: ContactId,
    because: Vec<String>,
    created_at: DateTime<Utc>,
}

/// The sort key of a row: newest first.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Position(pub DateTime<Utc>, pub MergeSuggestionId);

/// Up to `rows` suggestions that nobody has refused and that still hold, newest first; of one contact, or all.
pub async fn list(
    tx: &mut Tx,
    of: Option<ContactId>,
    after: Option<Position>,
    rows: i64,
) -> Result<Vec<MergeSuggestion>> {
    let mut sql = QueryBuilder::new(
        "select s.id, s.one, s.other, s.created_at,
                array_remove(array[case when one.phone = other.phone then 'phone' end,
                                   case when one.email_key = other.email_key then 'email' end], null) as because
         from merge_suggestions s
         join contacts one on one.organization_id = s.organization_id and one.id = s.one
         join contacts other on other.organization_id = s.organization_id and other.id = s.other
         where s.refused_at is null and one.deleted_at is null and other.deleted_at is null
           and (one.phone = other.phone or one.email_key = other.email_key) and s.organization_id = ",
    );
    sql.push_bind(tx.organization());
    if let Some(contact) = of {
        sql.push(" and (s.one = ").push_bind(contact).push(" or s.other = ").push_bind(contact).push(")");
    }
    if let Some(Position(at, id)) = after {
        sql.push(" and (s.created_at, s.id) < (").push_bind(at).push(", ").push_bind(id).push(")");
    }
    sql.push(format!(" order by s.created_at desc, s.id desc limit {rows}"));
    let found: Vec<Row> = sql.build_query_as().fetch_all(tx.sql()).await?;
    let ids: Vec<_> = found.iter().flat_map(|row| [row.one, row.other]).collect();
    let contacts = contact::load_all(tx, &ids).await?;
    let contact = |id: ContactId| contacts.iter().find(|contact| contact.id == id).cloned();
    Ok(found
        .into_iter()
        .map(|row| MergeSuggestion {
            id: row.id,
            contacts: contact(row.one).into_iter().chain(contact(row.other)).collect(),
            because: row.because,
            created_at: row.created_at,
        })
        .collect())
}

/// They are not the same, and are never suggested again. 404 for what is not suggested.
pub async fn refuse(tx: &mut Tx, member: &Member, id: MergeSuggestionId) -> Result<()> {
    let pair: Option<(ContactId, ContactId)> = sqlx::query_as(
        "update merge_suggestions set refused_by = $3, refused_at = now()
         where organization_id = $1 and id = $2 and refused_at is null
         returning one, other",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(member.user_id)
    .fetch_optional(tx.sql())
    .await?;
    let (one, other) = pair.ok_or_else(|| Error::not_found("merge_suggestion"))?;
    tell(tx, "refused", id, [one, other]);
    Ok(())
}

/// Tells of what the transaction has found, after it has written contacts.
pub async fn tell_new(tx: &mut Tx) -> Result<()> {
    let new: Vec<(MergeSuggestionId, ContactId, ContactId)> = sqlx::query_as(
        "select id, one, other from merge_suggestions
         where organization_id = $1 and created_at = now() and refused_at is null
         limit $2",
    )
    .bind(tx.organization())
    .bind(TOLD)
    .fetch_all(tx.sql())
    .await?;
    for (id, one, other) in new {
        tell(tx, "new", id, [one, other]);
    }
    Ok(())
}

/// What is known of a contact that goes into another: whom it is not, the other is not either.
pub async fn follow(tx: &mut Tx, into: ContactId, from: ContactId) -> Result<()> {
    let statements = [
        "insert into merge_suggestions (organization_id, one, other, refused_by, refused_at)
         select organization_id, least($2, third), greatest($2, third), refused_by, refused_at
         from (select s.*, case when s.one = $3 then s.other else s.one end as third
               from merge_suggestions s
               where s.organization_id = $1 and (s.one = $3 or s.other = $3) and s.refused_at is not null) refused
         where third <> $2
         on conflict (organization_id, one, other) do update
             set refused_by = excluded.refused_by, refused_at = excluded.refused_at
             where merge_suggestions.refused_at is null",
        "delete from merge_suggestions where organization_id = $1 and $2 <> $3 and (one = $3 or other = $3)",
    ];
    for statement in statements {
        sqlx::query(statement).bind(tx.organization()).bind(into).bind(from).execute(tx.sql()).await?;
    }
    Ok(())
}

fn tell(tx: &mut Tx, what: &str, id: MergeSuggestionId, contact_ids: [ContactId; 2]) {
    let data = json!({"id": id, "what": what, "contact_ids": contact_ids});
    tx.tell(NewEvent::everybody(EventKind::MergeSuggested, &data));
}
