//! Mailboxes and mail providers through the whole house: what comes while one is connected, consent instead of a password, what
//! providers tell, and letters by somebody else than they say.

mod bucket;

use std::time::Duration;

use reqwest::header::{COOKIE, LOCATION};
use serde_json::{Value, json};
use simulator::{Act, Customer, Player, Simulator, email::TOPIC};
use switchboard::refresh;
use url::Url;

use crate::harness::{client::Session, hub::Hub, inbox::ids};

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

struct Place {
    hub: Hub,
    owner: Session,
    simulator: Simulator,
    ada: Customer,
}

impl Place {
    async fn start() -> Self {
        let hub = Hub::start().await;
        let owner = hub.found("Acme", "ada").await;
        let simulator = Simulator::start(([127, 0, 0, 1], 0).into()).await.unwrap();
        let ada = simulator.email.customer("Ada Lovelace", "1");
        Self { hub, owner, simulator, ada }
    }

    /// As an admin does it on the settings page.
    async fn connect(&self, account: Value) -> String {
        let body = json!({"channel": "email", "name": "Support", "account": account});
        let made = self.owner.post("/integrations", &body).await.expect(201).body;
        let failed: Vec<_> =
            made["checks"].as_array().unwrap().iter().filter(|one| one["ok"] != true).collect();
        assert!(failed.is_empty(), "{failed:?}");
        made["id"].as_str().unwrap().to_owned()
    }

    async fn write(&self, mailbox: &str, text: &str) {
        let act = Act::Text { text: text.to_owned(), reply_to: None };
        self.simulator.email.act(mailbox, &self.ada, act).await.unwrap();
    }

    /// What customers wrote, in all conversations.
    async fn texts(&self) -> Vec<String> {
        let mut texts = Vec::new();
        for id in ids(&self.owner.get("/conversations").await.expect(200).body) {
            let page = self.owner.get(&format!("/conversations/{id}/messages")).await.expect(200).body;
            let inbound = page["data"].as_array().unwrap().iter().filter(|one| one["direction"] == "inbound");
            texts.extend(inbound.map(|one| one["text"].as_str().unwrap().to_owned()));
        }
        texts.sort();
        texts
    }

    async fn heard(&self, expected: &[&str]) {
        until(&format!("{expected:?}"), async || (self.texts().await.len() >= expected.len()).then_some(()))
            .await;
        assert_eq!(self.texts().await, expected);
    }

    async fn answer(&self, text: &str) -> String {
        let conversation = ids(&self.owner.get("/conversations").await.expect(200).body).remove(0);
        let body = json!({"client_id": uuid::Uuid::now_v7().to_string(), "text": text});
        self.owner.post(&format!("/conversations/{conversation}/messages"), &body).await.expect(201).id()
    }

    async fn becomes(&self, message: &str, status: &str) -> Value {
        until(&format!("{message} is {status}"), async || {
            let now = self.owner.get(&format!("/messages/{message}")).await.expect(200).body;
            (now["status"] == status).then_some(now)
        })
        .await
    }
}

#[tokio::test]
async fn nothing_is_lost_between_connecting_and_the_first_listening() {
    let place = Place::start().await;
    let fields = place.simulator.email.open_account("Support");
    let mailbox = fields["address"].clone();
    place.write(&mailbox, "years ago").await;
    place.connect(json!(fields)).await;
    place.write(&mailbox, "at once").await;
    let _work = place.hub.work();
    place.heard(&["at once"]).await;
    place.write(&mailbox, "later").await;
    place.heard(&["at once", "later"]).await;
}

#[tokio::test]
async fn a_consent_connects_a_mailbox_and_its_tokens_are_renewed() {
    for provider in ["google", "microsoft"] {
        let place = Place::start().await;
        let _work = place.hub.work();
        // A little longer than the time before which tokens are renewed.
        let form = place.simulator.email.open_consent(provider, "Support", 603);
        let body = json!({"channel": "email", "account": form});
        let begun = place.owner.post("/integrations/install", &body).await.expect(200);
        let page = begun.body["url"].as_str().unwrap();
        let browser = place.hub.client().http();
        let consented = browser.get(page).send().await.unwrap();
        let back: Url = consented.headers()[LOCATION].to_str().unwrap().parse().unwrap();
        let here = format!("{}{}?{}", place.hub.url, back.path(), back.query().unwrap());
        let done = browser.get(here).header(COOKIE, begun.cookie()).send().await.unwrap();
        let told = done.headers()[LOCATION].to_str().unwrap();
        let id = told.split_once("?connected=").unwrap_or_else(|| panic!("{told}")).1;
        let made = place.owner.get(&format!("/integrations/{id}")).await.expect(200).body;
        assert_eq!((&made["status"], &made["fault"]), (&json!("active"), &Value::Null), "{made}");
        let mailbox = made["account"]["address"].as_str().unwrap().to_owned();
        assert_eq!(made["name"], mailbox.as_str());
        place.write(&mailbox, "first").await;
        place.heard(&["first"]).await;
        let token = made["account"]["oauth_expires_at"].clone();
        until("a fresh token", async || {
            refresh::ask(&place.hub.app).await.unwrap();
            let now = place.owner.get(&format!("/integrations/{id}")).await.expect(200).body;
            assert_eq!(now["status"], "active", "{now}");
            (now["account"]["oauth_expires_at"] != token).then_some(())
        })
        .await;
        // The old one opens nothing any more.
        place.write(&mailbox, "second").await;
        place.heard(&["first", "second"]).await;
        let message = place.answer("good morning").await;
        place.becomes(&message, "sent").await;
    }
}

#[tokio::test]
async fn amazons_topic_is_confirmed_and_believed_and_nobody_elses() {
    let place = Place::start().await;
    let mut fields = place.simulator.email.open_account("Support");
    let address = fields["address"].clone();
    fields.retain(|name, _| !name.starts_with("imap") || name == "imap_user" || name == "imap_password");
    fields.insert("provider".into(), "ses".into());
    fields.insert("topic_arn".into(), TOPIC.into());
    fields.insert("api_base_url".into(), place.simulator.base_url());
    let id = place.connect(json!(fields)).await;
    let _work = place.hub.work();
    let url = format!("{}/webhooks/email/{id}", place.hub.url);
    let amazon = place.simulator.email.amazon();
    assert_eq!(amazon.subscribe(&url).await, 200);
    until("the subscription is confirmed", async || (amazon.confirmed() == 1).then_some(())).await;
    let letter = format!(
        "From: Ada <ada@example.org>\r\nTo: {address}\r\nSubject: Hi\r\nMessage-ID: <1@example.org>\r\n\r\nover Amazon\r\n"
    );
    let told = json!({
        "notificationType": "Received", "content": letter,
        "receipt": {"recipients": [address], "action": {"type": "SNS", "encoding": "UTF8"}, "dmarcVerdict": {"status": "PASS"}},
    });
    for _ in 0..2 {
        assert_eq!(amazon.publish(&url, &told).await, 200);
    }
    place.heard(&["over Amazon"]).await;
    assert_eq!(amazon.certificates_fetched(), 1, "kept");
    let message = place.answer("good morning").await;
    place.becomes(&message, "sent").await;
    let mail = json!({"messageId": "x", "headers": [{"name": "X-Switchboard-Message", "value": message}]});
    let bounce =
        json!({"bounceType": "Permanent", "bouncedRecipients": [{"diagnosticCode": "smtp; 550 unknown"}]});
    let told = json!({"eventType": "Bounce", "bounce": bounce, "mail": mail});
    assert_eq!(amazon.publish(&url, &told).await, 200);
    let failed = place.becomes(&message, "failed").await;
    assert_eq!(failed["error"]["detail"], "The letter came back: smtp; 550 unknown");
    // A topic of somebody else's, with which Amazon signs as well.
    fields.insert("topic_arn".into(), format!("{TOPIC}-of-others"));
    fields.insert("address".into(), "other@hub.example".into());
    fields.insert("smtp_user".into(), address.clone());
    let other = place.connect(json!(fields)).await;
    let url = format!("{}/webhooks/email/{other}", place.hub.url);
    assert_eq!(amazon.publish(&url, &told).await, 401);
    assert_eq!(amazon.subscribe(&url).await, 401);
    assert_eq!(amazon.confirmed(), 1);
}

#[tokio::test]
async fn amazon_takes_letters_by_signed_calls_and_its_id_finds_what_becomes_of_them() {
    use simulator::email::ses::{ACCESS_KEY, SECRET};
    let place = Place::start().await;
    let account = |secret: &str| {
        json!({
            "address": "support@acme.example", "provider": "ses", "topic_arn": TOPIC, "access_key_id": ACCESS_KEY,
            "provider_secret": secret, "api_base_url": place.simulator.base_url(),
        })
    };
    let wrong = json!({"channel": "email", "name": "Wrong", "account": account("another secret")});
    let made = place.owner.post("/integrations", &wrong).await.expect(201).body;
    let check = made["checks"].as_array().unwrap().iter().find(|one| one["name"] == "token").unwrap().clone();
    assert_eq!(check["ok"], false, "{check}");
    place.owner.delete(&format!("/integrations/{}", made["id"].as_str().unwrap())).await.expect(204);

    let id = place.connect(account(SECRET)).await;
    let _work = place.hub.work();
    let url = format!("{}/webhooks/email/{id}", place.hub.url);
    let letter = |from: &str| {
        let text = format!(
            "From: {from}\r\nTo: support@acme.example\r\nSubject: Hi\r\nMessage-ID: <{from}>\r\n\r\nby {from}\r\n"
        );
        json!({"notificationType": "Received", "content": text, "receipt": {"action": {"type": "SNS", "encoding": "UTF8"}}})
    };
    let amazon = place.simulator.email.amazon();
    assert_eq!(amazon.publish(&url, &letter("ada@example.org")).await, 200);
    place.heard(&["by ada@example.org"]).await;
    let message = place.answer("Good *morning*").await;
    let sent = place.becomes(&message, "sent").await;
    let handed_in = place.simulator.email.handed_in();
    assert_eq!((handed_in.len(), handed_in[0].to.as_slice()), (1, ["ada@example.org".to_owned()].as_slice()));
    assert!(
        handed_in[0].raw.contains("Subject: Re: Hi") && handed_in[0].raw.contains("Good morning"),
        "{}",
        handed_in[0].raw
    );
    assert!(sent["external_id"].is_string());
    // Amazon's own id alone leads to the letter, in what is told and in what is answered.
    let renamed = handed_in[0].raw.lines().find_map(|line| line.strip_prefix("Message-ID: <")).unwrap();
    let (amazons, _) = renamed.split_once('@').unwrap();
    let mail = json!({"messageId": amazons, "sourceArn": "arn:aws:ses:eu-west-1:123456789012:identity/acme.example"});
    assert_eq!(amazon.publish(&url, &json!({"eventType": "Delivery", "mail": mail})).await, 200);
    place.becomes(&message, "delivered").await;

    assert_eq!(amazon.publish(&url, &letter("unverified@example.org")).await, 200);
    place.heard(&["by ada@example.org", "by unverified@example.org"]).await;
    let refused = place.answer("Good morning").await;
    let failed = place.becomes(&refused, "failed").await;
    assert_eq!(failed["error"]["detail"], "Email address is not verified.");
}

#[tokio::test]
async fn a_provider_sends_and_tells_what_became_of_it() {
    let place = Place::start().await;
    let _work = place.hub.work();
    let secret = "a long password of our own";
    let account = json!({
        "address": "support@acme.example", "provider": "postmark", "provider_secret": simulator::email::SERVER_TOKEN,
        "callback_secret": secret, "api_base_url": place.simulator.base_url(),
    });
    let id = place.connect(account).await;
    let mut url: Url = format!("{}/webhooks/email/{id}", place.hub.url).parse().unwrap();
    let bare = url.clone();
    url.set_username("switchboard").unwrap();
    url.set_password(Some(secret)).unwrap();
    place.simulator.email.enter_event_address(url.as_str());
    let http = place.hub.client().http();
    for (who, becomes) in [("ada", "delivered"), ("bounces", "failed"), ("inactive", "failed")] {
        let letter = format!(
            "From: {who}@example.org\r\nTo: support@acme.example\r\nMessage-ID: <{who}@example.org>\r\n\r\nhello by {who}\r\n"
        );
        let body = json!({"From": format!("{who}@example.org"), "OriginalRecipient": "support@acme.example", "RawEmail": letter});
        assert_eq!(http.post(bare.clone()).json(&body).send().await.unwrap().status(), 401);
        assert_eq!(http.post(url.clone()).json(&body).send().await.unwrap().status(), 200);
        let message = place.answer(&format!("good morning, {who}")).await;
        let now = place.becomes(&message, becomes).await;
        assert_eq!(now["error"].is_null(), becomes == "delivered", "{now}");
    }
}

#[tokio::test]
async fn a_forged_sender_joins_no_conversation_and_is_told_of() {
    let place = Place::start().await;
    let fields = place.simulator.email.open_account("Support");
    let mailbox = fields["address"].clone();
    place.connect(json!(fields)).await;
    let _work = place.hub.work();
    let letter = |verdict: &str, name: &str, id: &str, answers: &str, text: &str| {
        format!(
            "Authentication-Results: mx.hub.example; dmarc={verdict} header.from=example.org\r\nFrom: {name} <grace@example.org>\r\n\
             To: {mailbox}\r\nSubject: Order\r\nMessage-ID: <{id}@example.org>\r\n{answers}\r\n{text}\r\n"
        )
        .into_bytes()
    };
    let email = &place.simulator.email;
    email.deliver(&mailbox, letter("pass", "Grace Hopper", "1", "", "a real one"));
    place.heard(&["a real one"]).await;
    let real = ids(&place.owner.get("/conversations").await.expect(200).body).remove(0);
    let message = place.answer("what is your number?").await;
    place.becomes(&message, "sent").await;
    let knows = "In-Reply-To: <1@example.org>\r\nReferences: <1@example.org>\r\n";
    email.deliver(&mailbox, letter("fail", "Mallory", "2", knows, "pay me"));
    place.heard(&["a real one", "pay me"]).await;
    let listed = place.owner.get("/conversations").await.expect(200).body;
    let forged = ids(&listed).into_iter().find(|id| *id != real).expect("a conversation of its own");
    let page = place.owner.get(&format!("/conversations/{forged}/messages")).await.expect(200).body;
    let warning = page["data"][0]["parts"][0]["warning"].as_str().unwrap();
    assert!(warning.contains("example.org") && warning.contains("DMARC"), "{warning}");
    assert_eq!(listed["data"][0]["contact"]["name"], "Grace Hopper", "a forger renames nobody");
    // A broken signature on the way does not part who did get our letter.
    let ours = email.chat(&mailbox, "grace@example.org").pop().unwrap().id;
    let ours = format!("In-Reply-To: <{ours}>\r\nReferences: <1@example.org> <{ours}>\r\n");
    email.deliver(&mailbox, letter("fail", "Grace Hopper", "3", &ours, "seven"));
    place.heard(&["a real one", "pay me", "seven"]).await;
    let page = place.owner.get(&format!("/conversations/{real}/messages")).await.expect(200).body;
    assert!(page["data"].as_array().unwrap().iter().any(|one| one["text"] == "seven"));
}

#[tokio::test]
async fn what_was_deleted_does_not_come_back() {
    let place = Place::start().await;
    let fields = place.simulator.email.open_account("Support");
    let mailbox = fields["address"].clone();
    place.connect(json!(fields)).await;
    let _work = place.hub.work();
    place.write(&mailbox, "unwanted").await;
    place.heard(&["unwanted"]).await;
    let id = ids(&place.owner.get("/conversations").await.expect(200).body).remove(0);
    place.owner.delete(&format!("/conversations/{id}")).await.expect(204);
    // The whole inbox is read again.
    place.simulator.email.renumber(&mailbox);
    place.simulator.email.cut();
    place.write(&mailbox, "wanted").await;
    place.heard(&["wanted"]).await;
}

/// Every message of the only conversation, oldest first: direction, text, sender, status.
async fn said(place: &Place) -> Vec<(String, String, Value, Value)> {
    let conversations = ids(&place.owner.get("/conversations").await.expect(200).body);
    let [only] = conversations.as_slice() else { return Vec::new() };
    let page = place.owner.get(&format!("/conversations/{only}/messages")).await.expect(200).body;
    let mut messages = page["data"].as_array().unwrap().clone();
    messages.sort_by_key(|one| one["seq"].as_i64());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let row = |one: &Value| {
        (text(&one["direction"]), text(&one["text"]), one["sender"]["name"].clone(), one["status"].clone())
    };
    messages.iter().map(row).collect()
}

#[tokio::test]
async fn what_colleagues_send_with_other_programs_stands_in_the_conversation_once() {
    let place = Place::start().await;
    let mut fields = place.simulator.email.open_account("Support");
    fields.insert("sent_copies".to_owned(), "yes".to_owned());
    let mailbox = fields["address"].clone();
    place.connect(json!(fields)).await;
    let _work = place.hub.work();
    place.write(&mailbox, "Is the tent there?").await;
    place.heard(&["Is the tent there?"]).await;
    place.simulator.email.write_elsewhere(&mailbox, &place.ada, "It came in today").unwrap();
    until("the echo", async || (said(&place).await.len() == 2).then_some(())).await;
    let echo = said(&place).await.remove(1);
    assert_eq!((echo.0.as_str(), echo.1.as_str()), ("outbound", "It came in today"));
    assert_eq!((&echo.2, &echo.3), (&json!("Greta at the desk"), &json!("delivered")));
    // The hub's own letter, of which a copy lies in the same folder, is sent and shown once.
    let ours = place.answer("And it is green").await;
    place.becomes(&ours, "sent").await;
    until("the copy", async || (place.simulator.email.sent(&mailbox).len() == 2).then_some(())).await;
    place.write(&mailbox, "I take it").await;
    place.heard(&["I take it", "Is the tent there?"]).await;
    place.simulator.email.write_elsewhere(&mailbox, &place.ada, "Very good").unwrap();
    until("the second echo", async || (said(&place).await.len() == 5).then_some(())).await;
    let texts: Vec<_> = said(&place).await.into_iter().map(|one| one.1).collect();
    assert_eq!(
        texts,
        ["Is the tent there?", "It came in today", "And it is green", "I take it", "Very good"]
    );
    assert_eq!(place.simulator.email.handed_in().len(), 1, "nothing that was sent elsewhere is sent again");
}
