//! Invitations: a role in an organization, waiting for whoever reads the letter. Good once, for a week.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::types::Json;
use utoipa::ToSchema;

use crate::{
    access::{
        agent,
        member::{Availability, Profile},
        permission::Role,
        secret::OneTimeSecret,
    },
    db::Tx,
    error::{Error, Result},
    ids::{InvitationId, UserId},
};

/// A fresh invitation, for who made it.
#[derive(Serialize, ToSchema)]
pub struct Invitation {
    pub id: InvitationId,
    pub email: String,
    pub role: Role,
    /// The letter's; shown here once, for whoever would rather hand it over in person.
    pub token: String,
    pub expires_at: DateTime<Utc>,
}

/// Invites; a second invitation of the same address takes the place of the first.
pub async fn write(tx: &mut Tx, by: &agent::Member, email: &str, role: Role) -> Result<Invitation> {
    if !by.role.may_give(role) {
        return Err(Error::forbidden("You cannot give a role above your own."));
    }
    if is_member(tx, email).await? {
        return Err(Error::conflict(
            "already_a_member",
            "This person is a member already. A deactivated member can be reactivated.",
        ));
    }
    let token = OneTimeSecret::new()?;
    let (id, expires_at) = sqlx::query_as(
        "insert into invitations (organization_id, id, email, role, token_hash, invited_by, expires_at)
         values ($1, $2, $3, $4, $5, $6, now() + interval '7 days')
         on conflict (organization_id, lower(email)) where accepted_at is null do update set
             role = excluded.role, token_hash = excluded.token_hash, invited_by = excluded.invited_by,
             expires_at = excluded.expires_at, created_at = now()
         returning id, expires_at",
    )
    .bind(tx.organization())
    .bind(InvitationId::new())
    .bind(email)
    .bind(role)
    .bind(token.hash())
    .bind(by.user_id)
    .fetch_one(tx.sql())
    .await?;
    Ok(Invitation { id, email: email.to_owned(), role, token: token.text().to_owned(), expires_at })
}

/// Invitations that can still be accepted, as members to be.
pub async fn open(tx: &mut Tx) -> Result<Vec<Profile>> {
    let rows: Vec<(InvitationId, String, Role, DateTime<Utc>)> = sqlx::query_as(
        "select id, email, role, created_at from invitations
         where organization_id = $1 and accepted_at is null and expires_at > now() order by lower(email)",
    )
    .bind(tx.organization())
    .fetch_all(tx.sql())
    .await?;
    let profile = |(id, email, role, created_at): (InvitationId, String, Role, DateTime<Utc>)| Profile {
        id: UserId(id.0),
        name: email.clone(),
        email,
        role,
        availability: Availability::Away,
        teams: Json(Vec::new()),
        deactivated_at: None,
        created_at,
        invited: true,
    };
    Ok(rows.into_iter().map(profile).collect())
}

/// Whether there was one to withdraw. Its token stops to work.
pub async fn withdraw(tx: &mut Tx, id: InvitationId) -> Result<bool> {
    let deleted =
        sqlx::query("delete from invitations where organization_id = $1 and id = $2 and accepted_at is null")
            .bind(tx.organization())
            .bind(id)
            .execute(tx.sql())
            .await?;
    Ok(deleted.rows_affected() > 0)
}

async fn is_member(tx: &mut Tx, email: &str) -> Result<bool> {
    Ok(sqlx::query_scalar(
        "select exists (select from members join users on users.id = members.user_id
                        where members.organization_id = $1 and lower(users.email) = $2)",
    )
    .bind(tx.organization())
    .bind(email)
    .fetch_one(tx.sql())
    .await?)
}
