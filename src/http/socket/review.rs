//! Keeps what sockets may see in step with memberships: a role, a team, a session that ended. Every few seconds, and at
//! once when an organization's settings change.

use std::time::Duration;

use sqlx::PgPool;
use tokio::time::{sleep, timeout};

use crate::{
    access::{agent::Member, permission::May, standing, token::Claims},
    error::Error,
    realtime::{
        live::{Live, Present},
        viewer::Viewer,
    },
};

const EVERY: Duration = Duration::from_secs(5);
/// Between two reviews, whatever happens.
const PAUSE: Duration = Duration::from_millis(300);

/// What fan-out asks of a member.
pub fn viewer(member: &Member) -> Viewer {
    Viewer {
        user_id: member.user_id,
        name: member.name.clone(),
        teams: member.teams.clone(),
        sees_all: member.sees_all,
        writes: member.role.may(May::WriteConversations),
    }
}

/// Runs until the sockets' server is gone.
pub async fn run(pool: PgPool, live: impl Fn() -> Option<Live>) {
    loop {
        sleep(PAUSE).await;
        let Some(live) = live() else { return };
        let _ = timeout(EVERY, live.review_wanted()).await;
        let present = live.present();
        if present.is_empty() {
            continue;
        }
        let claims: Vec<_> = present.iter().map(claims).collect();
        match standing::members(&pool, &claims).await {
            Ok(members) => {
                for (who, member) in present.iter().zip(members) {
                    live.review(*who, member.as_ref().map(viewer).as_ref());
                }
            }
            Err(Error::Database(sqlx::Error::PoolClosed)) => return,
            Err(error) => tracing::warn!(error = %error, "memberships of sockets could not be reviewed"),
        }
    }
}

fn claims(who: &Present) -> Claims {
    Claims { user_id: who.user_id, organization_id: who.organization_id, session_id: who.session_id, exp: 0 }
}
