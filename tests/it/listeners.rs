//! Live connections: held by one worker at a time, taken over when it dies, ended when an admin wants it.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use switchboard::{
    app::App,
    ids::{CallbackId, IntegrationId},
    ingest, listeners,
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::harness::{
    client::Session,
    gateway::{CHANNELS, Gateway, Platform},
    hub::Hub,
    inbox::{id, ids},
    platform,
};

/// A worker's supervisor; [`Worker::kill`] is what `kill -9` leaves behind: sockets closed, nothing released.
struct Worker {
    task: JoinHandle<()>,
    stop: CancellationToken,
}

impl Worker {
    fn start(app: &App) -> Self {
        let stop = CancellationToken::new();
        Self { task: tokio::spawn(listeners::run(app.clone(), stop.clone())), stop }
    }

    async fn kill(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
    }

    async fn end(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

struct Place {
    hub: Hub,
    owner: Session,
    platform: Platform,
}

impl Place {
    async fn start() -> Self {
        let hub = Hub::start_with_channels(CHANNELS).await;
        let owner = hub.found("Acme", "ada").await;
        Self { hub, owner, platform: Platform::start().await }
    }

    async fn connect(&self, token: &str) -> IntegrationId {
        let fields = BTreeMap::from([
            ("token".to_owned(), token.to_owned()),
            ("api_base_url".to_owned(), self.platform.url.clone()),
        ]);
        platform::connect(&self.hub, &self.owner, &Gateway, fields).await
    }

    async fn open(&self, tokens: &[&str], within: Duration) -> Duration {
        until(within, &format!("connections of {tokens:?}"), async || self.platform.open() == tokens).await
    }

    async fn texts(&self) -> Vec<String> {
        let listed = self.owner.get("/conversations").await.expect(200).body;
        let mut texts = Vec::new();
        for one in ids(&listed) {
            let messages = self.owner.get(&format!("/conversations/{one}/messages")).await.expect(200).body;
            texts.extend(
                messages["data"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|one| one["text"].as_str().unwrap().to_owned()),
            );
        }
        texts.sort();
        texts
    }

    async fn heard(&self, texts: &[&str]) {
        until(Duration::from_secs(10), &format!("{texts:?} in the inbox"), async || {
            self.texts().await == texts
        })
        .await;
    }

    async fn live(&self, id: IntegrationId) -> Value {
        self.owner.get(&format!("/integrations/{id}")).await.expect(200).body["live"].clone()
    }
}

async fn until(within: Duration, what: &str, mut holds: impl AsyncFnMut() -> bool) -> Duration {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < within, "not within {within:?}: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    begun.elapsed()
}

const SOON: Duration = Duration::from_secs(10);

#[tokio::test]
async fn what_is_heard_is_stored_recorded_and_remembered() {
    let place = Place::start().await;
    let integration = place.connect("bot").await;
    place.connect("called").await;
    let worker = Worker::start(&place.hub.app);
    place.open(&["bot"], SOON).await;
    place.platform.say("bot", "hello");
    place.heard(&["hello"]).await;
    let live = place.live(integration).await;
    assert_eq!(live["held"], true);
    assert_eq!(live["checks"], json!([{"name": "connection", "ok": true, "detail": "Connected."}]));

    let listed = place.owner.get("/callbacks").await.expect(200).body;
    let kept = place.owner.get(&format!("/callbacks/{}", id(&listed["data"][0]))).await.expect(200).body;
    assert_eq!((&kept["outcome"], &kept["request"]["method"]), (&json!("stored"), &json!("LIVE")));
    assert!(kept["request"]["body"].as_str().unwrap().contains("hello"), "the frame as it came");
    let callback: CallbackId = id(&kept).parse().unwrap();
    let organization = place.owner.organization_id.parse().unwrap();
    let replayed = ingest::replay(&place.hub.app, organization, callback).await.unwrap();
    let replayed = place.owner.get(&format!("/callbacks/{replayed}")).await.expect(200).body;
    assert_eq!(replayed["outcome"], "repeated");

    place.platform.drop_all();
    until(SOON, "a new connection", async || place.platform.resumed().len() == 2).await;
    assert_eq!(place.platform.resumed(), [None, Some(1)], "it goes on where it was");
    place.platform.say("bot", "and on");
    place.heard(&["and on", "hello"]).await;
    assert_eq!(place.platform.most(), 1);
    worker.end().await;
}

#[tokio::test]
async fn a_worker_that_dies_is_replaced_within_fifteen_seconds() {
    let place = Place::start().await;
    place.connect("bot").await;
    let first = Worker::start(&place.hub.app);
    place.open(&["bot"], SOON).await;
    place.platform.say("bot", "one");
    place.heard(&["one"]).await;
    let twin = place.hub.twin().await;
    let second = Worker::start(&twin.app);
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(place.platform.resumed().len(), 1, "the lease keeps the second away");

    first.kill().await;
    place.open(&[], Duration::from_secs(2)).await;
    place.platform.say("bot", "while nobody listened");
    let took = place.open(&["bot"], Duration::from_secs(15)).await;
    assert!(took > Duration::from_secs(2), "it was not released: {took:?}");
    place.heard(&["one", "while nobody listened"]).await;
    assert_eq!(place.platform.resumed(), [None, Some(1)], "from where the first had been");
    assert_eq!(place.platform.most(), 1, "never two at a time");

    // One that stops in order lets go at once.
    let third = Worker::start(&place.hub.app);
    tokio::time::sleep(Duration::from_secs(2)).await;
    second.end().await;
    until(Duration::from_secs(4), "taken over", async || place.platform.resumed().len() == 3).await;
    place.open(&["bot"], SOON).await;
    assert_eq!(place.platform.most(), 1);
    third.end().await;
    place.open(&[], SOON).await;
}

#[tokio::test]
async fn admins_pause_resume_change_and_remove() {
    let place = Place::start().await;
    let integration = place.connect("bot").await;
    let path = format!("/integrations/{integration}");
    let worker = Worker::start(&place.hub.app);
    place.open(&["bot"], SOON).await;

    let soon = Duration::from_secs(3);
    place.owner.post(&format!("{path}/pause"), &Value::Null).await.expect(200);
    place.open(&[], soon).await;
    until(soon, "released", async || place.live(integration).await["held"] == false).await;
    place.platform.say("bot", "during the pause");
    place.owner.post(&format!("{path}/resume"), &Value::Null).await.expect(200);
    place.open(&["bot"], soon).await;
    place.heard(&["during the pause"]).await;

    place.owner.patch(&path, &json!({"name": "Another name"})).await.expect(200);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(place.platform.resumed().len(), 2, "a name is no reason to connect anew");
    place.owner.patch(&path, &json!({"account": {"token": "other"}})).await.expect(200);
    place.open(&["other"], soon).await;
    place.owner.delete(&path).await.expect(204);
    place.open(&[], soon).await;
    assert_eq!(place.platform.most(), 1);
    worker.end().await;
}

#[tokio::test]
async fn a_refused_account_stops_and_says_why() {
    let place = Place::start().await;
    let integration = place.connect("bot").await;
    let worker = Worker::start(&place.hub.app);
    place.open(&["bot"], SOON).await;
    place.platform.revoke("bot");
    let path = format!("/integrations/{integration}");
    let broken = async || place.owner.get(&path).await.expect(200).body["status"] == "broken";
    until(SOON, "a broken account", broken).await;
    let shown = place.owner.get(&path).await.expect(200).body;
    assert_eq!(shown["fault"]["code"], "token_revoked");
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(place.platform.resumed().len(), 1, "nobody knocks again");
    worker.end().await;
}

#[tokio::test]
async fn workers_share_and_a_lost_lease_ends_the_connection() {
    let place = Place::start().await;
    let mut all = Vec::new();
    for token in ["a", "b", "c", "d"] {
        all.push(place.connect(token).await);
    }
    let first = Worker::start(&place.hub.app);
    place.open(&["a", "b", "c", "d"], SOON).await;
    let twin = place.hub.twin().await;
    let second = Worker::start(&twin.app);
    let holders = async || {
        sqlx::query_scalar::<_, i64>(
            "select count(*) from listeners where holder is not null group by holder order by 1",
        )
        .fetch_all(&mut place.hub.sql().await)
        .await
        .unwrap()
    };
    until(Duration::from_secs(15), "two each", async || holders().await == [2, 2]).await;
    place.open(&["a", "b", "c", "d"], SOON).await;
    assert_eq!(place.platform.most(), 1, "nobody was connected twice");

    sqlx::query(
        "update listeners set holder = gen_random_uuid(), leased_until = now() + interval '1 minute'",
    )
    .execute(&mut place.hub.sql().await)
    .await
    .unwrap();
    place.open(&[], Duration::from_secs(5)).await;
    first.end().await;
    second.end().await;
}
