//! Messages to send later, on every channel alike: kept beside the conversation until their time has come, then sent in their
//! author's name as if they had been written at that moment. What cannot be sent then stays, with the reason.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::types::Json;
use utoipa::ToSchema;

use crate::{
    access::{agent::Member, permission::May},
    db::{self, Db, Tx},
    error::{Error, Result},
    ids::{ConversationId, OrganizationId, ScheduledMessageId, UserId},
    inbox::{
        change, conversation,
        send::{self, Send},
        tell,
    },
};

/// The furthest time that may be chosen.
const FURTHEST: TimeDelta = TimeDelta::days(366);
/// That one conversation may have waiting.
const MOST: i64 = 50;
/// The reason of what is not the author's to mend.
const OUR_FAULT: &str = "Something went wrong on our side. Choose another time, or write it anew.";

/// A message that waits for its time.
#[derive(Clone, Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct ScheduledMessage {
    pub id: ScheduledMessageId,
    pub conversation_id: ConversationId,
    pub author_id: UserId,
    pub author_name: String,
    pub client_id: String,
    pub send_at: DateTime<Utc>,
    pub text: String,
    /// The template's name, where it is one.
    pub template: Option<String>,
    /// How many files come with it.
    pub files: i32,
    /// Why it could not be sent at its time; it then waits for another one.
    pub fault: Option<String>,
    pub created_at: DateTime<Utc>,
}

const SELECT: &str = "select id, conversation_id, author_id, author_name, client_id, send_at, fault, created_at,
    coalesce(request -> 'draft' ->> 'text', '') as text, request -> 'draft' -> 'extras' -> 'template' ->> 'name' as template,
    case jsonb_typeof(request -> 'attachments') when 'array' then jsonb_array_length(request -> 'attachments') else 0 end as files
    from scheduled_messages ";

#[derive(sqlx::FromRow)]
struct Due {
    id: ScheduledMessageId,
    conversation_id: ConversationId,
    author_id: UserId,
    /// A [`Send`], as this release or an older one wrote it.
    request: Value,
}

/// Keeps it until `at`. What is wrong with it already is told now, not then.
pub async fn create(
    tx: &mut Tx,
    member: &Member,
    id: ConversationId,
    send: &Send,
    at: DateTime<Utc>,
) -> Result<ScheduledMessage> {
    let locked = conversation::lock(tx, member, id).await?;
    let written = sqlx::query_scalar(
        "select id from scheduled_messages where organization_id = $1 and conversation_id = $2 and client_id = $3",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(&send.client_id)
    .fetch_optional(tx.sql())
    .await?;
    if let Some(written) = written {
        return find(tx, member, written).await;
    }
    check_time(at)?;
    if send.note {
        return Err(Error::invalid_field("note", "Notes are written at once."));
    }
    send::check(tx, &locked, send, at).await?;
    let waiting: i64 = sqlx::query_scalar(
        "select count(*) from scheduled_messages where organization_id = $1 and conversation_id = $2",
    )
    .bind(tx.organization())
    .bind(id)
    .fetch_one(tx.sql())
    .await?;
    if waiting >= MOST {
        return Err(Error::conflict(
            "too_many",
            format!("{MOST} messages wait in this conversation already."),
        ));
    }
    let written = ScheduledMessageId::new();
    sqlx::query(
        "insert into scheduled_messages (organization_id, id, conversation_id, author_id, author_name, client_id, send_at, request)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(tx.organization())
    .bind(written)
    .bind(id)
    .bind(member.user_id)
    .bind(&member.name)
    .bind(&send.client_id)
    .bind(at)
    .bind(Json(send))
    .execute(tx.sql())
    .await?;
    tell_of(tx, Some(member), id).await?;
    find(tx, member, written).await
}

/// Those of a conversation that the member sees, the next one first.
pub async fn list(tx: &mut Tx, member: &Member, id: ConversationId) -> Result<Vec<ScheduledMessage>> {
    conversation::find(tx, member, id).await?;
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{SELECT} where organization_id = $1 and conversation_id = $2 order by send_at, id"
    )))
    .bind(tx.organization())
    .bind(id)
    .fetch_all(tx.sql())
    .await?)
}

fn missing() -> Error {
    Error::not_found("scheduled message")
}

async fn find(tx: &mut Tx, member: &Member, id: ScheduledMessageId) -> Result<ScheduledMessage> {
    let found: Option<ScheduledMessage> =
        sqlx::query_as(sqlx::AssertSqlSafe(format!("{SELECT} where organization_id = $1 and id = $2")))
            .bind(tx.organization())
            .bind(id)
            .fetch_optional(tx.sql())
            .await?;
    let found = found.ok_or_else(missing)?;
    conversation::find(tx, member, found.conversation_id).await.map_err(|_| missing())?;
    Ok(found)
}

/// Gives it another time; one that could not be sent waits again.
pub async fn postpone(
    tx: &mut Tx,
    member: &Member,
    id: ScheduledMessageId,
    at: DateTime<Utc>,
) -> Result<ScheduledMessage> {
    let found = find(tx, member, id).await?;
    check_time(at)?;
    sqlx::query(
        "update scheduled_messages set send_at = $3, fault = null where organization_id = $1 and id = $2",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(at)
    .execute(tx.sql())
    .await?;
    tell_of(tx, Some(member), found.conversation_id).await?;
    find(tx, member, id).await
}

/// It will not be sent. 404 once it was.
pub async fn cancel(tx: &mut Tx, member: &Member, id: ScheduledMessageId) -> Result<()> {
    let found = find(tx, member, id).await?;
    if !forget(tx, id).await? {
        return Err(missing());
    }
    tell_of(tx, Some(member), found.conversation_id).await
}

fn check_time(at: DateTime<Utc>) -> Result<()> {
    let now = Utc::now();
    if at <= now {
        return Err(Error::invalid_field("send_at", "Choose a time that is to come."));
    }
    if at > now + FURTHEST {
        return Err(Error::invalid_field("send_at", "Choose a time within a year."));
    }
    Ok(())
}

/// Sends everything whose time has come. For the maintenance job; several may run at once. What goes wrong in one organization holds up
/// no other; the last error is answered.
pub async fn send_due(db: &Db) -> Result<()> {
    let organizations: Vec<OrganizationId> = sqlx::query_scalar(
        "select distinct organization_id from scheduled_messages where send_at <= now() and fault is null",
    )
    .fetch_all(db.system())
    .await?;
    db::for_each(organizations, |organization| send_all(db, organization)).await
}

async fn send_all(db: &Db, organization: OrganizationId) -> Result<()> {
    while send_next(db, organization).await? {}
    Ok(())
}

/// One in its own transaction, so that one that cannot be sent holds up no other. Whether there was one.
async fn send_next(db: &Db, organization: OrganizationId) -> Result<bool> {
    let mut tx = db.begin(organization).await?;
    let due: Option<Due> = sqlx::query_as(
        "select id, conversation_id, author_id, request from scheduled_messages
         where organization_id = $1 and send_at <= now() and fault is null
         order by send_at, id limit 1 for update skip locked",
    )
    .bind(organization)
    .fetch_optional(tx.sql())
    .await?;
    let Some(due) = due else { return Ok(false) };
    match send_one(tx, &due).await {
        Ok(()) => {}
        Err(error) if error.passes() => return Err(error),
        Err(Error::Problem(problem)) => fail(db, organization, &due, &problem.detail).await?,
        Err(error) => {
            tracing::error!(scheduled_message.id = %due.id, %error, "a message for later could not be sent");
            fail(db, organization, &due, OUR_FAULT).await?;
        }
    }
    Ok(true)
}

async fn send_one(mut tx: Tx, due: &Due) -> Result<()> {
    let author = Member::find(&mut tx, due.author_id).await?;
    if !author.role.may(May::WriteConversations) {
        return Err(Error::forbidden("Its author may only read by now."));
    }
    let send: Send = serde_json::from_value(due.request.clone())
        .map_err(|error| Error::Internal(format!("a message for later: {error}")))?;
    // Whoever chose the time knew that things may be written until then.
    let send = Send { force: true, ..send };
    send::send(&mut tx, &author, due.conversation_id, &send).await?;
    forget(&mut tx, due.id).await?;
    Ok(tx.commit().await?)
}

/// Whether it was still there.
async fn forget(tx: &mut Tx, id: ScheduledMessageId) -> Result<bool> {
    let done = sqlx::query("delete from scheduled_messages where organization_id = $1 and id = $2")
        .bind(tx.organization())
        .bind(id)
        .execute(tx.sql())
        .await?;
    Ok(done.rows_affected() > 0)
}

/// It stays where its author sees it, and its author is told.
async fn fail(db: &Db, organization: OrganizationId, due: &Due, why: &str) -> Result<()> {
    let mut tx = db.begin(organization).await?;
    let done = sqlx::query(
        "update scheduled_messages set fault = $3 where organization_id = $1 and id = $2 and fault is null",
    )
    .bind(organization)
    .bind(due.id)
    .bind(why)
    .execute(tx.sql())
    .await?;
    if done.rows_affected() > 0 {
        tell_of(&mut tx, None, due.conversation_id).await?;
        if let Some(conversation) = conversation::load(&mut tx, &[due.conversation_id]).await?.pop() {
            let data: Value =
                json!({"kind": "scheduled_failed", "conversation": conversation, "reason": why});
            tell::notify(&mut tx, due.author_id, &data);
        }
    }
    Ok(tx.commit().await?)
}

/// Browsers that show the conversation look again.
async fn tell_of(tx: &mut Tx, by: Option<&Member>, id: ConversationId) -> Result<()> {
    let conversation = change::reload(tx, id).await?;
    tell::updated(tx, by, &conversation);
    Ok(())
}
