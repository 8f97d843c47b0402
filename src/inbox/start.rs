//! Conversations that the business begins, where the channel lets it.

use channels::abilities::Starts;

use crate::{
    access::agent::Member,
    db::Tx,
    error::{Error, Result},
    ids::{ContactId, ConversationId, IntegrationId, UserId},
    inbox::{
        change::{self, Change},
        contact::Identity,
        contact_change,
        conversation::Conversation,
        tell,
    },
};

/// What came of it.
pub enum Started {
    New(Conversation),
    /// One that went on already, or was taken up again.
    Existing(Conversation),
}

#[derive(sqlx::FromRow)]
struct Latest {
    id: ConversationId,
    thread: String,
    status: String,
    assignee_id: Option<UserId>,
    team_id: Option<crate::ids::TeamId>,
}

/// The contact's conversation on that integration: the one that goes on, the last one reopened, or a new one, which is the
/// member's own.
pub async fn start(
    tx: &mut Tx,
    member: &Member,
    contact: ContactId,
    integration: IntegrationId,
) -> Result<Started> {
    let channel = channel_of(tx, integration).await?;
    reachable(tx, contact).await?;
    let latest = latest(tx, contact, integration).await?;
    if let Some(latest) = &latest {
        let (goes_on, single) = (latest.status != "closed", single_thread(tx).await?);
        if (goes_on || single) && !member.sees(latest.assignee_id, latest.team_id) {
            return Err(Error::conflict(
                "taken",
                "A colleague has a conversation with this contact already.",
            ));
        }
        if goes_on {
            return Ok(Started::Existing(change::reload(tx, latest.id).await?));
        }
        if single {
            let reopen = Change { status: Some("open".into()), ..Change::default() };
            return Ok(Started::Existing(change::apply(tx, member, latest.id, &reopen).await?));
        }
    } else {
        may_begin(tx, contact, &channel).await?;
    }
    let thread = latest.map(|latest| latest.thread).unwrap_or_default();
    let id = ConversationId::new();
    let made = sqlx::query(
        "insert into conversations (organization_id, id, integration_id, channel, contact_id, thread, assignee_id)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict do nothing",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(integration)
    .bind(&channel)
    .bind(contact)
    .bind(thread)
    .bind(member.user_id)
    .execute(tx.sql())
    .await?;
    if made.rows_affected() == 0 {
        return Err(Error::conflict("just_begun", "The customer's conversation has just begun. Try again."));
    }
    let conversation = change::reload(tx, id).await?;
    tell::updated(tx, Some(member), &conversation);
    Ok(Started::New(conversation))
}

async fn channel_of(tx: &mut Tx, integration: IntegrationId) -> Result<String> {
    let channel: Option<String> = sqlx::query_scalar(
        "select channel from integrations where organization_id = $1 and id = $2 and deleted_at is null",
    )
    .bind(tx.organization())
    .bind(integration)
    .fetch_optional(tx.sql())
    .await?;
    channel.ok_or_else(|| Error::invalid_field("integration_id", "There is no such integration."))
}

async fn reachable(tx: &mut Tx, contact: ContactId) -> Result<()> {
    let blocked: Option<bool> = sqlx::query_scalar(
        "select blocked from contacts where organization_id = $1 and id = $2 and deleted_at is null",
    )
    .bind(tx.organization())
    .bind(contact)
    .fetch_optional(tx.sql())
    .await?;
    match blocked {
        None => Err(Error::invalid_field("contact_id", "There is no such contact.")),
        Some(true) => {
            Err(Error::unprocessable("contact_blocked", "This contact is blocked. Unblock it first."))
        }
        Some(false) => Ok(()),
    }
}

async fn latest(tx: &mut Tx, contact: ContactId, integration: IntegrationId) -> Result<Option<Latest>> {
    Ok(sqlx::query_as(
        "select id, thread, status, assignee_id, team_id from conversations
         where organization_id = $1 and contact_id = $2 and integration_id = $3 and deleted_at is null
         order by status <> 'closed' desc, created_at desc limit 1",
    )
    .bind(tx.organization())
    .bind(contact)
    .bind(integration)
    .fetch_optional(tx.sql())
    .await?)
}

async fn single_thread(tx: &mut Tx) -> Result<bool> {
    Ok(sqlx::query_scalar("select single_thread from organizations where id = $1")
        .bind(tx.organization())
        .fetch_one(tx.sql())
        .await?)
}

/// The first word may be ours only where the platform allows it and the contact has an address there.
async fn may_begin(tx: &mut Tx, contact: ContactId, channel: &str) -> Result<()> {
    let starts = channels::find(channel).map_or(Starts::Never, |channel| channel.abilities().can_start);
    if starts == Starts::Never {
        return Err(Error::unprocessable("cannot_start", "On this channel the customer has to write first."));
    }
    let known: bool = sqlx::query_scalar(
        "select exists (select from contact_identities where organization_id = $1 and contact_id = $2 and channel = $3)",
    )
    .bind(tx.organization())
    .bind(contact)
    .bind(channel)
    .fetch_one(tx.sql())
    .await?;
    if known {
        return Ok(());
    }
    let phone: Option<String> =
        sqlx::query_scalar("select phone from contacts where organization_id = $1 and id = $2")
            .bind(tx.organization())
            .bind(contact)
            .fetch_one(tx.sql())
            .await?;
    match phone
        .filter(|phone| channels::find(channel).is_some_and(|channel| channel.identity(phone).is_some()))
    {
        Some(phone) => {
            let identity = Identity {
                channel: channel.to_owned(),
                kind: String::new(),
                external_id: phone,
                opted_out_at: None,
                said: None,
            };
            contact_change::add_identity(tx, contact, &identity, "phone").await
        }
        None => Err(Error::unprocessable(
            "no_address",
            "This contact has no address on this channel. Add one first.",
        )),
    }
}
