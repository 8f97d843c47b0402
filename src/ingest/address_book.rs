//! Names that the business gave people on its own phone. They go before what people call themselves, and after what was typed here.

use std::collections::HashMap;

use channels::event::{AddressBookEntry, What};
use serde_json::json;
use sqlx::types::Json;

use super::{
    batch::{Item, kind},
    people::{self, People},
    record::{Became, Effect},
};
use crate::{
    db::Tx,
    error::Result,
    ids::ContactId,
    realtime::event::{EventKind, NewEvent},
};

/// Gives the batch's entries to their contacts, which [`People::meet`] has found or made; the last word on somebody counts.
pub(super) async fn apply(
    tx: &mut Tx,
    items: &[Item<'_>],
    people: &People,
    became: &mut [Option<Became>],
) -> Result<()> {
    let mut entries: HashMap<ContactId, &AddressBookEntry> = HashMap::new();
    for (index, item) in items.iter().enumerate() {
        let (What::AddressBook(entry), Some(integration)) = (item.what, &item.integration) else { continue };
        let contact = people.of(integration.channel.id().as_str(), &entry.party);
        if let Some(contact) = contact {
            entries.insert(contact, entry);
        }
        became[index] = Some(Became {
            kind: kind(item.what),
            external_id: None,
            conversation_id: None,
            message_id: None,
            effect: if contact.is_some() { Effect::Stored } else { Effect::Ignored },
        });
    }
    if entries.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = entries
        .iter()
        .map(|(id, entry)| {
            let name = entry.party.named().unwrap_or_default();
            json!({"id": id, "name": name, "phone": people::phone(&entry.party), "removed": entry.removed})
        })
        .collect();
    let changed = write(tx, rows).await?;
    if changed > 0 {
        tx.tell(NewEvent::everybody(EventKind::SettingsUpdated, &json!({"what": "contacts"})));
    }
    Ok(())
}

async fn write(tx: &mut Tx, rows: Vec<serde_json::Value>) -> Result<u64> {
    let organization = tx.organization();
    let changed = sqlx::query(
        "update contacts c set
             name = case when not news.removed and news.name <> '' then news.name else c.name end,
             name_from = case when news.removed or news.name = '' then 'platform' else 'address_book' end,
             phone = coalesce(c.phone, news.phone),
             version = c.version + 1,
             updated_at = now()
         from jsonb_to_recordset($2) as news (id uuid, name text, phone text, removed boolean)
         where c.organization_id = $1 and c.id = news.id and c.deleted_at is null
           and c.name_from in ('platform', 'address_book')
           and ((not news.removed and news.name <> '' and (news.name <> c.name or c.name_from = 'platform'))
                or (news.removed and c.name_from = 'address_book')
                or (c.phone is null and news.phone is not null))",
    )
    .bind(organization)
    .bind(Json(rows))
    .execute(tx.sql())
    .await?;
    Ok(changed.rows_affected())
}
