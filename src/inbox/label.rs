//! Labels, and which conversations carry them. Carrying changes under the conversation's lock, which keeps the counts exact.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::{
    access::agent::Member,
    db::Tx,
    error::{Error, Result},
    ids::{ConversationId, LabelId},
    inbox::{conversation::Conversation, timeline::Line},
};

/// Most labels that one conversation carries.
const MOST: usize = 20;

#[derive(Clone, Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct Label {
    pub id: LabelId,
    pub name: String,
    /// A role of the palette: `grey`, `red`, `orange`, `yellow`, `green`, `teal`, `blue`, `purple`, `pink`
    pub color: String,
    pub version: i32,
    pub created_at: DateTime<Utc>,
}

/// All labels, by name.
pub async fn list(tx: &mut Tx) -> Result<Vec<Label>> {
    Ok(sqlx::query_as(
        "select id, name, color, version, created_at from labels where organization_id = $1 order by lower(name)",
    )
    .bind(tx.organization())
    .fetch_all(tx.sql())
    .await?)
}

/// Who carries what, in the order of the labels' ids.
pub async fn carried(
    tx: &mut Tx,
    conversations: &[ConversationId],
) -> Result<Vec<(ConversationId, LabelId)>> {
    if conversations.is_empty() {
        return Ok(Vec::new());
    }
    Ok(sqlx::query_as(
        "select conversation_id, label_id from conversation_labels
         where organization_id = $1 and conversation_id = any($2) order by label_id",
    )
    .bind(tx.organization())
    .bind(conversations)
    .fetch_all(tx.sql())
    .await?)
}

pub async fn find(tx: &mut Tx, id: LabelId) -> Result<Label> {
    let label: Option<Label> = sqlx::query_as(
        "select id, name, color, version, created_at from labels where organization_id = $1 and id = $2",
    )
    .bind(tx.organization())
    .bind(id)
    .fetch_optional(tx.sql())
    .await?;
    label.ok_or_else(|| Error::not_found("label"))
}

/// 409 when the name is taken.
pub async fn create(tx: &mut Tx, name: &str, color: &str) -> Result<Label> {
    let id = LabelId::new();
    sqlx::query("insert into labels (organization_id, id, name, color) values ($1, $2, $3, $4)")
        .bind(tx.organization())
        .bind(id)
        .bind(name)
        .bind(color)
        .execute(tx.sql())
        .await
        .map_err(taken)?;
    find(tx, id).await
}

/// 409 when the name is taken, or the version is another.
pub async fn change(
    tx: &mut Tx,
    id: LabelId,
    name: Option<&str>,
    color: Option<&str>,
    version: Option<i32>,
) -> Result<Label> {
    let done = sqlx::query(
        "update labels set name = coalesce($3, name), color = coalesce($4, color), version = version + 1
         where organization_id = $1 and id = $2 and ($5::integer is null or version = $5)",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(name)
    .bind(color)
    .bind(version)
    .execute(tx.sql())
    .await
    .map_err(taken)?;
    let label = find(tx, id).await?;
    if done.rows_affected() == 0 { Err(Error::version_conflict(label)) } else { Ok(label) }
}

/// Takes the label from every conversation, too.
pub async fn delete(tx: &mut Tx, id: LabelId) -> Result<()> {
    let organization = tx.organization();
    let done = sqlx::query("delete from labels where organization_id = $1 and id = $2")
        .bind(organization)
        .bind(id)
        .execute(tx.sql())
        .await?;
    if done.rows_affected() == 0 {
        return Err(Error::not_found("label"));
    }
    for table in ["conversation_counts", "conversation_count_changes"] {
        let statement = format!("delete from {table} where organization_id = $1 and label_id = $2");
        sqlx::query(sqlx::AssertSqlSafe(statement)).bind(organization).bind(id).execute(tx.sql()).await?;
    }
    Ok(())
}

/// Gives a locked conversation exactly these labels. Answers the lines for its timeline.
pub async fn put(
    tx: &mut Tx,
    member: &Member,
    before: &Conversation,
    wanted: &[LabelId],
) -> Result<Vec<Line>> {
    if wanted.len() > MOST {
        return Err(Error::invalid_field("labels", format!("A conversation carries at most {MOST} labels.")));
    }
    let added: Vec<_> = wanted.iter().copied().filter(|id| !before.labels.contains(id)).collect();
    let removed: Vec<_> = before.labels.iter().copied().filter(|id| !wanted.contains(id)).collect();
    let names: Vec<(LabelId, String)> = sqlx::query_as(
        "select id, name from labels where organization_id = $1 and id = any($2) order by lower(name) for key share",
    )
    .bind(tx.organization())
    .bind([added.clone(), removed.clone()].concat())
    .fetch_all(tx.sql())
    .await?;
    if added.iter().any(|id| !names.iter().any(|(known, _)| known == id)) {
        return Err(Error::invalid_field("labels", "There is no such label."));
    }
    sqlx::query(
        "insert into conversation_labels (organization_id, conversation_id, label_id, last_message_at)
         select $1, $2, label_id, $4 from unnest($3::uuid[]) as label (label_id) on conflict do nothing",
    )
    .bind(tx.organization())
    .bind(before.id)
    .bind(&added)
    .bind(before.last_message_at)
    .execute(tx.sql())
    .await?;
    sqlx::query("delete from conversation_labels where organization_id = $1 and conversation_id = $2 and label_id = any($3)")
        .bind(tx.organization())
        .bind(before.id)
        .bind(&removed)
        .execute(tx.sql())
        .await?;
    let (added, removed): (Vec<_>, Vec<_>) = names.into_iter().partition(|(id, _)| added.contains(id));
    let said = |verb: &str, labels: &[(LabelId, String)]| {
        let names: Vec<_> = labels.iter().map(|(_, name)| name.as_str()).collect();
        let noun = if names.len() == 1 { "label" } else { "labels" };
        format!("{} {verb} the {noun} {}.", member.name, listed(&names))
    };
    let told = |labels: &[(LabelId, String)]| -> Value {
        labels.iter().map(|(id, name)| json!({"id": id, "name": name})).collect()
    };
    let mut lines = Vec::new();
    if !added.is_empty() {
        lines.push(Line::new(said("added", &added), "labels", json!([]), told(&added)));
    }
    if !removed.is_empty() {
        lines.push(Line::new(said("removed", &removed), "labels", told(&removed), json!([])));
    }
    Ok(lines)
}

/// `A`, `A and B`, `A, B and C`.
fn listed(names: &[&str]) -> String {
    match names {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => names.concat(),
    }
}

fn taken(error: sqlx::Error) -> Error {
    match Error::from(error) {
        error if error.breaks("labels_name") => {
            Error::conflict("name_taken", "There is a label with this name already.")
        }
        error => error,
    }
}
