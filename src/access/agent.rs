//! The person behind a request. Asking for an [`Agent`] in a handler's arguments is the authentication; `begin` is the
//! authorisation and the only way on to the database.

use std::convert::Infallible;

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    http::{header, request::Parts},
};

use crate::{
    access::{
        permission::{May, Role},
        token::Claims,
    },
    app::App,
    db::Tx,
    error::{Error, Result},
    ids::{OrganizationId, SessionId, TeamId, UserId},
};

/// Somebody with a valid access token. What they may do is asked in [`Agent::begin`].
#[derive(Clone)]
pub struct Agent {
    app: App,
    claims: Claims,
}

/// A member as the current transaction sees them.
#[derive(Clone, Debug)]
pub struct Member {
    pub organization_id: OrganizationId,
    pub user_id: UserId,
    pub name: String,
    pub role: Role,
    pub teams: Vec<TeamId>,
    /// By role or because the organization opened its conversations to agents.
    pub sees_all: bool,
}

#[derive(sqlx::FromRow)]
struct Row {
    name: String,
    role: Role,
    agents_see_all: bool,
    teams: Vec<TeamId>,
    session_ended: bool,
}

impl Agent {
    pub fn new(app: App, claims: Claims) -> Self {
        Self { app, claims }
    }

    pub fn claims(&self) -> Claims {
        self.claims
    }

    /// Opens a transaction in the agent's organization, if the member may. 401 when the session has ended or the
    /// membership has, 403 when the role does not allow it.
    pub async fn begin(&self, may: May) -> Result<(Tx, Member)> {
        let mut tx = self.app.db.begin(self.claims.organization_id).await?;
        let member = Member::load(&mut tx, self.claims).await?;
        if !member.role.may(may) {
            return Err(Error::forbidden(
                "Your role does not allow this. Ask an admin of your organization.",
            ));
        }
        Ok((tx, member))
    }
}

impl Row {
    async fn read(tx: &mut Tx, user: UserId, session: Option<SessionId>) -> Result<Option<Self>> {
        Ok(sqlx::query_as(
            "select users.name, members.role, organizations.agents_see_all,
                    array(select team_id from team_members
                          where organization_id = members.organization_id and user_id = members.user_id) as teams,
                    not exists (select from sessions where sessions.id = $3 and sessions.user_id = members.user_id
                                and sessions.ended_at is null) as session_ended
             from members
             join users on users.id = members.user_id
             join organizations on organizations.id = members.organization_id
             where members.organization_id = $1 and members.user_id = $2 and members.deactivated_at is null",
        )
        .bind(tx.organization())
        .bind(user)
        .bind(session)
        .fetch_optional(tx.sql())
        .await?)
    }

    fn member(self, organization_id: OrganizationId, user_id: UserId) -> Member {
        Member {
            organization_id,
            user_id,
            sees_all: self.role.sees_all_conversations() || self.agents_see_all,
            name: self.name,
            role: self.role,
            teams: self.teams,
        }
    }
}

impl Member {
    /// Reads role and teams; the session must not have ended.
    pub async fn load(tx: &mut Tx, claims: Claims) -> Result<Self> {
        let row = Row::read(tx, claims.user_id, Some(claims.session_id)).await?;
        let row = row
            .filter(|row| !row.session_ended)
            .ok_or_else(|| Error::unauthorized("session_ended", "This session has ended. Log in again."))?;
        Ok(row.member(claims.organization_id, claims.user_id))
    }

    /// For what is done later in a member's name: they must still be one, and may have logged out.
    pub async fn find(tx: &mut Tx, user: UserId) -> Result<Self> {
        let row = Row::read(tx, user, None).await?;
        let gone = || Error::unprocessable("author_gone", "Who wrote it is no longer a member.");
        Ok(row.ok_or_else(gone)?.member(tx.organization(), user))
    }

    /// The member with that address, and whether they still are one.
    pub async fn of_email(tx: &mut Tx, email: &str) -> Result<Option<(Self, bool)>> {
        let organization_id = tx.organization();
        let row: Option<(UserId, String, Role, bool, Vec<TeamId>, bool)> = sqlx::query_as(
            "select users.id, users.name, members.role, organizations.agents_see_all,
                    array(select team_id from team_members
                          where organization_id = members.organization_id and user_id = members.user_id),
                    members.deactivated_at is null
             from members
             join users on users.id = members.user_id
             join organizations on organizations.id = members.organization_id
             where members.organization_id = $1 and lower(users.email) = lower($2)",
        )
        .bind(organization_id)
        .bind(email)
        .fetch_optional(tx.sql())
        .await?;
        Ok(row.map(|(user_id, name, role, agents_see_all, teams, active)| {
            let sees_all = role.sees_all_conversations() || agents_see_all;
            (Self { organization_id, user_id, name, role, teams, sees_all }, active)
        }))
    }

    /// Whether a conversation with this assignee and team is visible to the member: one's own, one's teams', and those that
    /// nobody has.
    pub fn sees(&self, assignee: Option<UserId>, team: Option<TeamId>) -> bool {
        self.sees_all
            || assignee == Some(self.user_id)
            || team.is_some_and(|team| self.teams.contains(&team))
            || (assignee.is_none() && team.is_none())
    }
}

/// Nobody, where no token or none that is valid comes along.
impl OptionalFromRequestParts<App> for Agent {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Option<Self>, Infallible> {
        Ok(<Self as FromRequestParts<App>>::from_request_parts(parts, app).await.ok())
    }
}

impl FromRequestParts<App> for Agent {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let missing =
            || Error::unauthorized("token_missing", "Send an access token in the Authorization header.");
        let header = parts.headers.get(header::AUTHORIZATION).ok_or_else(missing)?;
        let token = header.to_str().ok().and_then(|text| text.strip_prefix("Bearer ")).ok_or_else(missing)?;
        Ok(Self { app: app.clone(), claims: app.tokens.read(token.trim())? })
    }
}
