//! Members as the others see them, and what can happen to them: another role, a rest, an end. An organization is never
//! left without an owner.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::types::Json;
use utoipa::ToSchema;

use crate::{
    access::{permission::Role, session::End},
    db::Tx,
    error::{Error, Result},
    ids::{ConversationId, TeamId, UserId},
    inbox::{conversation, task_change},
    realtime::event::{EventKind, NewEvent},
};

/// Conversations whose new state is told one by one when they lose their agent.
const TOLD: usize = 500;

/// Whether a member takes new conversations now, as they said themselves. It forbids nothing: lists of whom to assign to
/// name those who are available first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Availability {
    Available,
    Away,
}

/// A member as the others see them.
#[derive(Clone, Debug, Serialize, ToSchema, sqlx::FromRow)]
#[schema(as = Member)]
pub struct Profile {
    pub id: UserId,
    pub name: String,
    pub email: String,
    pub role: Role,
    pub availability: Availability,
    #[schema(value_type = Vec<MemberTeam>)]
    pub teams: Json<Vec<MemberTeam>>,
    /// Set while the member may not log in.
    pub deactivated_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    /// An invitation that nobody has taken yet; `id` is then the invitation's.
    pub invited: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct MemberTeam {
    pub id: TeamId,
    pub name: String,
}

/// What decides whether a member may be changed.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct Standing {
    pub role: Role,
    pub active: bool,
}

const SELECT: &str = "select users.id, users.name, users.email, members.role, members.availability, members.deactivated_at,
        members.created_at,
        false as invited,
        coalesce((select jsonb_agg(jsonb_build_object('id', teams.id, 'name', teams.name) order by lower(teams.name))
                  from team_members join teams on teams.organization_id = team_members.organization_id
                                              and teams.id = team_members.team_id
                  where team_members.organization_id = members.organization_id
                    and team_members.user_id = members.user_id), '[]') as teams
     from members join users on users.id = members.user_id
     where members.organization_id = $1";

/// All members, by name. Hundreds at most: the list is given whole.
pub async fn list(tx: &mut Tx) -> Result<Vec<Profile>> {
    let sql = format!("{SELECT} order by lower(users.name), users.id");
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(tx.organization()).fetch_all(tx.sql()).await?)
}

pub async fn find(tx: &mut Tx, id: UserId) -> Result<Profile> {
    let sql = format!("{SELECT} and members.user_id = $2");
    sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(tx.organization())
        .bind(id)
        .fetch_optional(tx.sql())
        .await?
        .ok_or_else(|| Error::not_found("user"))
}

/// Locks a member and all owners, so that two owners cannot take each other's place away at once; 404 if there is no such
/// member, 403 if their role is above the actor's.
pub async fn lock(tx: &mut Tx, actor: Role, id: UserId) -> Result<Standing> {
    let rows: Vec<(UserId, Role, bool)> = sqlx::query_as(
        "select user_id, role, deactivated_at is null from members
         where organization_id = $1 and (user_id = $2 or role = 'owner') order by user_id for update",
    )
    .bind(tx.organization())
    .bind(id)
    .fetch_all(tx.sql())
    .await?;
    let (_, role, active) =
        rows.into_iter().find(|(user, ..)| *user == id).ok_or_else(|| Error::not_found("user"))?;
    if !actor.may_give(role) {
        return Err(Error::forbidden("This member's role is above yours."));
    }
    Ok(Standing { role, active })
}

pub async fn set_role(tx: &mut Tx, actor: Role, id: UserId, role: Role) -> Result<()> {
    if !actor.may_give(role) {
        return Err(Error::forbidden("You cannot give a role above your own."));
    }
    sqlx::query("update members set role = $3 where organization_id = $1 and user_id = $2")
        .bind(tx.organization())
        .bind(id)
        .bind(role)
        .execute(tx.sql())
        .await?;
    keep_an_owner(tx).await
}

/// Whether it was something else before.
pub async fn set_availability(tx: &mut Tx, id: UserId, availability: Availability) -> Result<bool> {
    let changed = sqlx::query(
        "update members set availability = $3
         where organization_id = $1 and user_id = $2 and availability <> $3",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(availability)
    .execute(tx.sql())
    .await?;
    Ok(changed.rows_affected() > 0)
}

/// Shuts somebody out at once: sessions end, and what they had open waits for others.
pub async fn deactivate(tx: &mut Tx, id: UserId) -> Result<()> {
    sqlx::query("update members set deactivated_at = now() where organization_id = $1 and user_id = $2")
        .bind(tx.organization())
        .bind(id)
        .execute(tx.sql())
        .await?;
    keep_an_owner(tx).await?;
    leave(tx, id).await
}

pub async fn reactivate(tx: &mut Tx, id: UserId) -> Result<()> {
    sqlx::query("update members set deactivated_at = null where organization_id = $1 and user_id = $2")
        .bind(tx.organization())
        .bind(id)
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// Like [`deactivate`], for good. What they wrote stays under their name.
pub async fn remove(tx: &mut Tx, id: UserId) -> Result<()> {
    // While there is still a membership through which the sessions can be seen.
    leave(tx, id).await?;
    sqlx::query("delete from members where organization_id = $1 and user_id = $2")
        .bind(tx.organization())
        .bind(id)
        .execute(tx.sql())
        .await?;
    keep_an_owner(tx).await
}

/// Browsers ask for members and teams anew, and sockets for what their member may see.
pub fn tell_changed(tx: &mut Tx, id: Option<UserId>) {
    tx.tell(NewEvent::everybody(EventKind::SettingsUpdated, &json!({"what": "members", "user_id": id})));
}

async fn keep_an_owner(tx: &mut Tx) -> Result<()> {
    let owners: i64 = sqlx::query_scalar(
        "select count(*) from members where organization_id = $1 and role = 'owner' and deactivated_at is null",
    )
    .bind(tx.organization())
    .fetch_one(tx.sql())
    .await?;
    if owners == 0 {
        return Err(Error::conflict(
            "last_owner",
            "An organization needs an owner. Make somebody else an owner first.",
        ));
    }
    Ok(())
}

async fn leave(tx: &mut Tx, id: UserId) -> Result<()> {
    sqlx::query(
        "update sessions set ended_at = now(), ended_because = $3
         where user_id = $2 and last_organization_id = $1 and ended_at is null",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(End::Deactivated.as_str())
    .execute(tx.sql())
    .await?;
    let freed = sqlx::query_scalar(
        "update conversations set assignee_id = null, version = version + 1
         where organization_id = $1 and assignee_id = $2 and status <> 'closed'
         returning id",
    )
    .bind(tx.organization())
    .bind(id)
    .fetch_all(tx.sql())
    .await?;
    tell_freed(tx, freed).await?;
    task_change::free_of_member(tx, id).await
}

/// Tells that conversations have lost their agent or team.
pub async fn tell_freed(tx: &mut Tx, mut freed: Vec<ConversationId>) -> Result<()> {
    freed.truncate(TOLD);
    for conversation in conversation::load(tx, &freed).await? {
        let data = json!({"conversation": conversation});
        tx.tell(NewEvent::about(EventKind::ConversationAssigned, conversation.subject(), &data));
    }
    Ok(())
}
