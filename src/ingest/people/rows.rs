//! Contacts and their identities as rows: made, and followed where the platform says something new.

use std::collections::HashMap;

use serde::Serialize;
use sqlx::{AssertSqlSafe, types::Json};

use super::contact::{COLUMNS, Contact, News};
use crate::{db::Tx, error::Result, ids::ContactId};

#[derive(sqlx::FromRow)]
struct Updated {
    id: ContactId,
    #[sqlx(flatten)]
    contact: Contact,
}

#[derive(Serialize)]
struct Said<'a> {
    id: ContactId,
    #[serde(flatten)]
    news: &'a News,
}

#[derive(Serialize)]
pub(super) struct NewIdentity<'a> {
    pub channel: &'a str,
    pub kind: &'a str,
    pub key: &'a str,
    pub address: &'a str,
    pub contact_id: ContactId,
}

/// The columns of [`Said`].
const SAID: &str = "(id uuid, name text, name_claimed boolean, phone text, phone_claimed boolean, email text, email_claimed boolean,
                     username text, language text, is_group boolean)";

/// Whether a name takes the place of the one that is known.
const NAME: &str = "(c.name_from = 'platform' and news.name <> '' and news.name <> c.name
                    and (not news.name_claimed or c.name = '' or c.name = c.phone))";

/// Whose word a phone or an e-mail of the news is.
fn from(field: &str) -> String {
    format!("case when {field}_claimed then 'claim' else 'platform' end")
}

/// Whether that field of the news is taken: where nothing is known, or only a claim that something better has come for.
fn takes(field: &str) -> String {
    format!(
        "(news.{field} is not null and c.{field}_from <> 'person'
          and (c.{field} is null or (c.{field}_from = 'claim' and not news.{field}_claimed)))"
    )
}

/// Follows the platform's names and fills in what was not known. A person's word is never overwritten. Answers those that
/// changed, as they are now.
pub(super) async fn update(tx: &mut Tx, known: &[(ContactId, News)]) -> Result<HashMap<ContactId, Contact>> {
    let news: Vec<_> = known.iter().map(|(id, news)| Said { id: *id, news }).collect();
    if news.is_empty() {
        return Ok(HashMap::new());
    }
    let organization = tx.organization();
    let (phone, email) = (takes("phone"), takes("email"));
    let (phone_from, email_from) = (from("news.phone"), from("news.email"));
    let updated: Vec<Updated> = sqlx::query_as(AssertSqlSafe(format!(
        "update contacts c set
             name = case when {NAME} then news.name else c.name end,
             phone = case when {phone} then news.phone else c.phone end,
             phone_from = case when {phone} then {phone_from} else c.phone_from end,
             email = case when {email} then news.email else c.email end,
             email_from = case when {email} then {email_from} else c.email_from end,
             username = coalesce(news.username, c.username),
             language = coalesce(c.language, news.language),
             reachable = true,
             deleted_at = null,
             version = c.version + 1,
             updated_at = now()
         from jsonb_to_recordset($2) as news {SAID}
         where c.organization_id = $1 and c.id = news.id
           and ({NAME} or {phone} or {email}
                or (news.username is not null and news.username is distinct from c.username)
                or (c.language is null and news.language is not null)
                or not c.reachable or c.deleted_at is not null)
         returning c.id, {COLUMNS}"
    )))
    .bind(organization)
    .bind(Json(&news))
    .fetch_all(tx.sql())
    .await?;
    Ok(updated.into_iter().map(|one| (one.id, one.contact)).collect())
}

pub(super) async fn insert_contacts(tx: &mut Tx, contacts: &[(ContactId, News)]) -> Result<()> {
    if contacts.is_empty() {
        return Ok(());
    }
    let contacts: Vec<_> = contacts.iter().map(|(id, news)| Said { id: *id, news }).collect();
    let organization = tx.organization();
    let (phone_from, email_from) = (from("phone"), from("email"));
    sqlx::query(AssertSqlSafe(format!(
        "insert into contacts (organization_id, id, name, phone, phone_from, email, email_from, username, language, is_group)
         select $1, id, case when name <> '' then name else coalesce(phone, '') end, phone, {phone_from}, email, {email_from}, username,
                language, is_group
         from jsonb_to_recordset($2) as c {SAID}"
    )))
    .bind(organization)
    .bind(Json(contacts))
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// An identity that another server added at this moment breaks the key, and the batch is stored again, one by one.
pub(super) async fn insert_identities(tx: &mut Tx, identities: &[NewIdentity<'_>]) -> Result<()> {
    if identities.is_empty() {
        return Ok(());
    }
    let organization = tx.organization();
    sqlx::query(
        "insert into contact_identities (organization_id, channel, kind, key, address, contact_id)
         select $1, channel, kind, key, address, contact_id
         from jsonb_to_recordset($2) as i (channel text, kind text, key text, address text, contact_id uuid)",
    )
    .bind(organization)
    .bind(Json(identities))
    .execute(tx.sql())
    .await?;
    Ok(())
}
