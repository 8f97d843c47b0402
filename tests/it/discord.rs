//! A bot's live connection through the whole house: what its platform says while nobody listens is neither lost nor doubled.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use switchboard::{app::App, listeners};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::harness::{client::Session, hub::Hub, inbox::ids, platform::Played};

const SOON: Duration = Duration::from_secs(10);

/// A worker's supervisor, which an abort ends as `kill -9` does.
fn worker(app: &App) -> JoinHandle<()> {
    tokio::spawn(listeners::run(app.clone(), CancellationToken::new()))
}

async fn until(within: Duration, what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let done = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    assert!(tokio::time::timeout(within, done).await.is_ok(), "not within {within:?}: {what}");
}

/// All texts of the only conversation, in the order of its numbers.
async fn texts(owner: &Session) -> Vec<String> {
    let listed = ids(&owner.get("/conversations").await.expect(200).body);
    let [one] = listed.as_slice() else { return Vec::new() };
    let page = owner.get(&format!("/conversations/{one}/messages?limit=200")).await.expect(200).body;
    let mut messages = page["data"].as_array().unwrap().clone();
    messages.sort_by_key(|message| message["seq"].as_i64());
    messages.iter().map(|message| message["text"].as_str().unwrap().to_owned()).collect()
}

struct Place {
    hub: Hub,
    owner: Session,
    played: Played,
    channel: String,
    customer: simulator::Customer,
}

impl Place {
    async fn start() -> Self {
        let hub = Hub::start().await;
        let owner = hub.found("Acme", "ada").await;
        let played = Played::connect(&hub, &owner, "discord").await;
        let customer = simulator::Player::customer(&*played.simulator.discord, "Ada Byron", "4915112340001");
        let channel = played.simulator.discord.direct(&played.account, &customer).unwrap();
        Self { hub, owner, played, channel, customer }
    }

    fn platform(&self) -> &Arc<simulator::discord::Player> {
        &self.played.simulator.discord
    }

    fn say(&self, text: &str) {
        self.platform().say(&self.played.account, &self.channel, &self.customer, text).unwrap();
    }

    async fn connected(&self, within: Duration) {
        until(within, "a connection", async || self.platform().is_connected(&self.played.account)).await;
    }

    async fn heard(&self, expected: &[String]) {
        until(SOON, &format!("{expected:?}"), async || texts(&self.owner).await.len() >= expected.len())
            .await;
        assert_eq!(texts(&self.owner).await, expected);
    }
}

#[tokio::test]
async fn a_killed_listeners_successor_goes_on_within_fifteen_seconds() {
    let place = Place::start().await;
    let first = worker(&place.hub.app);
    place.connected(SOON).await;
    let mut expected: Vec<String> = (0..20).map(|at| format!("before {at}")).collect();
    expected.iter().for_each(|text| place.say(text));
    place.heard(&expected).await;
    let twin = place.hub.twin().await;
    let second = worker(&twin.app);
    // In the middle of a burst.
    let burst: Vec<String> = (0..30).map(|at| format!("burst {at}")).collect();
    burst.iter().for_each(|text| place.say(text));
    tokio::time::sleep(Duration::from_millis(20)).await;
    first.abort();
    let _ = first.await;
    until(SOON, "the end of the first", async || !place.platform().is_connected(&place.played.account)).await;
    place.say("while nobody listened");
    place.connected(Duration::from_secs(15)).await;
    expected.extend(burst);
    expected.push("while nobody listened".to_owned());
    place.heard(&expected).await;
    assert_eq!(place.platform().greetings(&place.played.account), ["identify", "resume"]);
    second.abort();
}

#[tokio::test]
async fn a_lost_session_is_made_good_from_history() {
    let place = Place::start().await;
    let first = worker(&place.hub.app);
    place.connected(SOON).await;
    place.say("one");
    let mut expected = vec!["one".to_owned()];
    place.heard(&expected).await;
    first.abort();
    let _ = first.await;
    place.platform().lose_session(&place.played.account);
    for at in 0..5 {
        place.say(&format!("missed {at}"));
        expected.push(format!("missed {at}"));
    }
    let second = worker(&place.hub.app);
    place.connected(Duration::from_secs(20)).await;
    place.heard(&expected).await;
    assert_eq!(place.platform().greetings(&place.played.account), ["identify", "resume", "identify"]);
    place.say("and on");
    expected.push("and on".to_owned());
    place.heard(&expected).await;
    second.abort();
}

#[tokio::test]
async fn without_the_intent_the_admin_is_told() {
    let place = Place::start().await;
    place.platform().set_content_intent(&place.played.account, false);
    let worker = worker(&place.hub.app);
    let path = format!("/integrations/{}", place.played.id);
    let broken = async || place.owner.get(&path).await.expect(200).body["status"] == "broken";
    until(SOON, "a broken account", broken).await;
    let shown: Value = place.owner.get(&path).await.expect(200).body;
    assert_eq!(shown["fault"]["code"], "intent_missing");
    assert!(shown["fault"]["detail"].as_str().unwrap().contains("Message Content Intent"));
    assert_ne!(shown["fault"]["next_step"], json!(null));
    worker.abort();
}
