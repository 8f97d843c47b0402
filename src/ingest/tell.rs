//! Tells browsers what a batch brought and changed.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde::Serialize;
use serde_json::json;

use super::{changes::Changes, messages::NewMessages, people::People, threads::Threads};
use crate::{
    db::Tx,
    error::Result,
    ids::{ConversationId, MessageId},
    inbox::{
        conversation::{self, Conversation},
        label,
        message::{self, Message},
    },
    realtime::event::{EventKind, NewEvent},
};

/// Tells browsers of everything new and changed, in the order of the conversations' numbers. What is new is told as it was
/// written; what changed since, and what quotes another message, is read again. Returns the messages that were told of.
pub(super) async fn tell(
    tx: &mut Tx,
    new: NewMessages,
    changes: &Changes,
    people: &People,
    threads: &Threads,
) -> Result<Vec<Message>> {
    let ids: HashSet<_> = new.messages.iter().map(|message| message.id).collect();
    let changed: HashSet<_> = changes.updated().chain(changes.statuses().map(|one| one.message_id)).collect();
    let again: Vec<_> = changes
        .updated()
        .filter(|id| !ids.contains(id))
        .chain(ids.iter().copied().filter(|id| changed.contains(id) || new.answering.contains(id)))
        .collect();
    let mut messages = new.messages;
    messages.retain(|message| !again.contains(&message.id));
    if !again.is_empty() {
        messages.extend(message::load(tx, &again).await?);
    }
    messages.sort_unstable_by_key(|message| (message.conversation_id, message.seq));
    let mut subjects: BTreeSet<_> = messages.iter().map(|message| message.conversation_id).collect();
    subjects.extend(changes.statuses().map(|one| one.conversation_id));
    let conversations = conversations(tx, subjects, &messages, &again, people, threads).await?;
    for message in &messages {
        let Some(conversation) = conversations.get(&message.conversation_id) else { continue };
        let event = if ids.contains(&message.id) {
            let data = NewMessage { message, conversation };
            NewEvent::about(EventKind::NewMessage, conversation.subject(), &data)
        } else {
            NewEvent::about(EventKind::MessageUpdated, conversation.subject(), &json!({"message": message}))
        };
        tx.tell(event);
    }
    for change in changes.statuses().filter(|change| !ids.contains(&change.message_id)) {
        let Some(conversation) = conversations.get(&change.conversation_id) else { continue };
        tx.tell(NewEvent::about(EventKind::MessageStatus, conversation.subject(), change));
    }
    Ok(messages)
}

/// The `data` of a `new_message` event.
#[derive(Serialize)]
struct NewMessage<'a> {
    message: &'a Message,
    conversation: &'a Conversation,
}

/// The conversations that are told of. Those whose newest message is of this batch are known as they were written.
async fn conversations(
    tx: &mut Tx,
    mut wanted: BTreeSet<ConversationId>,
    messages: &[Message],
    again: &[MessageId],
    people: &People,
    threads: &Threads,
) -> Result<HashMap<ConversationId, Conversation>> {
    let mut known = HashMap::new();
    for message in messages.iter().filter(|message| !again.contains(&message.id)) {
        let Some(thread) = threads.get(message.conversation_id) else { continue };
        let Some(contact) = people.contact(thread.contact_id) else { continue };
        if thread.ends_with(message.id) && wanted.remove(&thread.id) {
            let contact = contact.told(thread.contact_id);
            known.insert(thread.id, thread.told(contact, message.as_last()));
        }
    }
    let ids: Vec<_> = known.keys().copied().collect();
    for (conversation, label) in label::carried(tx, &ids).await? {
        known.entry(conversation).and_modify(|conversation| conversation.labels.push(label));
    }
    if !wanted.is_empty() {
        let wanted: Vec<_> = wanted.into_iter().collect();
        let loaded = conversation::load(tx, &wanted).await?;
        known.extend(loaded.into_iter().map(|conversation| (conversation.id, conversation)));
    }
    Ok(known)
}
