//! G1: a payment's callback until another agent's screen shows it, among other traffic. G2: a board of twenty thousand deals.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde_json::{Value, json};
use simulator::Simulator;
use tokio::{
    task::{JoinHandle, JoinSet},
    time::{Instant, sleep, timeout},
};

use crate::{
    Result,
    fake::Fake,
    load::{self, Timing},
    platform::{self, Number},
    reply::conversations,
    report::{Bound, Line},
    socket::Socket,
    stage::{House, Stage},
    statistics::{median, milliseconds, percentile},
    wire::Wire,
};

/// Payments of one run, and the pause between two.
const SALES: usize = 100;
const PAUSE: Duration = Duration::from_millis(50);
/// Messages per second meanwhile.
const BESIDE: f64 = 200.0;
const DEALS: i64 = 20_000;
/// Times that the board is opened.
const OPENINGS: usize = 30;
/// Deals of a column that the browser asks for at first.
const COLUMN: usize = 100;

type Paid = Arc<Mutex<HashMap<String, Instant>>>;

pub async fn run(stage: &mut Stage) -> Result<()> {
    let fake = Fake::start().await?;
    let house = stage.house("sales").await?;
    let number = house.numbers_at(stage, 1, 200, &fake.address).await?.remove(0);
    stage.postgres.settle(house.database).await?;
    callbacks(stage, &house, &number).await?;
    board(stage, &house, &number).await
}

/// G1.
async fn callbacks(stage: &mut Stage, house: &House, number: &Number) -> Result<()> {
    let simulator = Simulator::start(([127, 0, 0, 1], 0).into()).await?;
    let cashier = simulator.cashier("stripe").ok_or("Stripe is not played")?;
    let fields = cashier.open_account("Bench");
    let body = json!({"provider": "stripe", "name": "Till", "account": fields});
    let mut wire = Wire::connect(house.hub.address).await?;
    let account = text(&post(&mut wire, number, "/api/v1/payment-accounts", &body).await?, "id")?;
    let key = fields.get("secret_key").ok_or("a Stripe account has a key")?;
    cashier.enter_webhook(key, &format!("http://{}/webhooks/stripe/{account}", house.hub.address));
    let places = conversations(house).await?;
    let (mut delays, mut slowest) = (Vec::new(), Vec::new());
    for _ in 0..stage.options.runs {
        let mut asked = Vec::new();
        for at in 0..SALES {
            let body = json!({
                "account_id": account, "conversation_id": places[at % places.len()], "description": "Cake", "methods": ["card"],
                "amount": {"minor": 1050, "currency": "BRL"},
            });
            asked.push(text(&post(&mut wire, number, "/api/v1/payments", &body).await?, "id")?);
        }
        let offers = offers(house, &asked).await?;
        let paid = Paid::default();
        let watching = watch(house, number, paid.clone()).await?;
        let timing = Timing::seconds(PAUSE.as_secs_f64() * SALES as f64);
        let (address, numbers, texts) =
            (house.hub.address, stage.numbers.clone(), platform::texts(std::slice::from_ref(number)));
        let beside =
            tokio::spawn(async move { load::paced(address, BESIDE, 32, timing, &numbers, &texts).await });
        sleep(Duration::from_millis(500)).await;
        let mut paying = JoinSet::new();
        let mut begun = HashMap::new();
        for (payment, offer) in offers {
            begun.insert(payment, Instant::now());
            let cashier = cashier.clone();
            paying.spawn(async move { cashier.pay(&offer).await });
            sleep(PAUSE).await;
        }
        for done in paying.join_all().await {
            done?;
        }
        let outcome = beside.await??;
        if outcome.failed > 0 || outcome.rate() < BESIDE * 0.9 {
            return Err(format!("only {:.0} messages/s were taken beside", outcome.rate()).into());
        }
        let seen = shown(&paid, begun.len()).await?;
        watching.abort();
        let run: Vec<f64> = begun
            .iter()
            .filter_map(|(payment, from)| Some(milliseconds(seen.get(payment)?.duration_since(*from))))
            .collect();
        slowest.push(percentile(&run, 99.0));
        delays.push(median(&run));
    }
    let report = &mut stage.report;
    report.add(
        Line::plain(
            "G1",
            "paid at the provider → another agent's screen, beside 200 msg/s, p99",
            "ms",
            slowest,
        )
        .bar(Bound::AtMost(150.0)),
    );
    report.add(Line::plain("G1", "the same, p50", "ms", delays));
    Ok(())
}

async fn post(wire: &mut Wire, number: &Number, path: &str, body: &Value) -> Result<Value> {
    let status = wire.json("POST", path, Some(&number.organization.token), body).await?;
    let answer = String::from_utf8_lossy(wire.body()).into_owned();
    match status {
        201 => Ok(serde_json::from_str(&answer)?),
        _ => Err(format!("{path} was answered {status}: {answer}").into()),
    }
}

fn text(value: &Value, name: &str) -> Result<String> {
    Ok(value[name].as_str().ok_or("an answer lacks a field")?.to_owned())
}

/// By what each payment is paid, once all can be.
async fn offers(house: &House, asked: &[String]) -> Result<Vec<(String, String)>> {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(60) {
        let made: Vec<(String, String)> = sqlx::query_as(
            "select id::text, offer_id from payments where id = any($1::uuid[]) and offer_id is not null",
        )
        .bind(asked)
        .fetch_all(&house.sql)
        .await?;
        if made.len() == asked.len() {
            return Ok(made);
        }
        sleep(Duration::from_millis(50)).await;
    }
    Err("the payments' pages were not made within a minute".into())
}

/// Another agent's screen: notes when each payment is shown as paid.
async fn watch(house: &House, number: &Number, paid: Paid) -> Result<JoinHandle<()>> {
    let (mut socket, _) = Socket::enter(house.hub.address, &number.organization.token, None).await?;
    Ok(tokio::spawn(async move {
        while let Ok(frame) = socket.next().await {
            let Some(frame) = frame.filter(|frame| frame.starts_with(br#"{"type":"payment_status""#)) else {
                continue;
            };
            let now = Instant::now();
            let told: Value = serde_json::from_slice(frame).unwrap_or_default();
            let payment = &told["data"]["payment"];
            if let (Some("paid"), Some(id)) = (payment["state"].as_str(), payment["id"].as_str()) {
                paid.lock().unwrap_or_else(PoisonError::into_inner).entry(id.to_owned()).or_insert(now);
            }
        }
    }))
}

async fn shown(paid: &Paid, all: usize) -> Result<HashMap<String, Instant>> {
    let complete = async {
        loop {
            let seen = paid.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if seen.len() >= all {
                return seen;
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    Ok(timeout(Duration::from_secs(20), complete).await.map_err(|_| "a payment was never shown as paid")?)
}

/// G2: all that a browser asks for when the board is opened, over six connections.
async fn board(stage: &mut Stage, house: &House, number: &Number) -> Result<()> {
    let mut wire = Wire::connect(house.hub.address).await?;
    let body = json!({"name": "Sales", "currency": "BRL"});
    let pipeline = post(&mut wire, number, "/api/v1/pipelines", &body).await?;
    sqlx::query(
        "insert into deals (organization_id, id, pipeline_id, stage_id, rank, title, value, currency, contact_id)
         select s.organization_id, gen_random_uuid(), s.pipeline_id, s.id, n, 'Deal ' || n, n * 7, 'BRL', c.id
         from generate_series(1, $2) as n
         join (select *, row_number() over (order by position) - 1 as place, count(*) over () as stages from stages
               where pipeline_id = $1::uuid) as s on s.place = n % s.stages
         join (select id, row_number() over (order by id) - 1 as place, count(*) over () as people from contacts) as c
              on c.place = n % c.people",
    )
    .bind(pipeline["id"].as_str())
    .bind(DEALS)
    .execute(&house.sql)
    .await?;
    stage.postgres.settle(house.database).await?;
    let id = text(&pipeline, "id")?;
    let mut paths = vec![format!("/api/v1/pipelines/{id}/totals")];
    for column in pipeline["stages"].as_array().into_iter().flatten() {
        let stage = text(column, "id")?;
        paths.push(format!("/api/v1/deals?stage_id={stage}&order=board&limit={COLUMN}"));
    }
    let mut took = Vec::new();
    for _ in 0..OPENINGS {
        let begun = Instant::now();
        get(&mut wire, number, "/api/v1/pipelines").await?;
        let mut asking = JoinSet::new();
        for path in paths.clone() {
            let (address, number) = (house.hub.address, number.clone());
            asking.spawn(async move { get(&mut Wire::connect(address).await?, &number, &path).await });
        }
        for answered in asking.join_all().await {
            answered?;
        }
        took.push(milliseconds(begun.elapsed()));
    }
    let (middle, slow) = (median(&took), percentile(&took, 99.0));
    let report = &mut stage.report;
    report.add(
        Line::plain("G2", "all that a board of 20,000 deals asks for at first, p99", "ms", vec![slow])
            .bar(Bound::AtMost(300.0))
            .goal(Bound::AtMost(150.0)),
    );
    report.add(Line::plain("G2", "the same, p50", "ms", vec![middle]));
    Ok(())
}

async fn get(wire: &mut Wire, number: &Number, path: &str) -> Result<()> {
    match wire.get(path, Some(&number.organization.token)).await? {
        200 => Ok(()),
        status => Err(format!("{path} was answered {status}").into()),
    }
}
