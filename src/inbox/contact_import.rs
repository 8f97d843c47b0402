//! Contacts out of a table: rows find their contact by phone, then by e-mail; those that find none become new ones. However
//! long the table is, a handful of statements store it.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;
use serde_json::{Map, Value};
use sqlx::types::Json;
use utoipa::ToSchema;

use crate::{
    access::agent::Member,
    attributes,
    db::Tx,
    error::{Error, Result},
    ids::{ContactId, ConversationId},
    inbox::{
        contact_change::{is_email, normal_phone},
        conversation, csv, merge_suggestion, tell,
    },
};

/// Rows of one table, without its head.
pub const MOST_ROWS: usize = 5_000;
/// Conversations that are told of changed contacts at once; the others show it when they are loaded.
const TOLD: i64 = 200;
/// Columns of the export that an import passes over.
const PASSED_OVER: [&str; 7] = ["id", "username", "language", "tags", "blocked", "created_at", "attributes"];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Created,
    Updated,
    /// Said nothing new, or could not be taken: then with an `error`.
    Skipped,
}

/// What came of one row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ImportedRow {
    /// Counted from 1, without the head and empty lines.
    pub row: usize,
    pub outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// One row, checked.
#[derive(Debug, Default)]
pub struct Entry {
    name: String,
    phone: Option<String>,
    email: Option<String>,
    attributes: Map<String, Value>,
}

/// A contact as it is, and as the rows make it.
#[derive(Clone, Debug, PartialEq, Serialize, sqlx::FromRow)]
struct Fields {
    id: ContactId,
    name: String,
    phone: Option<String>,
    email: Option<String>,
    #[sqlx(json)]
    attributes: Map<String, Value>,
}

/// The contacts that the rows are about.
#[derive(Default)]
struct Plan {
    contacts: HashMap<ContactId, Fields>,
    by_phone: HashMap<String, ContactId>,
    by_email: HashMap<String, ContactId>,
    created: Vec<ContactId>,
    updated: BTreeSet<ContactId>,
}

/// The rows of a table whose first line names its columns: `name`, `phone`, `email`; others become attributes. A row that
/// cannot be taken is an `Err` that says why; 422 if the table as a whole cannot be.
pub fn read(text: &str) -> Result<Vec<Result<Entry, String>>> {
    let mut rows = csv::read(text)
        .ok_or_else(|| Error::unprocessable("bad_table", "A quoted cell has no end."))?
        .into_iter();
    let head: Vec<String> = rows.next().unwrap_or_default().iter().map(|name| column(name)).collect();
    if !head.iter().any(|name| name == "phone" || name == "email") {
        let detail = "The first line must name the columns, a column phone or email among them.";
        return Err(Error::unprocessable("bad_table", detail));
    }
    if rows.len() > MOST_ROWS {
        let detail = format!("A table may have {MOST_ROWS} rows; this one has {}.", rows.len());
        return Err(Error::unprocessable("too_many_rows", detail));
    }
    Ok(rows.map(|row| entry(&head, &row)).collect())
}

/// Stores the rows, in their order, and tells what came of each.
pub async fn store(
    tx: &mut Tx,
    member: &Member,
    rows: Vec<Result<Entry, String>>,
) -> Result<Vec<ImportedRow>> {
    let mut plan = Plan::load(tx, &rows).await?;
    let outcomes = rows.into_iter().enumerate().map(|(index, row)| {
        let (outcome, error) = match row.and_then(|entry| plan.take(entry)) {
            Ok(outcome) => (outcome, None),
            Err(error) => (Outcome::Skipped, Some(error)),
        };
        ImportedRow { row: index + 1, outcome, error }
    });
    let outcomes = outcomes.collect();
    plan.store(tx).await?;
    tell_changed(tx, member, &plan.updated).await?;
    Ok(outcomes)
}

/// `Phone` and ` phone ` are the column `phone`; attributes keep their capitals.
fn column(name: &str) -> String {
    let name = name.trim();
    let lower = name.to_lowercase();
    let known = ["name", "phone", "email"].contains(&lower.as_str()) || PASSED_OVER.contains(&lower.as_str());
    if known { lower } else { name.to_owned() }
}

fn entry(head: &[String], row: &[String]) -> Result<Entry, String> {
    if row.len() > head.len() {
        return Err(format!("The row has {} cells, the first line {}.", row.len(), head.len()));
    }
    let mut entry = Entry::default();
    for (name, cell) in head.iter().zip(row) {
        let cell = plain(cell);
        match name.as_str() {
            _ if cell.is_empty() => {}
            "name" if cell.chars().count() > 200 => {
                return Err("The name is longer than 200 characters.".into());
            }
            "name" => entry.name = cell.to_owned(),
            "phone" => {
                let phone = normal_phone(cell);
                let fault = "phone: a number begins with + and its country, and has 7 to 15 digits.";
                entry.phone = Some(phone.ok_or(fault)?);
            }
            "email" if !is_email(cell) => return Err("email: this is no e-mail address.".into()),
            "email" => entry.email = Some(cell.to_owned()),
            other if PASSED_OVER.contains(&other) => {}
            other => {
                let value = Value::from(cell);
                if !attributes::fits(other, &value) {
                    return Err(format!(
                        "{other}: an attribute has up to 1000 characters, its name 1 to 64."
                    ));
                }
                entry.attributes.insert(other.to_owned(), value);
            }
        }
    }
    if entry.phone.is_none() && entry.email.is_none() {
        return Err("The row has neither a phone nor an e-mail address.".into());
    }
    Ok(entry)
}

/// Without the apostrophe that keeps spreadsheets from running a cell, as the export sets it.
fn plain(cell: &str) -> &str {
    let cell = cell.trim();
    cell.strip_prefix('\'').filter(|rest| rest.starts_with(['=', '+', '-', '@'])).unwrap_or(cell)
}

impl Plan {
    /// Contacts that the rows name, locked; of several with the same phone or address, the oldest. Imports of one organization
    /// follow each other, so that two of the same table make nobody twice.
    async fn load(tx: &mut Tx, rows: &[Result<Entry, String>]) -> Result<Self> {
        let organization = tx.organization();
        sqlx::query("select pg_advisory_xact_lock(hashtextextended('import_contacts ' || $1::uuid, 0))")
            .bind(organization)
            .execute(tx.sql())
            .await?;
        let entries = || rows.iter().flatten();
        let phones: Vec<_> = entries().filter_map(|entry| entry.phone.as_deref()).collect();
        let emails: Vec<_> =
            entries().filter_map(|entry| entry.email.as_deref()).map(str::to_lowercase).collect();
        let found: Vec<Fields> = sqlx::query_as(
            "select id, name, phone, email, attributes from contacts
             where organization_id = $1 and deleted_at is null and (phone = any($2) or lower(email) = any($3))
             order by id for update",
        )
        .bind(organization)
        .bind(phones)
        .bind(emails)
        .fetch_all(tx.sql())
        .await?;
        let mut plan = Self::default();
        found.into_iter().for_each(|one| plan.know(one));
        Ok(plan)
    }

    fn know(&mut self, contact: Fields) {
        if let Some(phone) = &contact.phone {
            self.by_phone.entry(phone.clone()).or_insert(contact.id);
        }
        if let Some(email) = &contact.email {
            self.by_email.entry(email.to_lowercase()).or_insert(contact.id);
        }
        self.contacts.insert(contact.id, contact);
    }

    /// What a row says is added to its contact; an empty cell leaves what is known.
    fn take(&mut self, entry: Entry) -> Result<Outcome, String> {
        let by_phone = entry.phone.as_ref().and_then(|phone| self.by_phone.get(phone));
        let email = entry.email.as_ref().map(|email| email.to_lowercase());
        let known = by_phone.or_else(|| self.by_email.get(email.as_ref()?)).copied();
        let before = known.and_then(|id| self.contacts.get(&id)).cloned();
        let mut contact = before.clone().unwrap_or_else(Fields::new);
        if !entry.name.is_empty() {
            contact.name = entry.name;
        }
        contact.phone = entry.phone.or(contact.phone);
        contact.email = entry.email.or(contact.email);
        contact.attributes.extend(entry.attributes);
        if contact.attributes.len() > attributes::MOST {
            return Err(format!("A contact has at most {} attributes.", attributes::MOST));
        }
        let outcome = match &before {
            None => {
                self.created.push(contact.id);
                Outcome::Created
            }
            Some(before) if *before == contact => Outcome::Skipped,
            Some(_) => {
                self.updated.insert(contact.id);
                Outcome::Updated
            }
        };
        self.know(contact);
        Ok(outcome)
    }

    async fn store(&mut self, tx: &mut Tx) -> Result<()> {
        for id in &self.created {
            self.updated.remove(id);
        }
        let organization = tx.organization();
        let created: Vec<_> = self.created.iter().filter_map(|id| self.contacts.get(id)).collect();
        sqlx::query(
            "insert into contacts (organization_id, id, name, name_from, phone, email, attributes)
             select $1, id, case when name = '' then coalesce(phone, email) else name end,
                    case when name = '' then 'platform' else 'person' end, phone, email, attributes
             from jsonb_to_recordset($2) as new (id uuid, name text, phone text, email text, attributes jsonb)",
        )
        .bind(organization)
        .bind(Json(created))
        .execute(tx.sql())
        .await?;
        let updated: Vec<_> = self.updated.iter().filter_map(|id| self.contacts.get(id)).collect();
        sqlx::query(
            "update contacts c
             set name = news.name, name_from = case when news.name = c.name then c.name_from else 'person' end,
                 phone_from = case when news.phone is distinct from c.phone then 'person' else c.phone_from end,
                 email_from = case when news.email is distinct from c.email then 'person' else c.email_from end,
                 phone = news.phone, email = news.email, attributes = news.attributes,
                 version = c.version + 1, updated_at = now()
             from jsonb_to_recordset($2) as news (id uuid, name text, phone text, email text, attributes jsonb)
             where c.organization_id = $1 and c.id = news.id",
        )
        .bind(organization)
        .bind(Json(updated))
        .execute(tx.sql())
        .await?;
        merge_suggestion::tell_new(tx).await
    }
}

impl Fields {
    fn new() -> Self {
        Self { id: ContactId::new(), name: String::new(), phone: None, email: None, attributes: Map::new() }
    }
}

/// The newest conversations of changed contacts show the change at once.
async fn tell_changed(tx: &mut Tx, member: &Member, contacts: &BTreeSet<ContactId>) -> Result<()> {
    let ids: Vec<ConversationId> = sqlx::query_scalar(
        "select id from conversations where organization_id = $1 and contact_id = any($2) and deleted_at is null
         order by last_message_at desc limit $3",
    )
    .bind(tx.organization())
    .bind(contacts.iter().copied().collect::<Vec<_>>())
    .bind(TOLD)
    .fetch_all(tx.sql())
    .await?;
    for conversation in conversation::load(tx, &ids).await? {
        tell::updated(tx, Some(member), &conversation);
    }
    Ok(())
}
