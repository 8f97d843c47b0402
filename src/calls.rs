//! Steering a call that goes on: asked of the platform at once, for nobody waits for a queue with a telephone at the ear. What
//! came of it is told by the platform's callbacks.

use std::time::Duration;

use channels::{
    SendError,
    call::{CallAct, CallLeg, CallVerb},
    message::Part,
};

use crate::{
    access::{agent::Agent, permission::May},
    app::App,
    db::Tx,
    error::{Error, Problem, Result},
    ids::{IntegrationId, MessageId},
    inbox::{conversation, message::Message, message_change},
};

/// How long a platform may take.
const PATIENCE: Duration = Duration::from_secs(15);

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
    let parts: Vec<Part> = serde_json::from_value(message.parts.clone()).unwrap_or_default();
    let call = parts.into_iter().find_map(|part| match part {
        Part::Call(call) => Some(call),
        _ => None,
    });
    let Some(call) = call else {
        return Err(Error::unprocessable("not_a_call", "This message is no call."));
    };
    if call.state.has_ended() {
        return Err(Error::conflict("call_ended", "This call has ended."));
    }
    message
        .external_id
        .clone()
        .ok_or_else(|| Error::conflict("not_sent", "The platform has not begun this call yet. Try again."))
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
