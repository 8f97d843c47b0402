//! Calls: click to call from a conversation, those that go on, taking one, hang up, hold, resume, transfer.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use channels::call::{CallLeg, CallVerb};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    access::{agent::Agent, permission::May},
    app::App,
    calls::{self, LiveCall, Taken},
    error::{Error, Problems, Result},
    http::{
        extract::{Json, Path},
        page::Page,
    },
    ids::{ConversationId, MessageId},
    inbox::{
        conversation,
        message::Message,
        send::{self, Sent},
    },
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create))
        .routes(routes!(list))
        .routes(routes!(answer))
        .routes(routes!(hang_up))
        .routes(routes!(hold))
        .routes(routes!(resume))
        .routes(routes!(transfer))
}

#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewCall {
    /// The client's own id of this call. Asking again answers the call that it was.
    #[garde(length(min = 1, max = 100))]
    client_id: String,
    /// Whose telephone rings first: `browser` (the member's own, the default) or a number with `+` and country code.
    #[garde(length(max = 20))]
    to: Option<String>,
}

/// Calls the customer. The call is a message of kind `call`, whose part tells its state.
#[utoipa::path(post, path = "/conversations/{id}/calls", operation_id = "start_call", tag = "calls",
    params(("id" = ConversationId, Path,)), request_body = NewCall,
    responses((status = 201, body = Message), (status = 200, body = Message), Problems))]
async fn create(agent: Agent, Path(id): Path<ConversationId>, Json(body): Json<NewCall>) -> Result<Response> {
    let (mut tx, member) = agent.begin(May::WriteConversations).await?;
    conversation::find(&mut tx, &member, id).await?;
    let leg = leg(body.to.as_deref(), &member.user_id.to_string())?;
    let sent = send::call(&mut tx, &member, id, &body.client_id, leg).await?;
    tx.commit().await?;
    if let Sent::New(message, count) = &sent {
        metrics::counter!("switchboard_messages_total", "direction" => message.direction.clone())
            .increment(*count as u64);
    }
    Ok(match sent {
        Sent::New(message, _) => (StatusCode::CREATED, Json(message)).into_response(),
        Sent::Repeated(message) => Json(message).into_response(),
    })
}

/// Calls that go on now.
#[utoipa::path(get, path = "/calls", operation_id = "list_live_calls", tag = "calls",
    responses((status = 200, body = Page<LiveCall>), Problems))]
async fn list(agent: Agent) -> Result<Json<Page<LiveCall>>> {
    Ok(Json(Page::whole(calls::live(&agent).await?)))
}

#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct Answer {
    /// Where the call is led: `browser` (the member's own, the default) or a number with `+` and country code. `here` where the
    /// member's browser has taken it already by the platform's own library.
    #[garde(length(max = 20))]
    to: Option<String>,
}

/// Takes an incoming call. 409 `call_taken` where somebody else was faster.
#[utoipa::path(post, path = "/calls/{id}/answer", operation_id = "answer_call", tag = "calls",
    params(("id" = MessageId, Path,)), request_body = Answer, responses((status = 202, body = Message), Problems))]
async fn answer(
    State(app): State<App>,
    agent: Agent,
    Path(id): Path<MessageId>,
    Json(body): Json<Answer>,
) -> Result<Response> {
    let at = match body.to.as_deref() {
        Some("here") => Ok(Taken::Here),
        to => leg(to, &agent.claims().user_id.to_string()).map(Taken::At),
    };
    let message = calls::answer(&app, &agent, id, at).await?;
    Ok((StatusCode::ACCEPTED, Json(message)).into_response())
}

/// Ends the call.
#[utoipa::path(post, path = "/calls/{id}/hangup", operation_id = "hang_up_call", tag = "calls",
    params(("id" = MessageId, Path,)), responses((status = 202, body = Message), Problems))]
async fn hang_up(State(app): State<App>, agent: Agent, Path(id): Path<MessageId>) -> Result<Response> {
    act(&app, &agent, id, CallVerb::HangUp).await
}

/// Lets the customer wait.
#[utoipa::path(post, path = "/calls/{id}/hold", operation_id = "hold_call", tag = "calls",
    params(("id" = MessageId, Path,)), responses((status = 202, body = Message), Problems))]
async fn hold(State(app): State<App>, agent: Agent, Path(id): Path<MessageId>) -> Result<Response> {
    act(&app, &agent, id, CallVerb::Hold).await
}

/// Takes the customer back from waiting.
#[utoipa::path(post, path = "/calls/{id}/resume", operation_id = "resume_call", tag = "calls",
    params(("id" = MessageId, Path,)), responses((status = 202, body = Message), Problems))]
async fn resume(State(app): State<App>, agent: Agent, Path(id): Path<MessageId>) -> Result<Response> {
    act(&app, &agent, id, CallVerb::Resume).await
}

#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct Transfer {
    /// A member's id, whose browser rings, or a number with `+` and country code.
    #[garde(length(max = 40))]
    to: String,
}

/// Connects the customer with somebody else.
#[utoipa::path(post, path = "/calls/{id}/transfer", operation_id = "transfer_call", tag = "calls",
    params(("id" = MessageId, Path,)), request_body = Transfer, responses((status = 202, body = Message), Problems))]
async fn transfer(
    State(app): State<App>,
    agent: Agent,
    Path(id): Path<MessageId>,
    Json(body): Json<Transfer>,
) -> Result<Response> {
    let to = match body.to.parse::<uuid::Uuid>() {
        Ok(member) => Ok(CallLeg::Browser { identity: member.to_string() }),
        Err(_) => number(&body.to).map(|number| CallLeg::Phone { number }),
    };
    let message = calls::act(&app, &agent, id, to.map(|to| CallVerb::Transfer { to })).await?;
    Ok((StatusCode::ACCEPTED, Json(message)).into_response())
}

async fn act(app: &App, agent: &Agent, id: MessageId, verb: CallVerb) -> Result<Response> {
    let message = calls::act(app, agent, id, Ok(verb)).await?;
    Ok((StatusCode::ACCEPTED, Json(message)).into_response())
}

fn leg(to: Option<&str>, member: &str) -> Result<CallLeg> {
    match to {
        None | Some("browser") => Ok(CallLeg::Browser { identity: member.to_owned() }),
        Some(other) => Ok(CallLeg::Phone { number: number(other)? }),
    }
}

/// E.164: a plus and up to 15 digits.
fn number(text: &str) -> Result<String> {
    let digits = text.strip_prefix('+').unwrap_or_default();
    let fits = (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    if fits {
        Ok(text.to_owned())
    } else {
        Err(Error::invalid_field("to", "Give `+`, the country code and the number, in digits only."))
    }
}
