//! Calls that go on: which there are, who takes them, and steering them. That is asked of the platform at once, for nobody waits for a
//! queue with a telephone at the ear. What came of it is told by the platform's callbacks.

use std::time::Duration;

use channels::{
    SendError,
    call::{Call, CallAct, CallDirection, CallLeg, CallState, CallVerb},
    message::Part,
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    access::{agent::Agent, permission::May},
    app::App,
    db::Tx,
    error::{Error, Problem, Result},
    ids::{ConversationId, IntegrationId, MessageId},
    inbox::{
        conversation::{self, Conversation},
        message::{self, Message},
        message_change, tell,
    },
};

/// How long a platform may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// Older ones that nobody told the end of are not shown as going on.
const LONGEST: &str = "12 hours";

/// A call that goes on, and with whom.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LiveCall {
    pub message: Message,
    pub conversation: Conversation,
}

/// Where a member takes an incoming call.
pub enum Taken {
    /// The member's browser has it already, by the platform's own library.
    Here,
    /// It is led there.
    At(CallLeg),
}

/// Calls that go on now, of those conversations that the member sees, oldest first.
pub async fn live(agent: &Agent) -> Result<Vec<LiveCall>> {
    let (mut tx, member) = agent.begin(May::ReadConversations).await?;
    let found: Vec<(MessageId, ConversationId)> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "select id, conversation_id from messages
         where organization_id = $1 and kind = 'call'
           and parts -> 0 ->> 'state' in ('queued', 'ringing', 'in_progress', 'on_hold')
           and status is distinct from 'failed' and deleted_at is null and created_at > now() - interval '{LONGEST}'
         order by id limit 200"
    )))
    .bind(tx.organization())
    .fetch_all(tx.sql())
    .await?;
    let (ids, places): (Vec<_>, Vec<_>) = found.into_iter().unzip();
    let conversations = conversation::load(&mut tx, &places).await?;
    let messages = message::load(&mut tx, &ids).await?;
    let seen = |message: Message| {
        let conversation = conversations.iter().find(|one| one.id == message.conversation_id)?;
        member
            .sees(conversation.assignee_id, conversation.team_id)
            .then(|| LiveCall { message, conversation: conversation.clone() })
    };
    Ok(messages.into_iter().filter_map(seen).collect())
}

/// The member takes an incoming call. The first one has it: everybody else is refused from then on, before the platform knows.
pub async fn answer(app: &App, agent: &Agent, id: MessageId, at: Result<Taken>) -> Result<Message> {
    let (mut tx, member) = agent.begin(May::WriteConversations).await?;
    let seen = message_change::find(&mut tx, &member, id).await?;
    let place = conversation::lock(&mut tx, &member, seen.conversation_id).await?;
    let at = at?;
    // Read again under the lock.
    let message = message::find(&mut tx, id).await?;
    let external_id = going(&message)?;
    let me = member.user_id.to_string();
    let call = call(&message)?;
    let state_fits = match at {
        Taken::Here => call.state != CallState::OnHold,
        Taken::At(_) => matches!(call.state, CallState::Queued | CallState::Ringing),
    };
    let free = call.answered_by.as_ref().is_none_or(|by| *by == me);
    if call.direction != CallDirection::Inbound || !state_fits || !free {
        return Err(Error::conflict("call_taken", "Somebody else has taken this call."));
    }
    let message = claim(&mut tx, &message, Some(&me)).await?;
    tx.commit().await?;
    let Taken::At(to) = at else { return Ok(message) };
    let act = CallAct { external_id, thread: place.thread, verb: CallVerb::Transfer { to } };
    let asked = ask(app, place.integration_id, &act).await;
    if asked.is_err() {
        give_back(agent, id, &me).await?;
    }
    asked.map(|()| message)
}

/// Writes down who has the call.
async fn claim(tx: &mut Tx, message: &Message, by: Option<&str>) -> Result<Message> {
    let mut parts: Vec<Part> = serde_json::from_value(message.parts.clone()).unwrap_or_default();
    for part in &mut parts {
        if let Part::Call(call) = part {
            call.answered_by = by.map(str::to_owned);
        }
    }
    let parts = serde_json::to_value(parts).unwrap_or(Value::Null);
    sqlx::query("update messages set parts = $3 where organization_id = $1 and id = $2")
        .bind(tx.organization())
        .bind(message.id)
        .bind(parts)
        .execute(tx.sql())
        .await?;
    let told = tell::message_updated(tx, message.conversation_id, message.id).await?;
    told.ok_or_else(|| Error::not_found("message"))
}

/// The platform did not lead the call to who had taken it: it rings for the others as before.
async fn give_back(agent: &Agent, id: MessageId, me: &str) -> Result<()> {
    let (mut tx, member) = agent.begin(May::WriteConversations).await?;
    let seen = message_change::find(&mut tx, &member, id).await?;
    conversation::lock(&mut tx, &member, seen.conversation_id).await?;
    let message = message::find(&mut tx, id).await?;
    let call = call(&message)?;
    if !call.state.has_ended() && call.answered_by.as_deref() == Some(me) {
        claim(&mut tx, &message, None).await?;
    }
    Ok(tx.commit().await?)
}

/// Does it, and answers the call as it was before: callbacks move it. Whoever may not see the call is not told what was wrong with
/// the `verb`.
pub async fn act(app: &App, agent: &Agent, id: MessageId, verb: Result<CallVerb>) -> Result<Message> {
    let (mut tx, member) = agent.begin(May::WriteConversations).await?;
    let message = message_change::find(&mut tx, &member, id).await?;
    let place = conversation::lock(&mut tx, &member, message.conversation_id).await?;
    let verb = verb?;
    if let CallVerb::Transfer { to: CallLeg::Browser { identity } } = &verb {
        check_colleague(&mut tx, identity).await?;
    }
    tx.commit().await?;
    let act = CallAct { external_id: going(&message)?, thread: place.thread, verb };
    ask(app, place.integration_id, &act).await?;
    Ok(message)
}

async fn check_colleague(tx: &mut Tx, identity: &str) -> Result<()> {
    let there: bool = sqlx::query_scalar(
        "select exists (select from members where organization_id = $1 and user_id::text = $2 and deactivated_at is null)",
    )
    .bind(tx.organization())
    .bind(identity)
    .fetch_one(tx.sql())
    .await?;
    if there { Ok(()) } else { Err(Error::invalid_field("to", "There is no such active member.")) }
}

/// The platform's id of a call that has not ended.
fn going(message: &Message) -> Result<String> {
    let call = call(message)?;
    if call.state.has_ended() {
        return Err(Error::conflict("call_ended", "This call has ended."));
    }
    message
        .external_id
        .clone()
        .ok_or_else(|| Error::conflict("not_sent", "The platform has not begun this call yet. Try again."))
}

fn call(message: &Message) -> Result<Call> {
    let parts: Vec<Part> = serde_json::from_value(message.parts.clone()).unwrap_or_default();
    let call = parts.into_iter().find_map(|part| match part {
        Part::Call(call) => Some(call),
        _ => None,
    });
    call.ok_or_else(|| Error::unprocessable("not_a_call", "This message is no call."))
}

async fn ask(app: &App, integration: IntegrationId, act: &CallAct) -> Result<()> {
    let gone = || Error::unprocessable("channel_gone", "This integration is not connected any more.");
    let integration = app.integrations.find(integration).await?.ok_or_else(gone)?;
    let asking = integration.channel.call(&integration.account, act, &app.net);
    match tokio::time::timeout(PATIENCE, asking).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(
            SendError::Refused(why) | SendError::AccountBroken(why) | SendError::Later { reason: why, .. },
        )) => Err(Problem::new(
            axum::http::StatusCode::UNPROCESSABLE_ENTITY,
            "call_refused",
            why.detail.clone(),
        )
        .with_current(why)
        .into()),
        Ok(Err(SendError::Unknown(_))) | Err(_) => {
            Err(Problem::unavailable("The platform did not answer. The call may have changed all the same.")
                .into())
        }
    }
}
