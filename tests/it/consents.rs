//! "Add to Slack", Facebook Login: an admin goes to the platform's page, comes back, and the accounts stand connected and are heard.

use reqwest::header::{COOKIE, LOCATION};
use serde_json::{Value, json};
use simulator::{Act, Customer, Player, Simulator, meta::Consents};
use url::Url;

use crate::harness::{client::Session, hub::Hub};

struct Place {
    hub: Hub,
    owner: Session,
    simulator: Simulator,
    channel: &'static str,
    /// Keys of the accounts that one consent is for.
    accounts: Vec<String>,
    /// The app's, as an admin copies them.
    app: Value,
}

/// The browser between the platform and the hub.
struct Visit {
    cookie: String,
    back: Url,
}

impl Place {
    async fn start(channel: &'static str) -> Self {
        let hub = Hub::start().await;
        let owner = hub.found("Acme", "ada").await;
        let simulator = Simulator::start(([127, 0, 0, 1], 0).into()).await.unwrap();
        let player = simulator.player(channel).unwrap();
        player.open_account("Acme");
        let first = player.accounts().remove(0);
        let (app, accounts) = match channel {
            "slack" => (simulator.slack.app_keys(&first), vec![first]),
            "messenger" => {
                let second = simulator.messenger.open_sibling(&first, "Bolt").unwrap();
                (simulator.messenger.app_keys(&first), vec![first, second])
            }
            _ => {
                let second = simulator.instagram.open_sibling(&first, "Bolt").unwrap();
                (simulator.instagram.app_keys(&first), vec![first, second])
            }
        };
        // Of other apps: no consent gives them away.
        player.open_account("Somebody else");
        Self { hub, owner, simulator, channel, accounts, app: json!(app) }
    }

    async fn begin(&self) -> (Url, String) {
        let body = json!({"channel": self.channel, "account": self.app});
        let begun = self.owner.post("/integrations/install", &body).await.expect(200);
        (begun.body["url"].as_str().unwrap().parse().unwrap(), begun.cookie())
    }

    /// To the platform's page and until it sends the browser back.
    async fn visit(&self) -> Visit {
        let (page, cookie) = self.begin().await;
        let consented = self.hub.client().http().get(page).send().await.unwrap();
        assert_eq!(consented.status(), 303);
        let back: Url = consented.headers()[LOCATION].to_str().unwrap().parse().unwrap();
        assert_eq!(back.path(), format!("/oauth/{}/callback", self.channel));
        Visit { cookie, back }
    }

    /// What the settings page is told.
    async fn come_back(&self, back: &Url, cookie: &str) -> String {
        let here = format!("{}{}?{}", self.hub.url, back.path(), back.query().unwrap());
        let done = self.hub.client().http().get(here).header(COOKIE, cookie).send().await.unwrap();
        let told = done.headers()[LOCATION].to_str().unwrap().to_owned();
        told.strip_prefix("/settings/integrations?").unwrap().to_owned()
    }

    async fn integrations(&self) -> Vec<Value> {
        self.owner.get("/integrations").await.expect(200).body["data"].as_array().unwrap().clone()
    }

    fn consents(&self, consents: Consents) {
        match self.channel {
            "slack" => self.simulator.slack.set_denies(consents == Consents::Cancels),
            "messenger" => self.simulator.messenger.set_consents(consents),
            _ => self.simulator.instagram.set_consents(consents),
        }
    }
}

/// With `name` of the query replaced.
fn with(url: &Url, name: &str, value: &str) -> Url {
    let pairs: Vec<_> = url.query_pairs().into_owned().collect();
    let mut url = url.clone();
    url.query_pairs_mut().clear().extend_pairs(
        pairs.iter().map(|(key, old)| (key.as_str(), if key == name { value } else { old.as_str() })),
    );
    url
}

fn greta(channel: &str) -> Customer {
    let id = if channel == "slack" { "U0GRETA" } else { "7600000000000001" };
    Customer { id: id.into(), name: "Greta Lindqvist".into(), username: None }
}

/// Consents, and is heard from every account that was consented for.
async fn connected(channel: &'static str) {
    let place = Place::start(channel).await;
    let visit = place.visit().await;
    let told = place.come_back(&visit.back, &visit.cookie).await;
    let all = place.integrations().await;
    assert!(told.starts_with("connected="), "{told}");
    assert_eq!(all.len(), place.accounts.len(), "{all:?}");
    for one in &all {
        assert!(told.contains(one["id"].as_str().unwrap()), "{told}");
        assert_eq!(
            (&one["channel"], &one["status"], &one["fault"]),
            (&json!(channel), &json!("active"), &Value::Null)
        );
        let bad: Vec<_> =
            one["checks"].as_array().unwrap().iter().filter(|check| check["ok"] != true).collect();
        assert!(bad.is_empty(), "{bad:?}");
    }
    let player = place.simulator.player(channel).unwrap();
    for account in &place.accounts {
        match channel {
            // Slack has the address on the app's own page; Meta was told it.
            "slack" => player.enter_webhook(account, &format!("{}/webhooks/slack", place.hub.url)),
            "messenger" => assert!(place.simulator.messenger.subscribed(account)),
            _ => assert!(place.simulator.instagram.subscribed(account)),
        }
        let act = Act::Text { text: format!("to {account}"), reply_to: None };
        player.act(account, &greta(channel), act).await.unwrap();
    }
    let listed = place.owner.get("/conversations").await.expect(200).body;
    let mut heard: Vec<_> = listed["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["last_message"]["text"].as_str().unwrap().to_owned())
        .collect();
    heard.sort();
    let mut expected: Vec<_> = place.accounts.iter().map(|account| format!("to {account}")).collect();
    expected.sort();
    assert_eq!(heard, expected);

    assert_eq!(place.come_back(&visit.back, &visit.cookie).await, "connect_error=state", "good once");
    let again = place.visit().await;
    assert!(place.come_back(&again.back, &again.cookie).await.starts_with("connected="));
    assert_eq!(place.integrations().await.len(), all.len(), "the same accounts, with new tokens");
}

#[tokio::test]
async fn every_page_is_connected_by_one_consent() {
    connected("messenger").await;
}

#[tokio::test]
async fn every_instagram_account_is_connected_by_one_consent() {
    connected("instagram").await;
}

#[tokio::test]
async fn a_workspace_is_connected_by_add_to_slack() {
    connected("slack").await;
}

async fn guarded(channel: &'static str) {
    let place = Place::start(channel).await;
    let wrong = "connect_error=state";
    let visit = place.visit().await;
    let other = place.visit().await;
    assert_eq!(place.come_back(&with(&visit.back, "state", "forged"), &visit.cookie).await, wrong);
    assert_eq!(place.come_back(&visit.back, "").await, wrong, "another browser");
    assert_eq!(place.come_back(&visit.back, &other.cookie).await, wrong, "another consent's browser");
    let mut elsewhere = visit.back.clone();
    elsewhere.set_path("/oauth/email/callback");
    assert_eq!(place.come_back(&elsewhere, &visit.cookie).await, wrong, "another channel's");
    sqlx::query("update installs set expires_at = now() - interval '1 second'")
        .execute(&mut place.hub.sql().await)
        .await
        .unwrap();
    assert_eq!(place.come_back(&visit.back, &visit.cookie).await, wrong, "too late");
    assert!(place.integrations().await.is_empty());

    let forged = place.visit().await;
    let code = with(&forged.back, "code", "guessed");
    assert_eq!(place.come_back(&code, &forged.cookie).await, "connect_error=refused");
    assert_eq!(place.come_back(&forged.back, &forged.cookie).await, wrong, "a try uses it up");
    assert!(place.integrations().await.is_empty());
}

#[tokio::test]
async fn a_forged_late_or_used_state_connects_nothing() {
    guarded("messenger").await;
    guarded("instagram").await;
    guarded("slack").await;
}

async fn refused(channel: &'static str) {
    let mut place = Place::start(channel).await;
    place.consents(Consents::Cancels);
    let visit = place.visit().await;
    assert_eq!(place.come_back(&visit.back, &visit.cookie).await, "connect_error=denied");
    assert_eq!(place.come_back(&visit.back, &visit.cookie).await, "connect_error=state");

    let visit = place.visit().await;
    let misconfigured = with(&visit.back, "error", "redirect_uri_mismatch");
    assert_eq!(place.come_back(&misconfigured, &visit.cookie).await, "connect_error=consent_page");

    place.consents(Consents::All);
    let secret = if channel == "slack" { "client_secret" } else { "app_secret" };
    place.app[secret] = json!("mistyped");
    let visit = place.visit().await;
    assert_eq!(place.come_back(&visit.back, &visit.cookie).await, "connect_error=refused");
    assert!(place.integrations().await.is_empty());
}

#[tokio::test]
async fn who_does_not_consent_is_told_so_and_why() {
    refused("messenger").await;
    refused("instagram").await;
    refused("slack").await;
}

#[tokio::test]
async fn who_chooses_no_page_is_told_so() {
    for channel in ["messenger", "instagram"] {
        let place = Place::start(channel).await;
        place.consents(Consents::None);
        let visit = place.visit().await;
        assert_eq!(place.come_back(&visit.back, &visit.cookie).await, "connect_error=nothing_chosen");
        assert!(place.integrations().await.is_empty());
    }
}

/// A token that Meta no longer takes stops the account; consenting again gives it a new one.
#[tokio::test]
async fn a_page_whose_token_ended_is_consented_to_again() {
    let place = Place::start("messenger").await;
    let visit = place.visit().await;
    place.come_back(&visit.back, &visit.cookie).await;
    let all = place.integrations().await;
    let one = all.iter().find(|one| one["account"]["page_id"] == place.accounts[0]).unwrap();
    let path = format!("/integrations/{}", one["id"].as_str().unwrap());
    place.simulator.messenger.revoke_token(&place.accounts[0]);
    let greta = greta("messenger");
    let act = Act::Text { text: "hi".into(), reply_to: None };
    place.simulator.messenger.act(&place.accounts[0], &greta, act).await.unwrap();
    let listed = place.owner.get("/conversations").await.expect(200).body;
    let messages = format!("/conversations/{}/messages", listed["data"][0]["id"].as_str().unwrap());
    let body = json!({"client_id": uuid::Uuid::now_v7().to_string(), "text": "hello"});
    place.owner.post(&messages, &body).await.expect(201);
    let _work = place.hub.work();
    for _ in 0..400 {
        if place.owner.get(&path).await.expect(200).body["status"] == "broken" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let broken = place.owner.get(&path).await.expect(200).body;
    assert_eq!((&broken["status"], &broken["fault"]["code"]), (&json!("broken"), &json!("token_rejected")));

    place.simulator.messenger.renew_token(&place.accounts[0]);
    let begun = place.owner.post(&format!("{path}/reauthorise"), &Value::Null).await.expect(200);
    let page = begun.body["url"].as_str().unwrap();
    let consented = place.hub.client().http().get(page).send().await.unwrap();
    let back: Url = consented.headers()[LOCATION].to_str().unwrap().parse().unwrap();
    assert!(place.come_back(&back, &begun.cookie()).await.starts_with("connected="));
    let now = place.owner.get(&path).await.expect(200).body;
    assert_eq!((&now["status"], &now["fault"]), (&json!("active"), &Value::Null));
}
