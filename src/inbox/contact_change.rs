//! What people change about contacts: making them, correcting them, blocking, deleting and taking back.

use channels::PartyId;
use serde_json::{Map, Value};

use crate::{
    access::agent::Member,
    attributes,
    db::Tx,
    error::{Error, FieldError, Result},
    ids::{AccountId, ContactId, ConversationId},
    inbox::{
        contact::{self, Contact, Identity},
        conversation, merge_suggestion, tell,
    },
};

/// Conversations of a contact that are told of a change.
const TOLD: i64 = 20;

/// `None` leaves a field as it is, `Some(None)` empties it.
#[derive(Clone, Debug, Default)]
pub struct Change {
    pub name: Option<String>,
    pub phone: Option<Option<String>>,
    pub email: Option<Option<String>>,
    pub language: Option<Option<String>>,
    /// Given keys are set, `null` removes one.
    pub attributes: Option<Map<String, Value>>,
    pub tags: Option<Vec<String>>,
    /// The company that they belong to.
    pub account_id: Option<Option<AccountId>>,
    pub version: Option<i32>,
}

pub async fn create(tx: &mut Tx, change: &Change, identities: &[Identity]) -> Result<Contact> {
    let id = ContactId::new();
    let fields = checked(change, &Map::new())?;
    sqlx::query(
        "insert into contacts (organization_id, id, name, name_from, phone, phone_from, email, email_from, language, attributes, tags, account_id)
         values ($1, $2, $3, case when $3 = '' then 'platform' else 'person' end,
                 $4, case when $4 is null then 'platform' else 'person' end, $5, case when $5 is null then 'platform' else 'person' end,
                 $6, $7, $8, $9)",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(change.name.as_deref().unwrap_or_default().trim())
    .bind(fields.phone.flatten())
    .bind(fields.email.flatten())
    .bind(change.language.clone().flatten())
    .bind(Value::Object(fields.attributes))
    .bind(change.tags.clone().unwrap_or_default())
    .bind(change.account_id.flatten())
    .execute(tx.sql())
    .await
    .map_err(unknown_account)?;
    for (index, identity) in identities.iter().enumerate() {
        add_identity(tx, id, identity, &format!("identities[{index}]")).await?;
    }
    merge_suggestion::tell_new(tx).await?;
    contact::load(tx, id).await
}

/// 409 with the current state when the version is another.
pub async fn change(tx: &mut Tx, member: &Member, id: ContactId, change: &Change) -> Result<Contact> {
    lock(tx, &[id]).await?;
    let before = contact::find(tx, id).await?;
    if change.version.is_some_and(|version| version != before.version) {
        return Err(Error::version_conflict(&before));
    }
    let known = before.attributes.as_object().cloned().unwrap_or_default();
    let fields = checked(change, &known)?;
    sqlx::query(
        "update contacts
         set name = coalesce($3, name), name_from = case when $3 is null then name_from else 'person' end,
             phone = case when $4 then $5 else phone end, phone_from = case when $4 then 'person' else phone_from end,
             email = case when $6 then $7 else email end, email_from = case when $6 then 'person' else email_from end,
             language = case when $8 then $9 else language end, attributes = $10, tags = coalesce($11, tags),
             account_id = case when $12 then $13 else account_id end, version = version + 1, updated_at = now()
         where organization_id = $1 and id = $2",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(change.name.as_deref().map(str::trim))
    .bind(fields.phone.is_some())
    .bind(fields.phone.flatten())
    .bind(fields.email.is_some())
    .bind(fields.email.flatten())
    .bind(change.language.is_some())
    .bind(change.language.clone().flatten())
    .bind(Value::Object(fields.attributes))
    .bind(change.tags.clone())
    .bind(change.account_id.is_some())
    .bind(change.account_id.flatten())
    .execute(tx.sql())
    .await
    .map_err(unknown_account)?;
    tell_conversations(tx, Some(member), id).await?;
    merge_suggestion::tell_new(tx).await?;
    contact::find(tx, id).await
}

/// Nothing is sent to a blocked contact, and what it writes is not shown.
pub async fn block(tx: &mut Tx, member: &Member, id: ContactId, blocked: bool) -> Result<Contact> {
    contact::find(tx, id).await?;
    sqlx::query(
        "update contacts set blocked = $3, version = version + 1, updated_at = now()
         where organization_id = $1 and id = $2 and blocked <> $3",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(blocked)
    .execute(tx.sql())
    .await?;
    tell_conversations(tx, Some(member), id).await?;
    contact::find(tx, id).await
}

/// Out of the lists; its conversations stay, and [`restore`] brings it back.
pub async fn delete(tx: &mut Tx, id: ContactId) -> Result<()> {
    contact::find(tx, id).await?;
    sqlx::query("update contacts set deleted_at = now(), version = version + 1, updated_at = now() where organization_id = $1 and id = $2")
        .bind(tx.organization())
        .bind(id)
        .execute(tx.sql())
        .await?;
    Ok(())
}

pub async fn restore(tx: &mut Tx, id: ContactId) -> Result<Contact> {
    let before = contact::load(tx, id).await?;
    if before.merged_into.is_some() {
        return contact::find(tx, id).await;
    }
    sqlx::query("update contacts set deleted_at = null, version = version + 1, updated_at = now() where organization_id = $1 and id = $2 and deleted_at is not null")
        .bind(tx.organization())
        .bind(id)
        .execute(tx.sql())
        .await?;
    contact::find(tx, id).await
}

/// An address on a channel. 409 when another contact has it.
pub async fn add_identity(tx: &mut Tx, id: ContactId, identity: &Identity, field: &str) -> Result<()> {
    let channel = channels::find(&identity.channel)
        .ok_or_else(|| Error::invalid_field(&format!("{field}.channel"), "There is no such channel."))?;
    let external = identity.external_id.trim();
    let party = if identity.kind.is_empty() {
        channel.identity(external).ok_or_else(|| {
            Error::invalid_field(&format!("{field}.external_id"), "This channel knows no such address.")
        })?
    } else {
        PartyId::plain(&identity.kind, external)
    };
    let owner: Option<ContactId> = sqlx::query_scalar(
        "insert into contact_identities (organization_id, channel, kind, key, address, contact_id) values ($1, $2, $3, $4, $5, $6)
         on conflict (organization_id, channel, kind, key) do update set channel = excluded.channel
         returning contact_id",
    )
    .bind(tx.organization())
    .bind(&identity.channel)
    .bind(&party.kind)
    .bind(&party.key)
    .bind(&party.address)
    .bind(id)
    .fetch_optional(tx.sql())
    .await?;
    if owner == Some(id) {
        Ok(())
    } else {
        Err(Error::conflict("identity_taken", "Another contact has this address. Merge the two."))
    }
}

/// 404 when the contact has no such address.
pub async fn remove_identity(tx: &mut Tx, id: ContactId, identity: &Identity) -> Result<()> {
    let done = sqlx::query(
        "delete from contact_identities
         where organization_id = $1 and contact_id = $2 and channel = $3 and kind = $4 and address = $5",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(&identity.channel)
    .bind(&identity.kind)
    .bind(&identity.external_id)
    .execute(tx.sql())
    .await?;
    if done.rows_affected() == 0 { Err(Error::not_found("identity")) } else { Ok(()) }
}

/// Locks contacts in the order of their ids.
pub async fn lock(tx: &mut Tx, ids: &[ContactId]) -> Result<()> {
    sqlx::query("select from contacts where organization_id = $1 and id = any($2) order by id for update")
        .bind(tx.organization())
        .bind(ids)
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// The contact's newest conversations show the change at once.
pub async fn tell_conversations(tx: &mut Tx, by: Option<&Member>, id: ContactId) -> Result<()> {
    let ids: Vec<ConversationId> = sqlx::query_scalar(
        "select id from conversations where organization_id = $1 and contact_id = $2 and deleted_at is null
         order by last_message_at desc limit $3",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(TOLD)
    .fetch_all(tx.sql())
    .await?;
    for conversation in conversation::load(tx, &ids).await? {
        tell::updated(tx, by, &conversation);
    }
    Ok(())
}

fn unknown_account(error: sqlx::Error) -> Error {
    match Error::from(error) {
        error if error.breaks("contacts_organization_id_account_id_fkey") => {
            Error::invalid_field("account_id", "There is no such account.")
        }
        error => error,
    }
}

struct Checked {
    phone: Option<Option<String>>,
    email: Option<Option<String>>,
    attributes: Map<String, Value>,
}

fn checked(change: &Change, known: &Map<String, Value>) -> Result<Checked> {
    let mut errors = Vec::new();
    let mut fault = |field: String, detail: &str| errors.push(FieldError { field, detail: detail.into() });
    let phone = change.phone.as_ref().map(|phone| phone.as_deref().map(normal_phone));
    if phone == Some(Some(None)) {
        fault("phone".into(), "A number begins with + and its country, and has 7 to 15 digits.");
    }
    let email =
        change.email.as_ref().map(|email| email.as_deref().map(str::trim).filter(|email| !email.is_empty()));
    if email.flatten().is_some_and(|email| !is_email(email)) {
        fault("email".into(), "This is no e-mail address.");
    }
    attributes::check_tags(change.tags.as_deref(), &mut errors);
    let attributes = attributes::changed(known, change.attributes.as_ref(), &mut errors);
    if !errors.is_empty() {
        return Err(Error::invalid(errors));
    }
    Ok(Checked {
        phone: phone.map(Option::flatten),
        email: email.map(|email| email.map(str::to_owned)),
        attributes,
    })
}

/// E.164 with plus, in the one form that a person's number has on every channel, so that equal numbers are equal texts.
pub fn normal_phone(text: &str) -> Option<String> {
    let plain: String =
        text.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')' | '\u{a0}')).collect();
    let digits = plain.strip_prefix('+').or_else(|| plain.strip_prefix("00"))?;
    let fits = (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| {
        let written = format!("+{digits}");
        // With the (0) of the home country left out, where the plan of that country knows none.
        channels::phone::normal(&text.trim().replacen("00", "+", usize::from(text.trim().starts_with("00"))))
            .or_else(|| channels::phone::normal(&written))
            .unwrap_or(written)
    })
}

pub fn is_email(text: &str) -> bool {
    text.len() <= 254
        && text.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty()
                && host.contains('.')
                && !host.starts_with('.')
                && !host.ends_with('.')
                && !host.contains('@')
        })
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_get_one_form() {
        assert_eq!(normal_phone("+55 (11) 98888-7777").as_deref(), Some("+5511988887777"));
        assert_eq!(normal_phone("+49 (0) 30 1234567").as_deref(), Some("+49301234567"));
        // Brazil's mobile numbers, old and new.
        assert_eq!(normal_phone("+55 11 8765-4321"), normal_phone("+55 11 98765-4321"));
        assert_eq!(normal_phone("0044 20 7946 0000").as_deref(), Some("+442079460000"));
        for wrong in ["98888-7777", "+12", "+55119888877770000", "+55x11988887777", ""] {
            assert_eq!(normal_phone(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn addresses_are_told_from_words() {
        assert!(is_email("ana@example.org"));
        for wrong in ["ana", "@example.org", "ana@org", "a b@example.org", "ana@.org", "ana@a@b.org"] {
            assert!(!is_email(wrong), "{wrong}");
        }
    }
}
