//! What the demo begins with: an organization, its people, and customers who have just written on two platforms. Everything comes
//! about as it does in life: by connecting accounts, by callbacks, by replies.

use channels::{Connection, account::Account};
use secrecy::SecretString;
use serde_json::json;
use simulator::{Act, Customer, Simulator};

use crate::{
    access::{organization, password, permission::Role, user},
    app::App,
    db::Tx,
    error::{Error, Result},
    ids::{ContactId, ConversationId, IntegrationId, LabelId, MessageId, OrganizationId, TeamId, UserId},
    inbox::{
        integration::{self, Integration},
        order::Order,
    },
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

/// What a customer wrote, and what they were answered.
struct Talk {
    channel: &'static str,
    id: &'static str,
    name: &'static str,
    lines: &'static [Line],
    label: Option<&'static str>,
}

enum Line {
    Says(&'static str),
    Answered(&'static str),
    Noted(&'static str),
    Sends(f64, f64, &'static str),
}
use Line::{Answered, Noted, Says, Sends};

const TALKS: &[Talk] = &[
    Talk {
        channel: "whatsapp",
        id: "4915112345601",
        name: "Lena Hoffmann",
        label: Some("Orders"),
        lines: &[
            Says("Hi, I ordered the Fjell jacket on Monday, order 10482."),
            Says("Has it been sent yet? I am leaving for a trip on Friday."),
        ],
    },
    Talk {
        channel: "whatsapp",
        id: "5511987650002",
        name: "Rafael Souza",
        label: Some("Returns"),
        lines: &[
            Says("Bom dia! The boots are one size too small. Can I exchange them for a 43?"),
            Answered(
                "Bom dia Rafael! Yes, we can. We keep a pair in 43 for you. I am sending you a return label now.",
            ),
            Says("Perfect, thank you. Where should I drop the parcel?"),
        ],
    },
    Talk {
        channel: "telegram",
        id: "5000000101",
        name: "Yuki Tanaka",
        label: None,
        lines: &[
            Says("Hello, do you ship to Japan?"),
            Answered("Hello Yuki! We do, it takes five to eight working days."),
            Says("And how much is it for two items?"),
        ],
    },
    Talk {
        channel: "whatsapp",
        id: "447700900104",
        name: "Tom Whitfield",
        label: Some("Wholesale"),
        lines: &[
            Says("We run a small outdoor shop in Leeds and would like to carry your rain shells."),
            Noted("Sounds like a serious buyer. Ask for the expected quantity before quoting."),
            Says("Could somebody send us the wholesale price list?"),
        ],
    },
    Talk {
        channel: "telegram",
        id: "5000000102",
        name: "Amira Haddad",
        label: Some("Orders"),
        lines: &[
            Says("My parcel says delivered but there is nothing here."),
            Sends(52.5163, 13.3777, "Delivery address"),
            Says("This is the place, maybe the courier mixed up the entrances?"),
        ],
    },
    Talk {
        channel: "whatsapp",
        id: "34600000106",
        name: "Carmen Ruiz",
        label: None,
        lines: &[
            Says("¿Tenéis la mochila Trail 30 en verde?"),
            Answered("¡Hola Carmen! Sí, quedan cuatro en verde."),
            Says("¡Genial! La compro esta tarde."),
        ],
    },
    Talk {
        channel: "telegram",
        id: "5000000103",
        name: "Jonas Berg",
        label: Some("Returns"),
        lines: &[
            Says("The zip of my tent broke on the second night."),
            Says("I have photos and the receipt. What do you need?"),
        ],
    },
    Talk {
        channel: "whatsapp",
        id: "33600000108",
        name: "Élodie Martin",
        label: None,
        lines: &[
            Says("Bonjour, my discount code BIENVENUE does not work at checkout."),
            Answered(
                "Bonjour Élodie! The code needs a basket of 50 € or more. Yours is at 47 €, so I have lowered the limit for you.",
            ),
            Says("That is so kind, it worked. Merci!"),
        ],
    },
];

/// The demo's organization, if there is one already.
pub(super) async fn find(app: &App) -> Result<Option<OrganizationId>> {
    Ok(sqlx::query_scalar(
        "select m.organization_id from members m join users u on u.id = m.user_id where u.email = $1 and m.role = 'owner' limit 1",
    )
    .bind(LOGINS[0].0)
    .fetch_optional(app.db.system())
    .await?)
}

/// Makes everything.
pub(super) async fn plant(app: &App, simulator: &Simulator) -> Result<()> {
    let (organization, people) = found(app).await?;
    arrange(app, organization, &people).await?;
    let mut accounts = Vec::new();
    for (channel, name) in [("whatsapp", "WhatsApp Support"), ("telegram", "Telegram Shop")] {
        accounts.push(connect(app, simulator, organization, channel, name).await?);
    }
    for talk in TALKS {
        let Some(account) = accounts.iter().find(|one| one.channel.id().as_str() == talk.channel) else {
            continue;
        };
        hold(app, simulator, account, talk, &people).await?;
    }
    Ok(())
}

async fn found(app: &App) -> Result<(OrganizationId, Vec<UserId>)> {
    let hash = password::hash(SecretString::from(PASSWORD)).await?;
    let mut tx = app.db.system().begin().await?;
    let mut people = Vec::new();
    let mut organization = None;
    for (email, name, role) in LOGINS {
        let person = user::create(&mut tx, email, name, &hash).await?;
        match organization {
            None => organization = Some(organization::found(&mut tx, ORGANIZATION, person.id).await?.id),
            Some(id) => organization::join(&mut tx, id, person.id, role).await?,
        }
        people.push(person.id);
    }
    tx.commit().await?;
    let organization = organization.ok_or_else(|| Error::Internal("the demo has no people".to_owned()))?;
    Ok((organization, people))
}

/// Teams and labels.
async fn arrange(app: &App, organization: OrganizationId, people: &[UserId]) -> Result<()> {
    let mut tx = app.db.begin(organization).await?;
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

async fn connect(
    app: &App,
    simulator: &Simulator,
    organization: OrganizationId,
    channel: &'static str,
    name: &str,
) -> Result<std::sync::Arc<Integration>> {
    let internal = |what: String| Error::Internal(format!("demo account on {channel}: {what}"));
    let channel_of = channels::find(channel).ok_or_else(|| internal("no such channel".to_owned()))?;
    let player = simulator.player(channel).ok_or_else(|| internal("not played".to_owned()))?;
    let mut account: Account = channel_of
        .account_form()
        .fill(player.open_account(name))
        .map_err(|faults| internal(format!("{faults:?}")))?;
    channel_of.complete(&mut account);
    let id = IntegrationId::new();
    let (open, sealed) = integration::seal(&app.vault, organization, id, channel_of, &account)?;
    let mut tx = app.db.begin(organization).await?;
    sqlx::query(
        "insert into integrations (organization_id, id, channel, name, account_key, account, sealed)
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(organization)
    .bind(id)
    .bind(channel)
    .bind(name)
    .bind(channel_of.account_key(&account))
    .bind(open)
    .bind(sealed)
    .execute(tx.sql())
    .await?;
    tx.commit().await?;
    let found = app.integrations.find(id).await?;
    let integration = found.ok_or_else(|| internal("it went away".to_owned()))?;
    let address = super::webhook_url(app, &integration);
    player.enter_webhook(&integration.account_key, &address);
    let webhook_url = address.parse().map_err(|_| internal("bad address".to_owned()))?;
    channel_of
        .connect(&integration.account, &Connection { webhook_url }, &app.net)
        .await
        .map_err(|error| internal(error.to_string()))?;
    keep_templates(app, &integration).await?;
    Ok(integration)
}

async fn keep_templates(app: &App, integration: &Integration) -> Result<()> {
    let templates = integration.channel.templates(&integration.account, &app.net).await.unwrap_or_default();
    let mut tx = app.db.begin(integration.organization_id).await?;
    for template in templates {
        sqlx::query(
            "insert into templates (organization_id, integration_id, name, language, external_id, category, status, body)
             values ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(integration.organization_id)
        .bind(integration.id)
        .bind(&template.name)
        .bind(&template.language)
        .bind(&template.external_id)
        .bind(&template.category)
        .bind(&template.status)
        .bind(json!(template))
        .execute(tx.sql())
        .await?;
    }
    Ok(tx.commit().await?)
}

async fn hold(
    app: &App,
    simulator: &Simulator,
    account: &Integration,
    talk: &Talk,
    people: &[UserId],
) -> Result<()> {
    let Some(player) = simulator.player(talk.channel) else { return Ok(()) };
    let customer = Customer { id: talk.id.to_owned(), name: talk.name.to_owned(), username: None };
    let mut conversation = None;
    for line in talk.lines {
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
