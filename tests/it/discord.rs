//! A bot's live connection through the whole house: what its platform says while nobody listens is neither lost nor doubled.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use switchboard::{app::App, listeners};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{
    harness::{client::Session, hub::Hub, inbox::ids, platform::Played},
    realtime::socket::Socket,
};

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

impl Place {
    fn tell(&self, event: &str, message: &str, emoji: Option<&str>) {
        let mut data =
            json!({"channel_id": self.channel, "message_id": message, "user_id": self.customer.id});
        if let Some(emoji) = emoji {
            data["emoji"] = json!({"id": null, "name": emoji});
        }
        self.platform().dispatch(&self.played.account, event, data);
    }

    /// What stands under the only message, once it is that.
    async fn reactions(&self, expected: &[&str]) {
        let listed = ids(&self.owner.get("/conversations").await.expect(200).body);
        let path = format!("/conversations/{}/messages", listed[0]);
        until(SOON, &format!("{expected:?}"), async || {
            let page = self.owner.get(&path).await.expect(200).body;
            let all = page["data"][0]["reactions"].as_array().unwrap().clone();
            let mut shown: Vec<_> = all.iter().map(|one| one["emoji"].as_str().unwrap()).collect();
            shown.sort_unstable();
            shown == expected
        })
        .await;
    }
}

#[tokio::test]
async fn several_reactions_of_one_person_stand_side_by_side() {
    let place = Place::start().await;
    let worker = worker(&place.hub.app);
    place.connected(SOON).await;
    let message =
        place.platform().say(&place.played.account, &place.channel, &place.customer, "hello").unwrap();
    place.heard(&["hello".to_owned()]).await;
    for emoji in ["👍", "❤", "👍"] {
        place.tell("MESSAGE_REACTION_ADD", &message, Some(emoji));
    }
    place.reactions(&["❤", "👍"]).await;
    place.tell("MESSAGE_REACTION_REMOVE", &message, Some("👍"));
    place.reactions(&["❤"]).await;
    place.tell("MESSAGE_REACTION_REMOVE", &message, Some("❤"));
    place.reactions(&[]).await;
    for emoji in ["a", "b", "c"] {
        place.tell("MESSAGE_REACTION_ADD", &message, Some(emoji));
    }
    place.reactions(&["a", "b", "c"]).await;
    place.tell("MESSAGE_REACTION_REMOVE_EMOJI", &message, Some("b"));
    place.reactions(&["a", "c"]).await;
    place.tell("MESSAGE_REACTION_REMOVE_ALL", &message, None);
    place.reactions(&[]).await;
    place.tell("MESSAGE_REACTION_ADD", &message, Some("d"));
    place.reactions(&["d"]).await;
    worker.abort();
}

#[tokio::test]
async fn who_writes_is_seen_by_those_who_look() {
    let place = Place::start().await;
    let worker = worker(&place.hub.app);
    place.connected(SOON).await;
    place.say("hello");
    place.heard(&["hello".to_owned()]).await;
    let conversation = ids(&place.owner.get("/conversations").await.expect(200).body)[0].clone();
    let mut socket = Socket::of(&place.hub, &place.owner).await;
    socket.say("join_conversation", json!({"conversation_id": conversation})).await;
    socket.next_viewers().await;
    let types = |user: &str| {
        let data = json!({"channel_id": place.channel, "user_id": user, "timestamp": 1_767_322_800});
        place.platform().dispatch(&place.played.account, "TYPING_START", data);
    };
    types(&place.played.account);
    types(&place.customer.id);
    let told = socket.next_of("user_typing").await;
    assert_eq!((&told["data"]["name"], &told["data"]["typing"]), (&json!("Ada Byron"), &json!(true)));
    worker.abort();
}

#[tokio::test]
async fn all_applications_may_be_told_at_one_address() {
    let place = Place::start().await;
    let bob = place.hub.found("Beta", "bob").await;
    let other = Played::connect(&place.hub, &bob, "discord").await;
    let shared = format!("{}/webhooks/discord", place.hub.url);
    let application = place.played.account.as_str();
    let ping = json!({"id": "1", "application_id": application, "type": 1, "token": "t", "version": 1});
    let post = async |body: &Value, forged| place.platform().post(application, &shared, body, forged).await;
    assert_eq!(post(&ping, false).await, (200, r#"{"type":1}"#.to_owned()));
    assert_eq!(post(&ping, true).await.0, 401);
    let joined = json!({"version": 1, "application_id": application, "type": 1, "event": {
        "type": "APPLICATION_AUTHORIZED", "timestamp": "2026-10-09T10:00:00Z",
        "data": {"user": {"id": "900000000000000001", "username": "ada"}, "guild": {"id": "1", "name": "The shop"}}}});
    assert_eq!(post(&joined, false).await.0, 204);
    let pressed = json!({"id": "1300000000000000777", "application_id": application, "type": 2, "token": "t", "version": 1,
        "channel_id": place.channel, "channel": {"id": place.channel, "type": 1}, "context": 1,
        "user": {"id": place.customer.id, "username": "ada", "global_name": "Ada"},
        "data": {"id": "1", "name": "order", "type": 1}});
    let mut theirs = pressed.clone();
    theirs["application_id"] = json!(other.account);
    post(&theirs, false).await;
    let (status, answer) = post(&pressed, false).await;
    assert_eq!(status, 200, "{answer}");
    place.heard(&["/order".to_owned()]).await;
    let heard = ids(&bob.get("/conversations").await.expect(200).body);
    assert!(heard.is_empty(), "nothing under our key is another application's");
}

/// Whoever has an interaction's token may answer in the bot's name for a quarter of an hour: it is kept nowhere.
#[tokio::test]
async fn an_interactions_token_is_not_kept() {
    const TOKEN: &str = "aW50ZXJhY3Rpb246dGVzdC10b2tlbi0wMDAx";
    let place = Place::start().await;
    let own = format!("{}/webhooks/discord/{}", place.hub.url, place.played.id);
    let shared = format!("{}/webhooks/discord", place.hub.url);
    for (at, address) in [&own, &shared].into_iter().enumerate() {
        let pressed = json!({"id": format!("130000000000000088{at}"), "application_id": place.played.account, "type": 2,
            "token": TOKEN, "version": 1, "channel_id": place.channel, "channel": {"id": place.channel, "type": 1}, "context": 1,
            "user": {"id": place.customer.id, "username": "ada", "global_name": "Ada"},
            "data": {"id": "1", "name": "order", "type": 1}});
        assert_eq!(place.platform().post(&place.played.account, address, &pressed, false).await.0, 200);
    }
    let listed = ids(&place.owner.get("/callbacks").await.expect(200).body);
    assert_eq!(listed.len(), 2);
    for one in &listed {
        let shown = place.owner.get(&format!("/callbacks/{one}")).await.expect(200).body;
        assert_eq!(shown["outcome"], "stored");
        let body: Value = serde_json::from_str(shown["request"]["body"].as_str().unwrap()).unwrap();
        assert_eq!((&body["data"]["name"], body.get("token")), (&json!("order"), None));
        assert!(!shown.to_string().contains(TOKEN));
        let again =
            place.owner.post(&format!("/callbacks/{one}/replay"), &Value::Null).await.expect(200).body;
        assert_eq!(again["outcome"], "repeated", "what is kept can be read again");
    }
    let kept: i64 = sqlx::query_scalar(
        "select (select count(*) from callbacks where encode(body, 'escape') like '%' || $1 || '%')
              + (select count(*) from jobs where payload::text like '%' || $1 || '%')
              + (select count(*) from messages m where to_jsonb(m)::text like '%' || $1 || '%')",
    )
    .bind(TOKEN)
    .fetch_one(&mut place.hub.sql().await)
    .await
    .unwrap();
    assert_eq!(kept, 0);
}

/// Nor while its confirmation waits for a worker, or has failed: what came through the gateway is confirmed by a call.
#[tokio::test]
async fn a_token_that_waits_to_be_used_lies_open_in_no_table() {
    const TOKEN: &str = "aW50ZXJhY3Rpb246dGVzdC10b2tlbi0wMDAy";
    let place = Place::start().await;
    let _listening = worker(&place.hub.app);
    place.connected(SOON).await;
    let pressed = json!({"id": "1300000000000000901", "application_id": place.played.account, "type": 2,
        "token": TOKEN, "version": 1, "channel_id": place.channel, "channel": {"id": place.channel, "type": 1}, "context": 1,
        "user": {"id": place.customer.id, "username": "ada", "global_name": "Ada"},
        "data": {"id": "1", "name": "order", "type": 1}});
    place.platform().dispatch(&place.played.account, "INTERACTION_CREATE", pressed);
    place.heard(&["/order".to_owned()]).await;
    let mut sql = place.hub.sql().await;
    let waiting = "select count(*) from jobs where kind = 'acknowledge'";
    let count = async |sql: &mut sqlx::PgConnection| -> i64 {
        sqlx::query_scalar(waiting).fetch_one(sql).await.unwrap()
    };
    assert_eq!(count(&mut sql).await, 1);
    assert_eq!(holding(&mut sql, TOKEN).await, Vec::<String>::new());
    // What is looked for this way would be found.
    assert!(holding(&mut sql, "/order").await.contains(&"messages".to_owned()));
    // A failure is written down beside the job; then it is confirmed.
    place.platform().faults().next("callback", simulator::Fault::Status(503));
    let _work = place.hub.work();
    until(SOON, "the job tried again", async || {
        let tried = "select count(*) from jobs where kind = 'acknowledge' and last_error is not null";
        let tried: i64 = sqlx::query_scalar(tried).fetch_one(&mut place.hub.sql().await).await.unwrap();
        tried > 0 || place.platform().confirmed(&place.played.account) > 0
    })
    .await;
    assert_eq!(holding(&mut sql, TOKEN).await, Vec::<String>::new());
    until(SOON, "a confirmation", async || place.platform().confirmed(&place.played.account) == 1).await;
}

/// The tables of which some row holds that text, in whatever column.
async fn holding(sql: &mut sqlx::PgConnection, text: &str) -> Vec<String> {
    let tables: Vec<String> =
        sqlx::query_scalar("select tablename::text from pg_tables where schemaname = 'public' order by 1")
            .fetch_all(&mut *sql)
            .await
            .unwrap();
    assert!(tables.len() > 20, "{tables:?}");
    let mut found = Vec::new();
    for table in tables {
        // Bytes are looked at as they are, and as text writes them.
        let query = format!(
            "select exists (select from \"{table}\" as one
                            where one::text like '%' || $1 || '%'
                               or one::text like '%' || encode(convert_to($1, 'utf8'), 'hex') || '%')"
        );
        let holds: bool =
            sqlx::query_scalar(sqlx::AssertSqlSafe(query)).bind(text).fetch_one(&mut *sql).await.unwrap();
        found.extend(holds.then_some(table));
    }
    found
}
