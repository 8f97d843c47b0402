//! What the demo begins with: an organization, its people, and customers who have just written. Everything comes
//! about as it does in life: by connecting accounts, by callbacks, by replies.

use std::sync::Arc;

use channels::{Connection, account::Account};
use secrecy::SecretString;
use serde_json::json;
use simulator::{Act, Customer, Simulator};

use super::talks::{
    Line::{Answered, Noted, Says, Sends},
    TALKS, Talk,
};
use crate::{
    access::{organization, password, permission::Role, user},
    app::App,
    db::Tx,
    error::{Error, Result},
    ids::{ContactId, ConversationId, IntegrationId, LabelId, MessageId, OrganizationId, TeamId, UserId},
    inbox::{
        integration::{self, Integration},
        integration_admin,
        order::Order,
        template,
    },
    realtime::event::{EventKind, NewEvent},
};

/// Who can log in, with [`PASSWORD`].
pub const LOGINS: [(&str, &str, Role); 4] = [
    ("ada@demo.example", "Ada Okafor", Role::Owner),
    ("bruno@demo.example", "Bruno Lima", Role::Manager),
    ("chen@demo.example", "Chen Wei", Role::Agent),
    ("dana@demo.example", "Dana Novak", Role::Viewer),
];
/// Known to everybody: the demo is for a machine of one's own, and listens on loopback unless told otherwise.
pub const PASSWORD: &str = "switchboard-demo";

const ORGANIZATION: &str = "Northwind Outfitters";
/// The organization's name until everything is there.
const UNFINISHED: &str = "Northwind Outfitters (being set up)";

/// The demo's organization, if there is one already, and whether its seeding came to its end.
pub(super) async fn find(app: &App) -> Result<Option<(OrganizationId, bool)>> {
    let found: Option<(OrganizationId, String)> = sqlx::query_as(
        "select o.id, o.name
         from users u
         join members m on m.user_id = u.id and m.role = 'owner'
         join organizations o on o.id = m.organization_id
         where u.email = $1 order by m.created_at limit 1",
    )
    .bind(LOGINS[0].0)
    .fetch_optional(app.db.system())
    .await?;
    Ok(found.map(|(id, name)| (id, name != UNFINISHED)))
}

/// Makes everything that is not there yet, so that a seeding that broke off is taken up where it stopped. Accounts that are
/// there are known to the played platforms.
pub(super) async fn plant(app: &App, simulator: &Simulator) -> Result<()> {
    let organization = match find(app).await? {
        Some((organization, _)) => organization,
        None => found(app).await?,
    };
    let people = people(app).await?;
    arrange(app, organization, &people).await?;
    let mut accounts = Vec::new();
    for player in simulator.players() {
        let channel = player.channel();
        accounts.push(connect(app, simulator, organization, channel, &account_name(channel)).await?);
    }
    for talk in TALKS {
        let Some(account) = accounts.iter().find(|one| one.channel.id().as_str() == talk.channel) else {
            continue;
        };
        hold(app, simulator, account, talk, &people).await?;
    }
    super::sales::plant(app, organization, people[1]).await?;
    super::room::open(simulator);
    finish(app, organization).await
}

fn account_name(channel: &str) -> String {
    match channel {
        "whatsapp" => "WhatsApp Support".to_owned(),
        "telegram" => "Telegram Shop".to_owned(),
        other => format!("Northwind, {}", channels::find(other).map_or(other, |channel| channel.name())),
    }
}

/// All of them or none.
async fn found(app: &App) -> Result<OrganizationId> {
    let hash = password::hash(SecretString::from(PASSWORD)).await?;
    let mut tx = app.db.system().begin().await?;
    let mut organization = None;
    for (email, name, role) in LOGINS {
        let person = user::create(&mut tx, email, name, &hash).await?;
        match organization {
            None => organization = Some(organization::found(&mut tx, UNFINISHED, person.id).await?.id),
            Some(id) => organization::join(&mut tx, id, person.id, role).await?,
        }
    }
    tx.commit().await?;
    organization.ok_or_else(|| Error::Internal("the demo has no people".to_owned()))
}

/// In the order of [`LOGINS`].
async fn people(app: &App) -> Result<Vec<UserId>> {
    Ok(sqlx::query_scalar(
        "select u.id from unnest($1::text[]) with ordinality as login (email, n) join users u using (email) order by n",
    )
    .bind(LOGINS.map(|(email, ..)| email).to_vec())
    .fetch_all(app.db.system())
    .await?)
}

/// Whoever logged in meanwhile sees the accounts that came, without a reload: their browsers would take no calls.
async fn finish(app: &App, organization: OrganizationId) -> Result<()> {
    let mut tx = app.db.begin(organization).await?;
    sqlx::query("update organizations set name = $2 where id = $1")
        .bind(organization)
        .bind(ORGANIZATION)
        .execute(tx.sql())
        .await?;
    tx.tell(NewEvent::everybody(EventKind::SettingsUpdated, &json!({"what": "organization"})));
    integration_admin::tell(&mut tx);
    Ok(tx.commit().await?)
}

/// Teams and labels, all of them or none.
async fn arrange(app: &App, organization: OrganizationId, people: &[UserId]) -> Result<()> {
    let mut tx = app.db.begin(organization).await?;
    let arranged: bool = sqlx::query_scalar("select exists (select from labels where organization_id = $1)")
        .bind(organization)
        .fetch_one(tx.sql())
        .await?;
    if arranged {
        return Ok(());
    }
    for (name, members) in [("Support", &people[..3]), ("Sales", &people[1..2])] {
        let team = TeamId::new();
        sqlx::query("insert into teams (organization_id, id, name) values ($1, $2, $3)")
            .bind(organization)
            .bind(team)
            .bind(name)
            .execute(tx.sql())
            .await?;
        sqlx::query(
            "insert into team_members (organization_id, team_id, user_id) select $1, $2, unnest($3::uuid[])",
        )
        .bind(organization)
        .bind(team)
        .bind(members)
        .execute(tx.sql())
        .await?;
    }
    for (name, color) in
        [("Orders", "blue"), ("Returns", "orange"), ("Wholesale", "purple"), ("VIP", "green")]
    {
        sqlx::query("insert into labels (organization_id, id, name, color) values ($1, $2, $3, $4)")
            .bind(organization)
            .bind(LabelId::new())
            .bind(name)
            .bind(color)
            .execute(tx.sql())
            .await?;
    }
    Ok(tx.commit().await?)
}

/// Takes the account that is there, or opens one on the played platform; then connects it as an admin would.
async fn connect(
    app: &App,
    simulator: &Simulator,
    organization: OrganizationId,
    channel: &'static str,
    name: &str,
) -> Result<Arc<Integration>> {
    let internal = |what: String| Error::Internal(format!("demo account on {channel}: {what}"));
    let id = match connected(app, organization, channel).await? {
        Some(id) => id,
        None => open(app, simulator, organization, channel, name).await?,
    };
    let found = app.integrations.find(id).await?;
    let integration = found.ok_or_else(|| internal("it went away".to_owned()))?;
    let address = super::webhook_url(app, &integration);
    if let Some(player) = simulator.player(channel) {
        player.enter_webhook(&integration.account_key, &address);
    }
    let webhook_url = address.parse().map_err(|_| internal("bad address".to_owned()))?;
    integration
        .channel
        .connect(&integration.account, &Connection { webhook_url }, &app.net)
        .await
        .map_err(|error| internal(error.to_string()))?;
    let templates = integration.channel.templates(&integration.account, &app.net).await.unwrap_or_default();
    let mut tx = app.db.begin(organization).await?;
    template::replace(&mut tx, id, &templates).await?;
    tx.commit().await?;
    Ok(integration)
}

async fn connected(app: &App, organization: OrganizationId, channel: &str) -> Result<Option<IntegrationId>> {
    Ok(sqlx::query_scalar(
        "select id from integrations where organization_id = $1 and channel = $2 and deleted_at is null order by created_at limit 1",
    )
    .bind(organization)
    .bind(channel)
    .fetch_optional(app.db.system())
    .await?)
}

async fn open(
    app: &App,
    simulator: &Simulator,
    organization: OrganizationId,
    channel: &'static str,
    name: &str,
) -> Result<IntegrationId> {
    let internal = |what: String| Error::Internal(format!("demo account on {channel}: {what}"));
    let player = simulator.player(channel).ok_or_else(|| internal("not played".to_owned()))?;
    let channel = channels::find(channel).ok_or_else(|| internal("no such channel".to_owned()))?;
    let mut account: Account = channel
        .account_form()
        .fill(player.open_account(name))
        .map_err(|faults| internal(format!("{faults:?}")))?;
    channel.complete(&mut account);
    let id = IntegrationId::new();
    let (open, sealed) = integration::seal(&app.vault, organization, id, channel, &account)?;
    let mut tx = app.db.begin(organization).await?;
    sqlx::query(
        "insert into integrations (organization_id, id, channel, name, account_key, account, sealed)
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(organization)
    .bind(id)
    .bind(channel.id().as_str())
    .bind(name)
    .bind(channel.account_key(&account))
    .bind(open)
    .bind(sealed)
    .execute(tx.sql())
    .await?;
    tx.commit().await?;
    Ok(id)
}

/// Goes on behind the lines that are there.
async fn hold(
    app: &App,
    simulator: &Simulator,
    account: &Integration,
    talk: &Talk,
    people: &[UserId],
) -> Result<()> {
    let Some(player) = simulator.player(talk.channel) else { return Ok(()) };
    let customer = Customer { id: talk.id.to_owned(), name: talk.name.to_owned(), username: None };
    let mut conversation = newest(app, account.organization_id, talk.name).await?;
    let there = match conversation {
        Some(conversation) => lines(app, account.organization_id, conversation).await?,
        None => 0,
    };
    for line in talk.lines.iter().skip(there) {
        let act = match line {
            Says(text) => Act::Text { text: (*text).to_owned(), reply_to: None },
            Sends(latitude, longitude, name) => {
                Act::Location { latitude: *latitude, longitude: *longitude, name: Some((*name).to_owned()) }
            }
            Answered(text) | Noted(text) => {
                let note = matches!(line, Noted(_));
                if let Some(conversation) = conversation {
                    answer(app, account.organization_id, conversation, people[1], text, note).await?;
                }
                continue;
            }
        };
        player
            .act(&account.account_key, &customer, act)
            .await
            .map_err(|error| Error::Internal(format!("a demo customer could not write: {error}")))?;
        conversation = newest(app, account.organization_id, talk.name).await?;
    }
    match (talk.label, conversation) {
        (Some(label), Some(conversation)) => {
            put_label(app, account.organization_id, conversation, label).await
        }
        _ => Ok(()),
    }
}

/// How many lines of the talk a conversation holds.
async fn lines(app: &App, organization: OrganizationId, conversation: ConversationId) -> Result<usize> {
    let mut tx = app.db.begin(organization).await?;
    let count: i64 = sqlx::query_scalar(
        "select count(*) from messages where organization_id = $1 and conversation_id = $2 and kind <> 'system'",
    )
    .bind(organization)
    .bind(conversation)
    .fetch_one(tx.sql())
    .await?;
    Ok(usize::try_from(count).unwrap_or_default())
}

async fn newest(app: &App, organization: OrganizationId, name: &str) -> Result<Option<ConversationId>> {
    let mut tx = app.db.begin(organization).await?;
    let contact: Option<ContactId> =
        sqlx::query_scalar("select id from contacts where organization_id = $1 and name = $2")
            .bind(organization)
            .bind(name)
            .fetch_optional(tx.sql())
            .await?;
    let found = sqlx::query_scalar(
        "select id from conversations where organization_id = $1 and contact_id = $2 order by last_message_at desc limit 1",
    )
    .bind(organization)
    .bind(contact)
    .fetch_optional(tx.sql())
    .await?;
    tx.commit().await?;
    Ok(found)
}

/// A reply or a note, as the composer writes it.
async fn answer(
    app: &App,
    organization: OrganizationId,
    conversation: ConversationId,
    by: UserId,
    text: &str,
    note: bool,
) -> Result<()> {
    let mut tx = app.db.begin(organization).await?;
    let id = MessageId::new();
    append(&mut tx, id, conversation, by, text, note).await?;
    if !note {
        tx.enqueue(Order::Deliver { message_id: id }.job(conversation));
    }
    Ok(tx.commit().await?)
}

async fn append(
    tx: &mut Tx,
    id: MessageId,
    conversation: ConversationId,
    by: UserId,
    text: &str,
    note: bool,
) -> Result<()> {
    let organization = tx.organization();
    sqlx::query(
        "with numbered as (
             update conversations set last_seq = last_seq + 1, read_seq = last_seq, unread_count = 0,
                 last_message_id = $3, last_message_at = now(), version = version + 1
             where organization_id = $1 and id = $2
             returning last_seq, integration_id)
         insert into messages (organization_id, id, conversation_id, seq, integration_id, direction, kind, text, sender_kind,
             sender_id, sender_name, status, status_history, sent_at, words)
         select $1, $3, $2, last_seq, integration_id, case when $6 then 'internal' else 'outbound' end, 'text', $5, 'member',
             $4, (select name from users where id = $4), case when not $6 then 'queued' end,
             case when $6 then '[]' else jsonb_build_array(jsonb_build_object('status', 'queued', 'at', now())) end, now(),
             message_words($1, $5)
         from numbered",
    )
    .bind(organization)
    .bind(conversation)
    .bind(id)
    .bind(by)
    .bind(text)
    .bind(note)
    .execute(tx.sql())
    .await?;
    Ok(())
}

async fn put_label(
    app: &App,
    organization: OrganizationId,
    conversation: ConversationId,
    label: &str,
) -> Result<()> {
    let mut tx = app.db.begin(organization).await?;
    sqlx::query(
        "insert into conversation_labels (organization_id, conversation_id, label_id, last_message_at)
         select $1, c.id, l.id, c.last_message_at
         from conversations c join labels l on l.organization_id = $1 and l.name = $3
         where c.organization_id = $1 and c.id = $2 on conflict do nothing",
    )
    .bind(organization)
    .bind(conversation)
    .bind(label)
    .execute(tx.sql())
    .await?;
    Ok(tx.commit().await?)
}
