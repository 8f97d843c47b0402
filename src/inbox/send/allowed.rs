//! Whether something may be written in a conversation: the contact, the account, the channel's window, the quoted message.

use channels::{Abilities, Template};
use chrono::{DateTime, Utc};
use serde_json::json;

use super::Send;
use crate::{
    db::Tx,
    error::{Error, Problem, Result},
    ids::MessageId,
    inbox::{conversation::Locked, template},
};

/// What stands round a conversation that one wants to write in.
#[derive(sqlx::FromRow)]
pub(super) struct Surroundings {
    /// The message that has the client's id already.
    pub repeated: Option<MessageId>,
    blocked: bool,
    reachable: bool,
    /// Wants no messages at any address on this channel.
    opted_out: bool,
    integration_status: String,
}

pub(super) async fn surroundings(tx: &mut Tx, locked: &Locked, client_id: &str) -> Result<Surroundings> {
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

pub(super) fn abilities(locked: &Locked) -> Result<Abilities> {
    channels::find(&locked.channel).map(|channel| channel.abilities()).ok_or_else(|| {
        Error::unprocessable("channel_gone", "This installation has no such channel any more.")
    })
}

pub(super) fn check_contact(around: &Surroundings) -> Result<()> {
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
pub(super) async fn check_window(
    tx: &mut Tx,
    locked: &Locked,
    abilities: &Abilities,
    at: DateTime<Utc>,
) -> Result<()> {
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

pub(super) async fn check_reply(tx: &mut Tx, locked: &Locked, send: &Send) -> Result<()> {
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
