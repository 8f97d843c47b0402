//! Changes that people make to a conversation: status, assignment, priority, labels. Each leaves a line in its timeline and
//! is told to everybody who sees the conversation, or saw it before.

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::{
    access::{agent::Member, permission::May},
    db::Tx,
    error::{Error, FieldError, Result},
    ids::{ConversationId, LabelId, TeamId, UserId},
    inbox::{
        conversation::{self, Conversation, Locked},
        label,
        listing::{PRIORITIES, STATUSES},
        tell,
        timeline::{self, Line},
    },
};

/// What is to be changed; `None` leaves a field as it is, `Some(None)` empties it.
#[derive(Clone, Debug, Default)]
pub struct Change {
    pub status: Option<String>,
    pub assignee_id: Option<Option<UserId>>,
    pub team_id: Option<Option<TeamId>>,
    pub priority: Option<String>,
    pub snoozed_until: Option<Option<DateTime<Utc>>>,
    pub labels: Option<Vec<LabelId>>,
    /// Refused with the current state when the conversation has another version.
    pub version: Option<i32>,
}

/// The columns as they will be.
struct Target {
    status: String,
    assignee_id: Option<UserId>,
    team_id: Option<TeamId>,
    priority: String,
    snoozed_until: Option<DateTime<Utc>>,
}

/// Changes one conversation that the member sees. Whoever gives a conversation away still gets its new state.
pub async fn apply(
    tx: &mut Tx,
    member: &Member,
    id: ConversationId,
    change: &Change,
) -> Result<Conversation> {
    let mut locked = conversation::lock(tx, member, id).await?;
    let before = conversation::find(tx, member, id).await?;
    if change.version.is_some_and(|version| version != before.version) {
        return Err(Error::version_conflict(&before));
    }
    let target = target(&before, change)?;
    let assigned = (target.assignee_id, target.team_id) != (before.assignee_id, before.team_id);
    if assigned && !member.role.may(May::AssignConversations) {
        return Err(Error::forbidden("Your role does not allow assigning conversations."));
    }
    let mut lines = Vec::new();
    if assigned {
        lines.extend(assignment_lines(tx, member, &before, &target).await?);
    }
    lines.extend(plain_lines(member, &before, &target));
    if let Some(labels) = &change.labels {
        lines.extend(label::put(tx, member, &before, labels).await?);
    }
    if lines.is_empty() && target.snoozed_until == before.snoozed_until {
        return Ok(before);
    }
    let seen_by =
        if assigned { tell::viewers(tx, before.assignee_id, before.team_id).await? } else { Vec::new() };
    write(tx, &locked, &target).await?;
    let written = timeline::append(tx, &mut locked, Some(member), &lines).await?;
    let after = reload(tx, id).await?;
    if assigned {
        tell::assigned(tx, Some(member), &after, seen_by);
        notify_assignee(tx, member, &before, &after);
    } else {
        tell::updated(tx, Some(member), &after);
    }
    tell::new_messages(tx, &after, &written).await?;
    Ok(after)
}

/// Takes a conversation and its messages out of sight.
pub async fn delete(tx: &mut Tx, member: &Member, id: ConversationId) -> Result<()> {
    let locked = conversation::lock(tx, member, id).await?;
    let before = reload(tx, id).await?;
    sqlx::query("update conversations set deleted_at = now(), version = version + 1 where organization_id = $1 and id = $2")
        .bind(tx.organization())
        .bind(locked.id)
        .execute(tx.sql())
        .await?;
    let data = json!({"conversation": before, "deleted": true, "changed_by": tell::changed_by(member)});
    tx.tell(crate::realtime::event::NewEvent::about(
        crate::realtime::event::EventKind::ConversationUpdated,
        locked.subject(),
        &data,
    ));
    Ok(())
}

/// The state after a change in this transaction, whoever may see it.
pub async fn reload(tx: &mut Tx, id: ConversationId) -> Result<Conversation> {
    conversation::load(tx, &[id]).await?.pop().ok_or_else(|| Error::not_found("conversation"))
}

fn target(before: &Conversation, change: &Change) -> Result<Target> {
    let mut errors = Vec::new();
    let mut fault =
        |field: &str, detail: &str| errors.push(FieldError { field: field.into(), detail: detail.into() });
    let wakes = change.snoozed_until.unwrap_or(before.snoozed_until);
    let asked = match (&change.status, change.snoozed_until) {
        (None, Some(Some(_))) => Some("snoozed".to_owned()),
        (None, Some(None)) if before.status == "snoozed" => Some("open".to_owned()),
        (status, _) => status.clone(),
    };
    let status = asked.unwrap_or_else(|| before.status.clone());
    if !STATUSES.contains(&status.as_str()) {
        fault("status", "This must be open, pending, snoozed or closed.");
    }
    let snoozed = status == "snoozed";
    let newly = change.snoozed_until.is_some() || before.status != "snoozed";
    if snoozed && newly && wakes.is_none_or(|at| at <= Utc::now()) {
        fault("snoozed_until", "Snoozing needs a time in the future.");
    }
    let priority = change.priority.clone().unwrap_or_else(|| before.priority.clone());
    if !PRIORITIES.contains(&priority.as_str()) {
        fault("priority", "This must be none, low, medium, high or urgent.");
    }
    if !errors.is_empty() {
        return Err(Error::invalid(errors));
    }
    Ok(Target {
        status,
        assignee_id: change.assignee_id.unwrap_or(before.assignee_id),
        team_id: change.team_id.unwrap_or(before.team_id),
        priority,
        snoozed_until: wakes.filter(|_| snoozed),
    })
}

async fn write(tx: &mut Tx, locked: &Locked, target: &Target) -> Result<()> {
    let done = sqlx::query(
        "update conversations
         set status = $3, assignee_id = $4, team_id = $5, priority = $6, snoozed_until = $7, version = version + 1,
             closed_at = case when $3 = 'closed' then coalesce(closed_at, now()) end
         where organization_id = $1 and id = $2",
    )
    .bind(tx.organization())
    .bind(locked.id)
    .bind(&target.status)
    .bind(target.assignee_id)
    .bind(target.team_id)
    .bind(&target.priority)
    .bind(target.snoozed_until)
    .execute(tx.sql())
    .await
    .map_err(Error::from);
    match done {
        Err(error) if error.breaks("conversations_thread") => Err(Error::conflict(
            "another_goes_on",
            "The customer has another conversation on this integration that goes on. Close or merge it first.",
        )),
        other => other.map(drop),
    }
}

async fn assignment_lines(
    tx: &mut Tx,
    member: &Member,
    before: &Conversation,
    target: &Target,
) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    if target.assignee_id != before.assignee_id {
        let text = match target.assignee_id {
            Some(user) if user == member.user_id => format!("{} took this conversation.", member.name),
            Some(user) => format!("{} assigned this to {}.", member.name, assignable(tx, user).await?),
            None => format!("{} removed the assignee.", member.name),
        };
        lines.push(Line::new(text, "assignee_id", json!(before.assignee_id), json!(target.assignee_id)));
    }
    if target.team_id != before.team_id {
        let text = match target.team_id {
            Some(team) => {
                format!("{} assigned this to the team {}.", member.name, team_name(tx, team).await?)
            }
            None => format!("{} removed the team.", member.name),
        };
        lines.push(Line::new(text, "team_id", json!(before.team_id), json!(target.team_id)));
    }
    Ok(lines)
}

fn plain_lines(member: &Member, before: &Conversation, target: &Target) -> Vec<Line> {
    let mut lines = Vec::new();
    if target.status != before.status
        || (target.status == "snoozed" && target.snoozed_until != before.snoozed_until)
    {
        let name = &member.name;
        let text = match (target.status.as_str(), target.snoozed_until) {
            ("closed", _) => format!("{name} closed this conversation."),
            ("pending", _) => format!("{name} marked this as pending."),
            ("snoozed", Some(at)) => {
                format!("{name} snoozed this until {}.", at.format("%Y-%m-%d %H:%M UTC"))
            }
            _ => format!("{name} reopened this conversation."),
        };
        let line = Line::new(text, "status", before.status.as_str(), target.status.as_str());
        lines.push(line.until(target.snoozed_until));
    }
    if target.priority != before.priority {
        let text = format!("{} set the priority to {}.", member.name, target.priority);
        lines.push(Line::new(text, "priority", before.priority.as_str(), target.priority.as_str()));
    }
    lines
}

/// Name of a member whom conversations may be given to; 422 otherwise.
pub(super) async fn assignable(tx: &mut Tx, user: UserId) -> Result<String> {
    let name: Option<String> = sqlx::query_scalar(
        "select users.name from members join users on users.id = members.user_id
         where members.organization_id = $1 and members.user_id = $2 and members.deactivated_at is null and members.role <> 'viewer'",
    )
    .bind(tx.organization())
    .bind(user)
    .fetch_optional(tx.sql())
    .await?;
    name.ok_or_else(|| {
        Error::invalid_field("assignee_id", "This is no active member who can take conversations.")
    })
}

pub(super) async fn team_name(tx: &mut Tx, team: TeamId) -> Result<String> {
    let name: Option<String> =
        sqlx::query_scalar("select name from teams where organization_id = $1 and id = $2")
            .bind(tx.organization())
            .bind(team)
            .fetch_optional(tx.sql())
            .await?;
    name.ok_or_else(|| Error::invalid_field("team_id", "There is no such team."))
}

fn notify_assignee(tx: &mut Tx, member: &Member, before: &Conversation, after: &Conversation) {
    let Some(user) = after.assignee_id.filter(|user| *user != member.user_id) else { return };
    if before.assignee_id != Some(user) {
        let data = json!({"kind": "assigned", "conversation": after, "changed_by": tell::changed_by(member)});
        tell::notify(tx, user, &data);
    }
}
