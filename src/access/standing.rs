//! Memberships and sessions of many at once. Sockets that come in a crowd, and those reviewed every few seconds, share a
//! statement.

use std::sync::{Mutex, PoisonError};

use sqlx::PgPool;
use tokio::sync::oneshot::{self, error::TryRecvError};

use crate::{
    access::{agent::Member, permission::Role, token::Claims},
    error::{Error, Result},
    ids::TeamId,
};

/// A check whose statement was given up by the one who ran it is tried again so often.
const ATTEMPTS: usize = 3;

#[derive(sqlx::FromRow)]
struct Row {
    n: i64,
    name: String,
    role: Role,
    agents_see_all: bool,
    teams: Vec<TeamId>,
}

/// Checks claims; those that come while a statement runs share the next one.
pub struct Standing {
    pool: PgPool,
    waiting: Mutex<Vec<Waiting>>,
    turn: tokio::sync::Mutex<()>,
}

struct Waiting {
    claims: Claims,
    answer: oneshot::Sender<Option<Member>>,
}

impl Standing {
    /// `pool` reads members of every organization.
    pub fn new(pool: PgPool) -> Self {
        Self { pool, waiting: Mutex::default(), turn: tokio::sync::Mutex::default() }
    }

    /// The member behind the claims; 401 when the session or the membership has ended.
    pub async fn check(&self, claims: Claims) -> Result<Member> {
        for _ in 0..ATTEMPTS {
            let (answer, mut answered) = oneshot::channel();
            self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(Waiting { claims, answer });
            let _turn = self.turn.lock().await;
            let mut answer = answered.try_recv();
            if matches!(answer, Err(TryRecvError::Empty)) {
                self.answer_all().await?;
                answer = answered.try_recv();
            }
            if let Ok(member) = answer {
                return member.ok_or_else(ended);
            }
        }
        Err(Error::Internal("a membership could not be checked".into()))
    }

    async fn answer_all(&self) -> Result<()> {
        let waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        let claims: Vec<_> = waiting.iter().map(|one| one.claims).collect();
        let members = members(&self.pool, &claims).await?;
        for (one, member) in waiting.into_iter().zip(members) {
            // Whoever went away in the meantime needs no answer.
            let _ = one.answer.send(member);
        }
        Ok(())
    }
}

fn ended() -> Error {
    Error::unauthorized("session_ended", "This session has ended. Log in again.")
}

/// The members behind the claims, in their order; `None` where the session or the membership has ended.
pub async fn members(pool: &PgPool, claims: &[Claims]) -> Result<Vec<Option<Member>>> {
    let organizations: Vec<_> = claims.iter().map(|one| one.organization_id).collect();
    let users: Vec<_> = claims.iter().map(|one| one.user_id).collect();
    let sessions: Vec<_> = claims.iter().map(|one| one.session_id).collect();
    let rows: Vec<Row> = sqlx::query_as(
        "select wanted.n, users.name, members.role, organizations.agents_see_all,
                array(select team_id from team_members
                      where organization_id = members.organization_id and user_id = members.user_id) as teams
         from unnest($1::uuid[], $2::uuid[], $3::uuid[]) with ordinality as wanted (organization_id, user_id, session_id, n)
         join members on members.organization_id = wanted.organization_id and members.user_id = wanted.user_id
             and members.deactivated_at is null
         join users on users.id = members.user_id
         join organizations on organizations.id = members.organization_id
         join sessions on sessions.id = wanted.session_id and sessions.user_id = members.user_id and sessions.ended_at is null",
    )
    .bind(organizations)
    .bind(users)
    .bind(sessions)
    .fetch_all(pool)
    .await?;
    let mut found: Vec<Option<Member>> = vec![None; claims.len()];
    for row in rows {
        let Some(index) = usize::try_from(row.n - 1).ok().filter(|index| *index < claims.len()) else {
            continue;
        };
        found[index] = Some(Member {
            organization_id: claims[index].organization_id,
            user_id: claims[index].user_id,
            name: row.name,
            role: row.role,
            teams: row.teams,
            sees_all: row.role.sees_all_conversations() || row.agents_see_all,
        });
    }
    Ok(found)
}
