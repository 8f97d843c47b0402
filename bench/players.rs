//! Every channel's ingest: customers of each played platform write, by callbacks with real signatures or over a live connection. What a
//! message costs is compared with WhatsApp's, which the other figures are measured with. What hub and PostgreSQL use when nobody writes
//! is not counted, nor is what a customer's coming costs. The players share the machine, so the rates are theirs as much as the hub's.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use channels::{Channel, Connection};
use simulator::{Act, PhoneAct, Player, Simulator};
use sqlx::PgPool;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

use crate::{
    Result, machine,
    platform::{self, Organization},
    report::{Bound, Line},
    stage::{House, Stage},
};

const CUSTOMERS: u64 = 64;
/// Messages of each customer.
const EACH: u64 = 47;
/// All visitors of the web chat come from one address here, which may begin 60 sessions in a minute, and ask for 1,200 things in all.
const VISITORS: u64 = 56;
const EACH_OF_VISITORS: u64 = 16;
/// Watched before each measurement.
const IDLE: Duration = Duration::from_secs(2);
/// After which what is not stored counts as lost.
const PATIENCE: Duration = Duration::from_secs(60);

/// An account whose customers write.
struct Desk {
    player: Arc<dyn Player>,
    account: String,
    /// Whether its customers speak instead of writing.
    voice: bool,
    customers: u64,
    /// Messages of each customer.
    each: u64,
}

pub async fn run(stage: &mut Stage) -> Result<()> {
    let house = stage.house("players").await?;
    let simulator = Simulator::start(([127, 0, 0, 1], 0).into()).await?;
    let net = net::Client::new(net::Private::Allowed, net::Limits::default())?;
    let organization = Organization::register(house.hub.address, "Bench").await?;
    let mut of_whatsapp = None;
    for player in simulator.players() {
        let channel = channels::find(player.channel()).ok_or("a platform without a channel is played")?;
        let desk = open(&house, &organization, channel, player, &net).await?;
        // Everybody's first message makes a conversation, and asks for a name where the callback tells none.
        write(stage, &house, &desk, 1).await?;
        sleep(Duration::from_millis(500)).await;
        stage.postgres.settle(house.database).await?;
        let cpu = || machine::cpu(house.hub.pid()) + machine::cpu_with_children(stage.postgres.pid());
        let idle = cpu();
        sleep(IDLE).await;
        let before = cpu();
        let idle = before.saturating_sub(idle).as_secs_f64() / IDLE.as_secs_f64();
        stage.postgres.watch().await?;
        let (count, took) = write(stage, &house, &desk, desk.each).await?;
        let used = cpu().saturating_sub(before).as_secs_f64() - idle * took.as_secs_f64();
        let each = used.max(0.0) * 1e6 / count as f64;
        stage.postgres.tell_statements(count).await?;
        let name = channel.name();
        let rate = count as f64 / took.as_secs_f64();
        let report = &mut stage.report;
        match of_whatsapp {
            None => of_whatsapp = Some(each),
            Some(base) => {
                let line = Line::plain(
                    "A1",
                    format!("{name}: CPU per message ÷ WhatsApp's"),
                    "×",
                    vec![each / base],
                );
                report.add(if desk.voice { line } else { line.bar(Bound::AtMost(2.0)) });
            }
        }
        report.add(Line::plain(
            "A1",
            format!("{name}: hub's and PostgreSQL's CPU per message"),
            "µs",
            vec![each],
        ));
        report.add(Line::plain(
            "A1",
            format!("{name}: as many as its player sent"),
            "messages/s",
            vec![rate],
        ));
    }
    Ok(())
}

async fn open(
    house: &House,
    organization: &Organization,
    channel: &'static dyn Channel,
    player: Arc<dyn Player>,
    net: &net::Client,
) -> Result<Desk> {
    let before = listening(&house.sql).await?;
    let (id, account) =
        platform::connect(&house.sql, organization, channel, player.open_account("Bench")).await?;
    let key = channel.account_key(&account);
    let webhook_url = format!("http://{}/webhooks/{}/{id}", house.hub.address, channel.id()).parse()?;
    let connection = Connection { webhook_url };
    player.enter_webhook(&key, connection.webhook_url.as_str());
    channel.connect(&account, &connection, net).await?;
    if channel.streams(&account) {
        listened(house, before + 1).await?;
    }
    let voice = channel.abilities().text.max == 0;
    let (customers, each) = match channel.id().as_str() {
        "webchat" => (VISITORS, EACH_OF_VISITORS),
        // A caller has one call at a time, which ends before the next one.
        _ if voice => (CUSTOMERS, 1),
        _ => (CUSTOMERS, EACH),
    };
    Ok(Desk { player, account: key, voice, customers, each })
}

/// Waits until as many accounts as that are listened to.
pub async fn listened(house: &House, least: i64) -> Result<()> {
    let begun = Instant::now();
    loop {
        let count = listening(&house.sql).await?;
        if count >= least {
            return Ok(());
        }
        if begun.elapsed() > PATIENCE {
            return Err(format!("{count} of {least} accounts are listened to").into());
        }
        sleep(Duration::from_millis(100)).await;
    }
}

async fn listening(sql: &PgPool) -> Result<i64> {
    Ok(sqlx::query_scalar(
        "select count(*) from listeners where holder is not null and jsonb_path_exists(health::jsonb, '$[*] ? (@.ok == true)')",
    )
    .fetch_one(sql)
    .await?)
}

/// Each customer writes so many messages and goes on when the hub has answered; returns once everything is stored.
async fn write(stage: &Stage, house: &House, desk: &Desk, each: u64) -> Result<(i64, Duration)> {
    let stored = house.messages().await?;
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for at in 0..desk.customers {
        let (player, account, voice) = (desk.player.clone(), desk.account.clone(), desk.voice);
        let numbers = stage.numbers.clone();
        tasks.spawn(async move {
            let customer = player.customer(&format!("Customer {at}"), &format!("49151{at:08}"));
            for _ in 0..each {
                let number = numbers.fetch_add(1, Ordering::Relaxed);
                let acts = match voice {
                    true => vec![Act::Phone(PhoneAct::Call), Act::Phone(PhoneAct::HangUp)],
                    false => vec![Act::Text { text: platform::sentence(number), reply_to: None }],
                };
                for act in acts {
                    player.act(&account, &customer, act).await?;
                }
            }
            Ok::<_, simulator::ActError>(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    let wanted = i64::try_from(each * desk.customers)?;
    loop {
        let count = house.messages().await? - stored;
        if count >= wanted {
            return Ok((count, begun.elapsed()));
        }
        if begun.elapsed() > PATIENCE {
            return Err(format!("{count} of {wanted} messages are stored").into());
        }
        sleep(Duration::from_millis(50)).await;
    }
}
