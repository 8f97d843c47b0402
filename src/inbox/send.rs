//! Agents' messages and notes enter the conversation: numbered under its lock, and with them, in the same transaction, the
//! orders to deliver them. A repeated send is the message that it was the first time.

use channels::{
    Abilities, Template,
    call::{Call, CallDirection, CallLeg},
    message::Part,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::types::Json;

use crate::{
    access::agent::Member,
    db::Tx,
    error::{Error, FieldError, Problem, Result},
    ids::{AttachmentId, ConversationId, MessageId, UserId},
    inbox::{
        change, conversation,
        conversation::Locked,
        draft::{self, Draft, File, Piece},
        letter,
        message::{self, Message},
        order::{Extras, Order},
        stale, tell, template,
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

#[derive(sqlx::FromRow)]
struct Surroundings {
    repeated: Option<MessageId>,
    blocked: bool,
    reachable: bool,
    /// Wants no messages at any address on this channel.
    opted_out: bool,
    integration_status: String,
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

async fn place(
    tx: &mut Tx,
    author: &Author<'_>,
    locked: &Locked,
    send: &Send,
    pieces: &[Piece],
) -> Result<Sent> {
    let ids = write(tx, author, locked, send, pieces).await?;
    advance(tx, locked, send.note, &ids).await?;
    if locked.subject.is_none() {
        letter::name(tx, locked.id, pieces).await?;
    }
    if !send.note {
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

async fn surroundings(tx: &mut Tx, locked: &Locked, client_id: &str) -> Result<Surroundings> {
    Ok(sqlx::query_as(
        "select (select id from messages where organization_id = $1 and conversation_id = $2 and client_id = $3) as repeated,
                c.blocked, c.reachable, i.status as integration_status,
                coalesce((select bool_and(one.opted_out_at is not null) from contact_identities one
                          where one.organization_id = $1 and one.contact_id = $4 and one.channel = i.channel), false) as opted_out
         from contacts c, integrations i
         where c.organization_id = $1 and c.id = $4 and i.organization_id = $1 and i.id = $5",
    )
    .bind(tx.organization())
    .bind(locked.id)
    .bind(client_id)
    .bind(locked.contact_id)
    .bind(locked.integration_id)
    .fetch_one(tx.sql())
    .await?)
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

fn abilities(locked: &Locked) -> Result<Abilities> {
    channels::find(&locked.channel).map(|channel| channel.abilities()).ok_or_else(|| {
        Error::unprocessable("channel_gone", "This installation has no such channel any more.")
    })
}

fn check_contact(around: &Surroundings) -> Result<()> {
    if around.blocked {
        return Err(Error::unprocessable(
            "contact_blocked",
            "This contact is blocked. Unblock it to write to it.",
        ));
    }
    if !around.reachable {
        return Err(Error::unprocessable(
            "contact_unreachable",
            "The customer has blocked us and cannot be written to.",
        ));
    }
    if around.opted_out {
        return Err(Error::unprocessable(
            "contact_opted_out",
            "The customer wants no more messages on this channel. You can write again once they have written START.",
        ));
    }
    match around.integration_status.as_str() {
        "paused" => {
            Err(Error::unprocessable("integration_paused", "This integration is paused. Resume it to send."))
        }
        "broken" => Err(Error::unprocessable(
            "integration_broken",
            "The platform refuses this account. An admin has to reconnect it.",
        )),
        _ => Ok(()),
    }
}

/// Where the channel has a window, free text needs an open one; the problem brings the templates to choose from.
async fn check_window(tx: &mut Tx, locked: &Locked, abilities: &Abilities, at: DateTime<Utc>) -> Result<()> {
    let open = |until: DateTime<Utc>| until > at;
    if abilities.window_hours.is_none() || locked.window_closes_at.is_some_and(open) {
        return Ok(());
    }
    let templates: Vec<Template> = template::list(tx, locked.integration_id).await?;
    let approved: Vec<_> = templates.into_iter().filter(|template| template.status == "approved").collect();
    let problem = Problem::new(
        axum::http::StatusCode::UNPROCESSABLE_ENTITY,
        "window_closed",
        match at > Utc::now() {
            true => {
                "The customer may have to write once more before that time: only a template is sure to be taken then."
            }
            false => "The customer has not written lately, so that only a template can be sent.",
        },
    );
    Err(problem
        .with_current(json!({"window_closes_at": locked.window_closes_at, "templates": approved}))
        .into())
}

async fn check_reply(tx: &mut Tx, locked: &Locked, send: &Send) -> Result<()> {
    let Some(quoted) = send.reply_to else { return Ok(()) };
    let there: bool = sqlx::query_scalar(
        "select exists (select from messages where organization_id = $1 and conversation_id = $2 and id = $3
                        and ($4 or external_id is not null))",
    )
    .bind(tx.organization())
    .bind(locked.id)
    .bind(quoted)
    .bind(send.note)
    .fetch_one(tx.sql())
    .await?;
    if there {
        Ok(())
    } else {
        Err(Error::invalid_field("reply_to", "There is no such message to answer in this conversation."))
    }
}

/// The uploads, in the given order, locked so that no other message takes them.
async fn files(tx: &mut Tx, ids: &[AttachmentId]) -> Result<Vec<File>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let found: Vec<File> = sqlx::query_as(
        "select id, kind, coalesce(mime, 'application/octet-stream') as mime, coalesce(size, 0) as size from attachments
         where organization_id = $1 and id = any($2) and message_id is null and state = 'stored' for update",
    )
    .bind(tx.organization())
    .bind(ids)
    .fetch_all(tx.sql())
    .await?;
    let mut files = Vec::new();
    let mut errors = Vec::new();
    for (index, id) in ids.iter().enumerate() {
        match found.iter().find(|file| file.id == *id) {
            Some(file) if !ids[..index].contains(id) => files.push(file.clone()),
            _ => errors.push(FieldError {
                field: format!("attachments[{index}]"),
                detail: "There is no such upload, or it was sent already.".into(),
            }),
        }
    }
    if errors.is_empty() { Ok(files) } else { Err(Error::invalid(errors)) }
}

async fn write(
    tx: &mut Tx,
    author: &Author<'_>,
    locked: &Locked,
    send: &Send,
    pieces: &[Piece],
) -> Result<Vec<MessageId>> {
    let ids: Vec<_> = pieces.iter().map(|_| MessageId::new()).collect();
    let rows: Vec<Value> = pieces
        .iter()
        .zip(&ids)
        .enumerate()
        .map(|(index, (piece, id))| row(send, index, *id, piece))
        .collect();
    let direction = if send.note { "internal" } else { "outbound" };
    sqlx::query(
        "insert into messages (organization_id, id, conversation_id, seq, integration_id, direction, kind, text, parts, reply_to,
                               sender_kind, sender_id, sender_name, status, status_history, client_id, request, sent_at, words)
         select $1, id, $2, $3 + n, $4, $5, kind, text, parts, reply_to,
                case when $6::uuid is null then 'business' else 'member' end, $6, $7,
                case when $5 = 'outbound' then 'queued' end,
                case when $5 = 'outbound' then jsonb_build_array(jsonb_build_object('status', 'queued', 'at', now())) else '[]' end,
                client_id, request, now(), message_words($1, text)
         from jsonb_to_recordset($8) as m (n bigint, id uuid, kind text, text text, parts jsonb, reply_to uuid, client_id text, request jsonb)",
    )
    .bind(tx.organization())
    .bind(locked.id)
    .bind(locked.last_seq)
    .bind(locked.integration_id)
    .bind(direction)
    .bind(author.member)
    .bind(author.name)
    .bind(Json(rows))
    .execute(tx.sql())
    .await?;
    let files: Vec<Value> = pieces
        .iter()
        .zip(&ids)
        .flat_map(|(piece, id)| {
            piece.files.iter().enumerate().map(move |(position, (file, kind))| json!({"id": file, "message_id": id, "position": position, "kind": kind}))
        })
        .collect();
    if !files.is_empty() {
        sqlx::query(
            "update attachments a set message_id = f.message_id, conversation_id = $2, position = f.position, kind = f.kind
             from jsonb_to_recordset($3) as f (id uuid, message_id uuid, position int, kind text)
             where a.organization_id = $1 and a.id = f.id",
        )
        .bind(tx.organization())
        .bind(locked.id)
        .bind(Json(files))
        .execute(tx.sql())
        .await?;
    }
    Ok(ids)
}

fn row(send: &Send, index: usize, id: MessageId, piece: &Piece) -> Value {
    let client_id =
        if index == 0 { send.client_id.clone() } else { format!("{}#{}", send.client_id, index + 1) };
    json!({
        "n": index + 1,
        "id": id,
        "kind": piece.kind,
        "text": piece.text,
        "parts": piece.parts,
        "reply_to": send.reply_to.filter(|_| index == 0),
        "client_id": client_id,
        "request": piece.extras,
    })
}

/// The conversation moves up in its lists; an answer takes a closed one up again.
async fn advance(tx: &mut Tx, locked: &Locked, note: bool, ids: &[MessageId]) -> Result<()> {
    let done = sqlx::query(
        "update conversations
         set last_seq = last_seq + $3, last_message_id = $4, last_message_at = greatest(last_message_at, now()),
             status = case when status = 'closed' and not $5 then 'open' else status end,
             closed_at = case when status = 'closed' and not $5 then null else closed_at end,
             version = version + case when status = 'closed' and not $5 then 1 else 0 end
         where organization_id = $1 and id = $2",
    )
    .bind(tx.organization())
    .bind(locked.id)
    .bind(i64::try_from(ids.len()).unwrap_or_default())
    .bind(ids.last())
    .bind(note)
    .execute(tx.sql())
    .await
    .map_err(Error::from);
    match done {
        Err(error) if error.breaks("conversations_thread") => Err(Error::conflict(
            "another_goes_on",
            "This conversation is closed and the customer has another one. Write there.",
        )),
        other => other.map(drop),
    }
}

async fn mention(tx: &mut Tx, locked: &Locked, send: &Send, ids: &[MessageId]) -> Result<()> {
    let Some(message) = ids.first().filter(|_| send.note && !send.mentions.is_empty()) else { return Ok(()) };
    let done = sqlx::query(
        "insert into mentions (organization_id, message_id, user_id, conversation_id)
         select organization_id, $2, user_id, $3 from members
         where organization_id = $1 and user_id = any($4) and deactivated_at is null",
    )
    .bind(tx.organization())
    .bind(message)
    .bind(locked.id)
    .bind(&send.mentions)
    .execute(tx.sql())
    .await?;
    let mut distinct = send.mentions.clone();
    distinct.sort_unstable();
    distinct.dedup();
    if usize::try_from(done.rows_affected()).unwrap_or_default() == distinct.len() {
        return Ok(());
    }
    Err(Error::invalid_field("mentions", "Somebody mentioned is no active member."))
}
