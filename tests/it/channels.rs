//! Every channel that is built in, through the whole house: its fixtures are stored once, forgeries are refused and counted, and a
//! customer of the played platform is answered.

mod fixtures;

#[path = "../../channels/tests/fixtures/prove.rs"]
mod prove;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use chrono::Utc;
use reqwest::StatusCode;
use serde_json::{Value, json};
use simulator::{Act, Simulator};
use webhooks::{Scheme, Unverified};

use crate::harness::{hub::Hub, inbox::ids, platform};

/// Callbacks that are posted of each channel.
const CASES: usize = 5;

fn folder(channel: &dyn channels::Channel) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/channels").join(channel.id().as_str())
}

/// Bodies of the channel's first cases.
fn bodies(channel: &dyn channels::Channel) -> Vec<Vec<u8>> {
    let entries = fs::read_dir(folder(channel).join("inbound"));
    let entries = entries.unwrap_or_else(|error| panic!("{} has no inbound cases: {error}", channel.id()));
    let mut cases: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
        .iter()
        .filter_map(|case| fs::read(case.join("callback.json")).ok().or_else(|| form(case)))
        .take(CASES)
        .collect()
}

/// The body of a case that is a form, of a whole request.
fn form(case: &Path) -> Option<Vec<u8>> {
    let request: Value = serde_json::from_slice(&fs::read(case.join("request.json")).ok()?).ok()?;
    let fields =
        request["form"].as_object()?.iter().filter_map(|(name, value)| Some((name, value.as_str()?)));
    Some(url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish().into())
}

#[tokio::test]
async fn forgeries_are_refused_and_counted() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ada").await;
    for channel in channels::all() {
        let account = fs::read(folder(*channel).join("account.json")).unwrap();
        let mut fields: BTreeMap<String, String> = serde_json::from_slice(&account).unwrap();
        fields.insert("api_base_url".to_owned(), "http://127.0.0.1:9".to_owned());
        let id = platform::connect(&hub, &owner, *channel, fields).await;
        let url = format!("{}/webhooks/{}/{id}", hub.url, channel.id());
        let integration = hub.app.integrations.find(id).await.unwrap().unwrap();
        let public = format!("{}webhooks/{}/{id}", hub.app.config.server.public_url, channel.id());
        let mut forged = 0;
        for body in bodies(*channel) {
            let request = Unverified::new("POST", &public, vec![], [], body.clone().into());
            let scheme = channel.proof(&integration.account, &request);
            let mut right = BTreeMap::new();
            prove::prove(&scheme, &mut right, &public, &body, Utc::now());
            let named = right.keys().cloned();
            let nonsense: BTreeMap<_, _> = named.map(|name| (name, "v1,AAAA".to_owned())).collect();
            let mut altered = body.clone();
            altered.push(b' ');
            for (headers, body) in [(&BTreeMap::new(), &body), (&nonsense, &body), (&right, &altered)] {
                // A token proves the sender and says nothing of the body.
                let token = matches!(scheme, Scheme::HeaderToken { .. });
                if token && std::ptr::eq(headers, &raw const right) {
                    continue;
                }
                let mut request = hub.client().http().post(&url).body(body.clone());
                for (name, value) in headers {
                    request = request.header(name, value);
                }
                let status = request.send().await.unwrap().status();
                assert_eq!(status, StatusCode::UNAUTHORIZED, "{} {headers:?}", channel.id());
                forged += 1;
            }
        }
        assert!(forged > 0, "{} has no callback to forge", channel.id());
        let path = format!("/callbacks?integration_id={id}");
        assert_eq!(ids(&owner.get(&path).await.expect(200).body), Vec::<String>::new());
        hub.app.forgeries.flush(&hub.app.db).await.unwrap();
        let detail = owner.get(&format!("/integrations/{id}")).await.expect(200).body;
        let counted: u64 =
            detail["forgeries"].as_array().unwrap().iter().filter_map(|one| one["count"].as_u64()).sum();
        assert_eq!(counted, forged, "{}: {}", channel.id(), detail["forgeries"]);
    }
}

#[tokio::test]
async fn every_played_platform_is_talked_with() {
    let hub = Hub::start().await;
    let _work = hub.work();
    let owner = hub.found("Acme", "ada").await;
    let simulator = Simulator::start(([127, 0, 0, 1], 0).into()).await.unwrap();
    simulator.known_as(&hub.url, hub.app.config.server.public_url.as_str());
    for (at, player) in simulator.players().into_iter().enumerate() {
        let channel = channels::find(player.channel()).unwrap();
        if channel.abilities().text.max == 0 {
            continue;
        }
        let id = platform::connect(&hub, &owner, channel, player.open_account("Support")).await;
        let integration = hub.app.integrations.find(id).await.unwrap().unwrap();
        let webhook_url = format!("{}/webhooks/{}/{id}", hub.url, channel.id()).parse().unwrap();
        let connection = channels::Connection { webhook_url };
        player.enter_webhook(&integration.account_key, connection.webhook_url.as_str());
        channel.connect(&integration.account, &connection, &hub.app.net).await.unwrap();
        let account = &integration.account;
        // Elsewhere nothing is lost that comes before the first connection.
        if channel.streams(account) && channel.listens_from(account, &hub.app.net).await.unwrap().is_none() {
            until(&format!("{} is listened to", channel.id()), async || {
                let shown = owner.get(&format!("/integrations/{id}")).await.expect(200).body;
                let checks = shown["live"]["checks"].as_array().cloned().unwrap_or_default();
                (!checks.is_empty() && checks.iter().all(|check| check["ok"] == true)).then_some(())
            })
            .await;
        }
        let customer = player.customer("Greta Lindqvist", &format!("491511234000{at}"));
        let text = format!("hello over {}", channel.id());
        let act = Act::Text { text: text.clone(), reply_to: None };
        player.act(&integration.account_key, &customer, act).await.unwrap();
        let conversation = until(&format!("{} comes in", channel.id()), async || {
            let listed =
                owner.get(&format!("/conversations?channel={}", channel.id())).await.expect(200).body;
            let first = listed["data"][0].clone();
            // Some platforms have to be asked for the name, and a telephone has none.
            let name = first["contact"]["name"].as_str().unwrap_or_default();
            let is_hers = name == "Greta Lindqvist" || name.starts_with('+');
            (first["last_message"]["text"] == text.as_str() && is_hers).then_some(first)
        })
        .await;
        let messages = format!("/conversations/{}/messages", conversation["id"].as_str().unwrap());
        let body = json!({"client_id": uuid::Uuid::now_v7().to_string(), "text": "good morning"});
        let message = owner.post(&messages, &body).await.expect(201).id();
        let wanted = if channel.abilities().statuses { "delivered" } else { "sent" };
        until(&format!("{} is {wanted}", channel.id()), async || {
            let now = owner.get(&format!("/messages/{message}")).await.expect(200).body;
            assert_ne!(now["status"], "failed", "{}: {now}", channel.id());
            (now["status"] == wanted || now["status"] == "delivered").then_some(())
        })
        .await;
        let chat = player.chat(&integration.account_key, &customer.id);
        let received: Vec<_> =
            chat.iter().filter(|one| !one.from_customer).map(|one| one.text.as_str()).collect();
        assert_eq!(received, ["good morning"], "{}", channel.id());
    }
}

/// Asks again and again, for half a minute.
async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..600 {
        if let Some(found) = ask().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it never happened: {what}");
}

/// Whatever a system of somebody's own writes is answered clearly.
#[tokio::test]
async fn a_connected_system_hears_what_was_wrong() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ada").await;
    let played = platform::Played::connect(&hub, &owner, "api").await;
    let api = &played.simulator.api;
    let tell = async |r#type: &str, data: Value| api.tell(&played.account, r#type, data).await.unwrap();
    let (status, answer) = tell("message.received", json!({"id": "1", "text": "hello"})).await;
    assert_eq!(status, 422);
    assert!(answer.contains("missing field `contact`"), "{answer}");
    let (status, answer) = tell("order.shipped", json!({})).await;
    assert_eq!(status, 422);
    assert!(answer.contains("unknown variant `order.shipped`"), "{answer}");
    let whole = json!({"id": "1", "contact": {"id": "u-1", "name": "Ada"}, "text": "hello"});
    for _ in 0..2 {
        assert_eq!(tell("message.received", whole.clone()).await.0, 200);
    }
    let listed = owner.get("/conversations").await.expect(200).body;
    assert_eq!(listed["data"][0]["last_seq"], 1, "a repeat changes nothing");
}

/// The documented example is a whole connected system.
#[tokio::test]
async fn the_documented_example_runs() {
    use std::process::Stdio;
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

    let hub = Hub::start().await;
    let _work = hub.work();
    let owner = hub.found("Acme", "ada").await;
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let fields =
        [("endpoint_url", format!("http://127.0.0.1:{port}/")), ("signing_secret", secret.to_owned())];
    let fields = fields.map(|(name, value)| (name.to_owned(), value)).into();
    let id = platform::connect(&hub, &owner, channels::find("api").unwrap(), fields).await;
    let mut example = tokio::process::Command::new("node")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/channels/api-example.mjs"))
        .env("HUB_WEBHOOK", format!("{}/webhooks/api/{id}", hub.url))
        .env("SIGNING_SECRET", secret)
        .env("PORT", port.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(example.stdout.take().unwrap()).lines();
    assert!(lines.next_line().await.unwrap().unwrap().starts_with("listening"));
    example.stdin.take().unwrap().write_all(b"Where is my order?\n").await.unwrap();
    let conversation = until("the example's customer comes in", async || {
        let listed = owner.get("/conversations").await.expect(200).body;
        listed["data"][0]["id"].as_str().map(str::to_owned)
    })
    .await;
    let body = json!({"client_id": uuid::Uuid::now_v7().to_string(), "text": "On its way."});
    let message =
        owner.post(&format!("/conversations/{conversation}/messages"), &body).await.expect(201).id();
    assert_eq!(lines.next_line().await.unwrap().unwrap(), "agent: On its way.");
    until("the example says that it was delivered", async || {
        let now = owner.get(&format!("/messages/{message}")).await.expect(200).body;
        (now["status"] == "delivered").then_some(())
    })
    .await;
}
