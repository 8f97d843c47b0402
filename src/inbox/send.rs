//! Agents' messages and notes enter the conversation: numbered under its lock, and with them, in the same transaction, the
//! orders to deliver them. A repeated send is the message that it was the first time.

mod allowed;
mod write;

use channels::{
    call::{Call, CallDirection, CallLeg},
    message::{Part, PaymentCard},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use self::{
    allowed::{Surroundings, abilities, check_contact, check_reply, check_window, surroundings},
    write::{advance, files, mention, write},
};
use crate::{
    access::agent::Member,
    db::Tx,
    error::{Error, Result},
    ids::{AttachmentId, ConversationId, MessageId, UserId},
    inbox::{
        change, conversation,
        conversation::Locked,
        draft::{self, Draft, Piece},
        letter,
        message::{self, Message},
        order::{Extras, Order},
        payment_message, stale, tell, template,
    },
};

/// What the agent asks for.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Send {
    /// Chosen by the client; unique in the conversation.
    pub client_id: String,
    pub draft: Draft,
    pub attachments: Vec<AttachmentId>,
    pub reply_to: Option<MessageId>,
    /// For colleagues only.
    pub note: bool,
    /// Colleagues whom a note calls.
    pub mentions: Vec<UserId>,
    /// Number of the newest message that the author had seen: an answer to less than everything is refused.
    pub last_seen_seq: Option<i64>,
    /// Send it anyway.
    pub force: bool,
}

/// What came of it.
pub enum Sent {
    /// The first of so many messages: files that the platform does not take at once, a text that is too long for it.
    New(Message, usize),
    /// The same `client_id` was sent before.
    Repeated(Message),
}

/// In whose name something is sent.
#[derive(Clone, Copy, Debug)]
pub struct Author<'a> {
    /// `None`: the business, by somebody who is no member.
    member: Option<UserId>,
    name: &'a str,
}

impl<'a> Author<'a> {
    pub fn member(member: &'a Member) -> Self {
        Self { member: Some(member.user_id), name: &member.name }
    }

    pub fn business(name: &'a str) -> Self {
        Self { member: None, name }
    }

    fn changed_by(&self) -> Option<tell::ChangedBy<'a>> {
        self.member.map(|id| tell::ChangedBy { id, name: self.name })
    }
}

/// Numbers the messages and orders their delivery. More than one where the platform needs several; the first is answered.
pub async fn send(tx: &mut Tx, member: &Member, id: ConversationId, send: &Send) -> Result<Sent> {
    let locked = conversation::lock(tx, member, id).await?;
    let reader = (!send.note && !send.force).then_some(member);
    send_in(tx, &Author::member(member), reader, &locked, send).await
}

/// The same in anybody's name, whoever may see the conversation.
pub async fn send_for(tx: &mut Tx, author: &Author<'_>, id: ConversationId, send: &Send) -> Result<Sent> {
    let locked = conversation::lock_for_all(tx, id).await?;
    send_in(tx, author, None, &locked, send).await
}

/// `reader` must have read what they answer.
async fn send_in(
    tx: &mut Tx,
    author: &Author<'_>,
    reader: Option<&Member>,
    locked: &Locked,
    send: &Send,
) -> Result<Sent> {
    let around = surroundings(tx, locked, &send.client_id).await?;
    if let Some(repeated) = around.repeated {
        return message::load(tx, &[repeated])
            .await?
            .pop()
            .map(Sent::Repeated)
            .ok_or_else(|| Error::not_found("message"));
    }
    if let Some(member) = reader {
        stale::check(tx, member, locked, send.last_seen_seq).await?;
    }
    check_reply(tx, locked, send).await?;
    let pieces = match send.note {
        true => note(tx, send).await?,
        false => outbound(tx, locked, &around, send, Utc::now()).await?,
    };
    place(tx, author, locked, send, &pieces).await
}

/// What is wrong already with a message that is to be sent at that time.
pub async fn check(tx: &mut Tx, locked: &Locked, send: &Send, at: DateTime<Utc>) -> Result<()> {
    let around = surroundings(tx, locked, "").await?;
    check_reply(tx, locked, send).await?;
    outbound(tx, locked, &around, send, at).await.map(|_| ())
}

/// Calls a customer: the agent's telephone rings first. A call is a message that is delivered like any other.
pub async fn call(
    tx: &mut Tx,
    member: &Member,
    id: ConversationId,
    client_id: &str,
    agent: CallLeg,
) -> Result<Sent> {
    let locked = conversation::lock(tx, member, id).await?;
    let around = surroundings(tx, &locked, client_id).await?;
    if let Some(repeated) = around.repeated {
        return Ok(Sent::Repeated(message::find(tx, repeated).await?));
    }
    if !abilities(&locked)?.calls {
        return Err(Error::unprocessable("no_calls", "This channel cannot call."));
    }
    check_contact(&around)?;
    let call = Call::new(CallDirection::Outbound, Utc::now());
    let piece = Piece {
        kind: Some(channels::message::Kind::Call),
        text: call.text(),
        parts: vec![Part::Call(call)],
        extras: Some(Extras { call: Some(agent), ..Extras::default() }),
        ..Piece::default()
    };
    let send = Send { client_id: client_id.to_owned(), ..Send::default() };
    place(tx, &Author::member(member), &locked, &send, &[piece]).await
}

/// A request for money takes its place; [`payment_message::offer`] has it delivered once there is something to pay by.
///
/// [`payment_message::offer`]: crate::inbox::payment_message::offer
pub async fn request_payment(
    tx: &mut Tx,
    member: &Member,
    locked: &Locked,
    client_id: &str,
    text: String,
    card: PaymentCard,
) -> Result<Sent> {
    let around = surroundings(tx, locked, client_id).await?;
    if let Some(repeated) = around.repeated {
        return Ok(Sent::Repeated(message::find(tx, repeated).await?));
    }
    let abilities = abilities(locked)?;
    if abilities.text.max == 0 {
        return Err(Error::unprocessable("no_texts", "Nothing can be written on this channel."));
    }
    check_contact(&around)?;
    check_window(tx, locked, &abilities, Utc::now()).await?;
    let kind = Some(channels::message::Kind::Payment);
    let piece = Piece { kind, text, parts: vec![Part::Payment(card)], ..Piece::default() };
    let send = Send { client_id: client_id.to_owned(), ..Send::default() };
    put(tx, &Author::member(member), locked, &send, &[piece], false).await
}

async fn place(
    tx: &mut Tx,
    author: &Author<'_>,
    locked: &Locked,
    send: &Send,
    pieces: &[Piece],
) -> Result<Sent> {
    put(tx, author, locked, send, pieces, !send.note).await
}

async fn put(
    tx: &mut Tx,
    author: &Author<'_>,
    locked: &Locked,
    send: &Send,
    pieces: &[Piece],
    deliver: bool,
) -> Result<Sent> {
    let ids = write(tx, author, locked, send, pieces).await?;
    advance(tx, locked, send.note, &ids).await?;
    if locked.subject.is_none() {
        letter::name(tx, locked.id, pieces).await?;
    }
    if deliver {
        for message_id in &ids {
            tx.enqueue(Order::Deliver { message_id: *message_id }.job(locked.id));
        }
    }
    mention(tx, locked, send, &ids).await?;
    let conversation = change::reload(tx, locked.id).await?;
    let messages = tell::new_messages(tx, &conversation, &ids).await?;
    if let Some(message) = messages.first() {
        for user in send.mentions.iter().filter(|user| send.note && Some(**user) != author.member) {
            let data = json!({"kind": "mention", "message": message, "conversation": conversation, "changed_by": author.changed_by()});
            tell::notify(tx, *user, &data);
        }
    }
    let count = messages.len();
    messages
        .into_iter()
        .next()
        .map(|first| Sent::New(first, count))
        .ok_or_else(|| Error::Internal("a message was not written".into()))
}

/// Sends a failed or unknown message once more, because somebody asked for it.
pub async fn retry(tx: &mut Tx, member: &Member, id: MessageId) -> Result<Message> {
    let message = message::find(tx, id).await?;
    let locked = conversation::lock(tx, member, message.conversation_id)
        .await
        .map_err(|_| Error::not_found("message"))?;
    let around = surroundings(tx, &locked, "").await?;
    let abilities = abilities(&locked)?;
    check_contact(&around)?;
    if payment_message::lacks_offer(&message) {
        let detail = "There is nothing to pay by. Ask for the payment anew.";
        return Err(Error::conflict("no_offer", detail));
    }
    if message.kind != "template" {
        check_window(tx, &locked, &abilities, Utc::now()).await?;
    }
    let done = sqlx::query(
        "update messages
         set status = 'queued', error = null, external_id = null,
             status_history = status_history || jsonb_build_array(jsonb_build_object('status', 'queued', 'at', now()))
         where organization_id = $1 and id = $2 and direction = 'outbound' and status in ('failed', 'unknown') and deleted_at is null",
    )
    .bind(tx.organization())
    .bind(id)
    .execute(tx.sql())
    .await?;
    if done.rows_affected() == 0 {
        return Err(Error::conflict(
            "not_failed",
            "Only messages that failed, or whose fate is unknown, can be sent again.",
        ));
    }
    tx.enqueue(Order::Deliver { message_id: id }.job(locked.id));
    tell::message_updated(tx, locked.id, id).await?.ok_or_else(|| Error::not_found("message"))
}

async fn outbound(
    tx: &mut Tx,
    locked: &Locked,
    around: &Surroundings,
    send: &Send,
    at: DateTime<Utc>,
) -> Result<Vec<Piece>> {
    let abilities = abilities(locked)?;
    check_contact(around)?;
    let template = match &send.draft.extras.template {
        Some(asked) => template::find(tx, locked.integration_id, &asked.name, &asked.language).await?,
        None => {
            check_window(tx, locked, &abilities, at).await?;
            None
        }
    };
    if send.reply_to.is_some() && !abilities.reply {
        return Err(Error::invalid_field("reply_to", "This channel cannot quote messages."));
    }
    if !send.mentions.is_empty() {
        return Err(Error::invalid_field("mentions", "Only notes mention colleagues."));
    }
    let files = files(tx, &send.attachments).await?;
    let mut pieces = draft::pieces(&abilities, &send.draft, &files, template.as_ref())?;
    letter::address(&abilities, &send.draft.extras, &mut pieces)?;
    Ok(pieces)
}

async fn note(tx: &mut Tx, send: &Send) -> Result<Vec<Piece>> {
    let text = send.draft.text.trim().to_owned();
    let files = files(tx, &send.attachments).await?;
    if text.is_empty() && files.is_empty() {
        return Err(Error::invalid_field("text", "A note needs a text or a file."));
    }
    let kind = files.first().map_or(channels::message::Kind::Text, |file| file.kind.0.into());
    let files = files.iter().map(|file| (file.id, file.kind.0)).collect();
    Ok(vec![Piece { kind: Some(kind), text, files, ..Piece::default() }])
}
