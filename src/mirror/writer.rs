//! Whose name an answer is signed with: the member's whom the platform's e-mail address names, else the platform's own name for
//! whoever wrote it.

use channels::{PartyId, SendError, mirror::Colleague};

use super::refused;
use crate::{
    access::{agent::Member, permission::May},
    app::App,
    db::Tx,
    error::Result,
    ids::UserId,
    inbox::{integration::Integration, send::Author},
};

/// Somebody who wrote in a thread.
pub(super) enum Writer {
    Member(Box<Member>),
    /// Nobody of ours; writes for the business all the same, as whoever is in the place may.
    Colleague(String),
}

impl Writer {
    /// `Err` if this member may not write to customers, here or there.
    pub(super) async fn of(tx: &mut Tx, colleague: Colleague) -> Result<Result<Self, channels::Refusal>> {
        let Some(email) = &colleague.email else { return Ok(Ok(Self::Colleague(colleague.name))) };
        Ok(match Member::of_email(tx, email).await? {
            None => Ok(Self::Colleague(colleague.name)),
            Some((member, true)) if member.role.may(May::WriteConversations) => {
                Ok(Self::Member(Box::new(member)))
            }
            Some((_, true)) => Err(refused(
                "forbidden",
                "Your role in Switchboard is to read. Ask an admin of your organization.",
            )),
            Some((_, false)) => {
                Err(refused("forbidden", "You are no longer a member of this organization in Switchboard."))
            }
        })
    }

    pub(super) fn author(&self) -> Author<'_> {
        match self {
            Self::Member(member) => Author::member(member),
            Self::Colleague(name) => Author::business(name),
        }
    }

    pub(super) fn user_id(&self) -> Option<UserId> {
        match self {
            Self::Member(member) => Some(member.user_id),
            Self::Colleague(_) => None,
        }
    }
}

/// What the platform says of somebody.
pub(super) async fn ask(
    app: &App,
    integration: &Integration,
    id: &PartyId,
) -> std::result::Result<Colleague, SendError> {
    let Some(mirror) = integration.channel.mirror() else {
        return Ok(Colleague { name: id.address.clone(), email: None });
    };
    match mirror.colleague(&integration.account, id, &app.net).await {
        // Whoever it is, they are in the place.
        Err(SendError::Refused(_)) => Ok(Colleague { name: id.address.clone(), email: None }),
        asked => asked,
    }
}
