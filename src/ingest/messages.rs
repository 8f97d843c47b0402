//! What was written: numbers and stores new messages and their files, once each.

use std::collections::HashMap;

use channels::event::InboundMessage;
use serde_json::json;

use super::{
    batch::{self, Item, Settings},
    people::People,
    record::{Became, Effect},
    rows,
    threads::Threads,
};
use crate::{
    db::{NewJob, Tx},
    error::Result,
    ids::{ConversationId, IntegrationId, MessageId},
    inbox::{integration::Integration, message::Message},
    profiles,
};

type External = (IntegrationId, String);

/// The messages that the batch brought and that were not known.
#[derive(Default)]
pub(super) struct NewMessages {
    pub by_external: HashMap<External, (MessageId, ConversationId)>,
    /// In the order of coming.
    pub messages: Vec<Message>,
    /// Those that answer a message, whose words are in the table.
    pub answering: Vec<MessageId>,
}

impl NewMessages {
    /// Stores the messages that are not known yet; `became` learns what each one was.
    pub(super) async fn append(
        &mut self,
        tx: &mut Tx,
        items: &[Item<'_>],
        people: &People,
        threads: &mut Threads,
        settings: &Settings,
        became: &mut [Option<Became>],
    ) -> Result<()> {
        let known = known(tx, items).await?;
        let mut new_rows = Vec::new();
        let mut files = Vec::new();
        let mut aliases = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let (Some(inbound), Some(integration)) = (item.message.as_deref(), &item.integration) else {
                continue;
            };
            let external = (integration.id, inbound.external_id.clone());
            let alias = inbound.alias.clone().map(|alias| (integration.id, alias));
            let repeated = std::iter::once(&external)
                .chain(&alias)
                .find_map(|id| known.get(id).or_else(|| self.by_external.get(id)))
                .copied();
            if let Some((id, conversation)) = repeated {
                became[index] = Some(outcome(inbound, Some(conversation), Some(id), Effect::Repeated));
                continue;
            }
            let contact = people.of(integration.channel.id().as_str(), &inbound.contact);
            let thread = threads.of(integration.id, &inbound.external_id);
            let (Some(contact), Some(thread)) = (contact, thread) else {
                became[index] = Some(outcome(inbound, None, None, Effect::Blocked));
                continue;
            };
            let id = MessageId::new();
            let (seq, late) = thread.append(
                id,
                inbound,
                integration.channel.window_hours(&integration.account),
                settings.now,
            );
            let quoted = inbound.reply_to.as_ref().map(|quote| (integration.id, quote.external_id.clone()));
            let reply_to = quoted
                .and_then(|key| known.get(&key).or_else(|| self.by_external.get(&key)).map(|found| found.0));
            let name = people.contact(contact).map(|contact| contact.name.clone()).unwrap_or_default();
            profiles::want(tx, integration, inbound, id, contact, people.is_named(contact));
            new_rows.push(rows::row(id, thread.id, seq, late, integration, inbound, contact, name, reply_to));
            files.extend(
                inbound
                    .media
                    .iter()
                    .enumerate()
                    .map(|(position, media)| rows::file(id, thread.id, position, media)),
            );
            if let Some(token) = &inbound.acknowledge {
                tx.enqueue(acknowledgement(integration, token)?);
            }
            became[index] = Some(outcome(inbound, Some(thread.id), Some(id), Effect::Stored));
            for id_there in std::iter::once(external).chain(alias.clone()) {
                self.by_external.insert(id_there, (id, thread.id));
            }
            aliases.extend(alias.map(|(integration, alias)| (integration, alias, id)));
        }
        rows::insert(tx, &new_rows, settings).await?;
        rows::insert_files(tx, &files).await?;
        rows::insert_aliases(tx, &aliases).await?;
        self.answering =
            new_rows.iter().filter(|row| row.reply_to_external.is_some()).map(|row| row.id).collect();
        self.messages = new_rows.iter().map(|row| row.told(&files, settings.now)).collect();
        Ok(())
    }
}

/// Messages that exist under the batch's external ids, and those that the batch answers.
async fn known(tx: &mut Tx, items: &[Item<'_>]) -> Result<HashMap<External, (MessageId, ConversationId)>> {
    let mut wanted: Vec<(IntegrationId, &str)> = Vec::new();
    for (item, message) in super::threads::incoming(items) {
        let Some(integration) = &item.integration else { continue };
        wanted.push((integration.id, &message.external_id));
        wanted.extend(message.alias.iter().map(|alias| (integration.id, alias.as_str())));
        wanted.extend(message.reply_to.iter().map(|quote| (integration.id, quote.external_id.as_str())));
    }
    find(tx, &wanted).await
}

/// Messages by their platform's ids, aliases included.
pub(super) async fn find(
    tx: &mut Tx,
    wanted: &[(IntegrationId, &str)],
) -> Result<HashMap<External, (MessageId, ConversationId)>> {
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    let organization = tx.organization();
    let rows: Vec<(IntegrationId, String, MessageId, ConversationId)> = sqlx::query_as(
        "with wanted as (select distinct * from unnest($2::uuid[], $3::text[]) as w (integration_id, external_id))
         select m.integration_id, m.external_id, m.id, m.conversation_id
         from wanted w join messages m on m.organization_id = $1
              and m.integration_id = w.integration_id and m.external_id = w.external_id
         union all
         select a.integration_id, a.external_id, m.id, m.conversation_id
         from wanted w join message_aliases a on a.organization_id = $1
              and a.integration_id = w.integration_id and a.external_id = w.external_id
         join messages m on m.organization_id = $1 and m.id = a.message_id",
    )
    .bind(organization)
    .bind(wanted.iter().map(|one| one.0).collect::<Vec<_>>())
    .bind(wanted.iter().map(|one| one.1).collect::<Vec<_>>())
    .fetch_all(tx.sql())
    .await?;
    Ok(rows
        .into_iter()
        .map(|(integration, external, id, conversation)| ((integration, external), (id, conversation)))
        .collect())
}

pub(super) fn acknowledgement(integration: &Integration, token: &str) -> Result<NewJob> {
    let sealed = integration.seal_token(token)?;
    Ok(NewJob::now("acknowledge", None, json!({"integration_id": integration.id, "sealed": sealed})))
}

fn outcome(
    inbound: &InboundMessage,
    conversation_id: Option<ConversationId>,
    message_id: Option<MessageId>,
    effect: Effect,
) -> Became {
    Became {
        kind: "message",
        external_id: Some(inbound.external_id.clone()),
        conversation_id,
        message_id,
        effect,
    }
}

/// What one event became, when it speaks of an existing message.
pub(super) fn became(
    item: &Item<'_>,
    external_id: &str,
    found: Option<(MessageId, ConversationId)>,
    effect: Effect,
) -> Became {
    Became {
        kind: batch::kind(item.what),
        external_id: Some(external_id.to_owned()),
        conversation_id: found.map(|found| found.1),
        message_id: found.map(|found| found.0),
        effect,
    }
}
