//! "Everything up to here was delivered", or read: which messages of the tables that means, and which it does not.

use std::collections::BTreeMap;

use channels::{
    Party, PartyId,
    event::{InboundMessage, Watermark, What},
    message::{Kind, MessageStatus},
};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use switchboard::ids::IntegrationId;

use crate::harness::{client::Session, hub::Hub, inbox::hear, platform};

/// Two Pages, and who writes to them.
struct Place {
    hub: Hub,
    owner: Session,
    pages: [IntegrationId; 2],
    /// When the first message was sent; one a minute.
    begun: DateTime<Utc>,
}

impl Place {
    async fn start() -> Self {
        let hub = Hub::start().await;
        let owner = hub.found("Acme", "ada").await;
        let pages = [page(&hub, &owner, "1001").await, page(&hub, &owner, "1002").await];
        Self { hub, owner, pages, begun: Utc::now() - TimeDelta::hours(1) }
    }

    fn minute(&self, minute: i64) -> DateTime<Utc> {
        self.begun + TimeDelta::minutes(minute)
    }

    /// Business messages, one a minute, each `sent` as if the platform had told no more of them.
    async fn sent(&self, page: usize, customer: &str, messages: &[(&str, i64)]) {
        let said = messages.iter().map(|(id, minute)| {
            let at = self.minute(*minute);
            let party = Party { ids: vec![PartyId::plain("psid", customer)], ..Party::default() };
            let blank = InboundMessage::new((*id).into(), customer.into(), party, Kind::Text, at);
            What::Message(Box::new(InboundMessage { echo: true, text: (*id).into(), ..blank }))
        });
        hear(&self.hub, self.pages[page], said).await;
        sqlx::query("update messages set status = 'sent', status_history = '[]' where external_id = any($1)")
            .bind(messages.iter().map(|(id, _)| *id).collect::<Vec<_>>())
            .execute(&mut self.hub.sql().await)
            .await
            .unwrap();
    }

    async fn told(
        &self,
        page: usize,
        customer: &str,
        status: MessageStatus,
        upto: i64,
        newest: Option<&str>,
    ) {
        let mark = Watermark {
            contact: PartyId::plain("psid", customer),
            thread: customer.into(),
            status,
            up_to: self.minute(upto),
            external_id: newest.map(str::to_owned),
            at: Utc::now(),
        };
        hear(&self.hub, self.pages[page], [What::Watermark(mark)]).await;
    }

    async fn set(&self, message: &str, status: &str) {
        sqlx::query("update messages set status = $2 where external_id = $1")
            .bind(message)
            .bind(status)
            .execute(&mut self.hub.sql().await)
            .await
            .unwrap();
    }

    /// Every message's status, and how many changes it had, by the message.
    async fn statuses(&self) -> BTreeMap<String, (String, usize)> {
        let mut found = BTreeMap::new();
        let listed = self.owner.get("/conversations?limit=50").await.expect(200).body;
        for conversation in listed["data"].as_array().unwrap() {
            let path = format!("/conversations/{}/messages?limit=50", conversation["id"].as_str().unwrap());
            for message in self.owner.get(&path).await.expect(200).body["data"].as_array().unwrap() {
                let changes = message["status_history"].as_array().map_or(0, Vec::len);
                let status = message["status"].as_str().unwrap_or("inbound").to_owned();
                found.insert(message["text"].as_str().unwrap().to_owned(), (status, changes));
            }
        }
        found
    }

    async fn expect(&self, expected: &[(&str, &str)]) {
        let found = self.statuses().await;
        let found: Vec<_> = found.iter().map(|(id, (status, _))| (id.as_str(), status.as_str())).collect();
        assert_eq!(found, expected);
    }
}

async fn page(hub: &Hub, owner: &Session, id: &str) -> IntegrationId {
    let fields = [
        ("page_id", id),
        ("page_access_token", "token"),
        ("app_secret", "secret"),
        ("api_base_url", "http://127.0.0.1:9"),
    ];
    let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
    platform::connect(hub, owner, channels::find("messenger").unwrap(), BTreeMap::from(fields)).await
}

use MessageStatus::{Delivered, Read};

#[tokio::test]
async fn what_was_sent_up_to_the_moment_is_read_in_that_conversation_only() {
    let place = Place::start().await;
    place.sent(0, "greta", &[("g1", 1), ("g2", 2), ("g3", 3)]).await;
    place.sent(0, "hugo", &[("h1", 1)]).await;
    // The same person's id at another Page, and the same moment.
    place.sent(1, "greta", &[("p1", 1)]).await;
    place.told(0, "greta", Read, 2, None).await;
    let of_greta = [("g1", "read"), ("g2", "read"), ("g3", "sent"), ("h1", "sent"), ("p1", "sent")];
    place.expect(&of_greta).await;
    place.told(0, "nobody", Read, 9, None).await;
    place.expect(&of_greta).await;
    place.told(1, "greta", Read, 9, None).await;
    place.expect(&[("g1", "read"), ("g2", "read"), ("g3", "sent"), ("h1", "sent"), ("p1", "read")]).await;
}

#[tokio::test]
async fn what_was_delivered_up_to_the_moment_is_delivered_and_not_read() {
    let place = Place::start().await;
    place.sent(0, "greta", &[("g1", 1), ("g2", 2), ("g3", 3)]).await;
    place.sent(0, "hugo", &[("h1", 1)]).await;
    place.told(0, "greta", Delivered, 2, None).await;
    place.expect(&[("g1", "delivered"), ("g2", "delivered"), ("g3", "sent"), ("h1", "sent")]).await;
    place.told(0, "greta", Read, 1, None).await;
    place.expect(&[("g1", "read"), ("g2", "delivered"), ("g3", "sent"), ("h1", "sent")]).await;
}

#[tokio::test]
async fn marks_only_move_messages_forward() {
    let place = Place::start().await;
    place.sent(0, "greta", &[("g1", 1), ("g2", 2), ("g3", 3)]).await;
    place.told(0, "greta", Read, 2, None).await;
    let before = place.statuses().await;
    // A delivery that was overtaken, an older reading, and the same one again.
    place.told(0, "greta", Delivered, 2, None).await;
    place.told(0, "greta", Read, 1, None).await;
    place.told(0, "greta", Read, 2, None).await;
    assert_eq!(place.statuses().await, before, "nothing moves, and no history grows");
    assert_eq!(before["g1"], ("read".to_owned(), 1));
    place.told(0, "greta", Delivered, 3, None).await;
    place.expect(&[("g1", "read"), ("g2", "read"), ("g3", "delivered")]).await;
}

#[tokio::test]
async fn what_the_platform_never_took_is_not_meant() {
    let place = Place::start().await;
    place.sent(0, "greta", &[("g1", 1), ("g2", 1), ("g3", 1), ("g4", 1), ("g5", 1)]).await;
    let states = [("g1", "queued"), ("g2", "sending"), ("g3", "failed"), ("g4", "unknown")];
    for (message, status) in states {
        place.set(message, status).await;
    }
    place.told(0, "greta", Read, 9, None).await;
    place.expect(&[states.as_slice(), &[("g5", "read")]].concat()).await;
}

#[tokio::test]
async fn where_the_newest_message_is_named_it_decides() {
    let place = Place::start().await;
    place.sent(0, "greta", &[("g1", 1), ("g2", 2), ("g3", 3)]).await;
    place.told(0, "greta", Read, 9, Some("unheard of")).await;
    place.expect(&[("g1", "sent"), ("g2", "sent"), ("g3", "sent")]).await;
    place.told(0, "greta", Read, 9, Some("g2")).await;
    place.expect(&[("g1", "read"), ("g2", "read"), ("g3", "sent")]).await;
}

/// What was pressed before the watermark may have waited for its turn until after it.
#[tokio::test]
async fn the_moment_of_taking_decides_and_not_that_of_pressing_send() {
    let place = Place::start().await;
    place.sent(0, "greta", &[("g1", 1), ("g2", 1), ("g3", 1), ("g4", 1)]).await;
    let taken = |seconds: i64| place.minute(5) + TimeDelta::seconds(seconds);
    // By our clock: long before, just after (the answer's way), as long after as no clock differs, and much later.
    for (message, seconds) in [("g1", -60), ("g2", 1), ("g3", 5), ("g4", 60)] {
        let history = serde_json::json!([{"status": "queued", "at": place.minute(1)}, {"status": "sent", "at": taken(seconds)}]);
        sqlx::query("update messages set status_history = $2 where external_id = $1")
            .bind(message)
            .bind(history)
            .execute(&mut place.hub.sql().await)
            .await
            .unwrap();
    }
    place.told(0, "greta", Read, 5, None).await;
    place.expect(&[("g1", "read"), ("g2", "read"), ("g3", "sent"), ("g4", "sent")]).await;
    place.told(0, "greta", Read, 6, None).await;
    place.expect(&[("g1", "read"), ("g2", "read"), ("g3", "read"), ("g4", "read")]).await;
}

/// The hub itself writes down when the answer came.
#[tokio::test]
async fn a_message_that_waited_is_sent_when_its_platform_took_it() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ada").await;
    let played = platform::Played::connect(&hub, &owner, "messenger").await;
    let conversation = played.write(&owner, "7600000000000001", "hi").await;
    let path = format!("/conversations/{}/messages", conversation["id"].as_str().unwrap());
    let body = serde_json::json!({"client_id": uuid::Uuid::now_v7().to_string(), "text": "hello"});
    let message = owner.post(&path, &body).await.expect(201).id();
    // Nobody works yet: the customer reads what there is, and the platform tells it.
    let read_at = Utc::now();
    let later = read_at + TimeDelta::seconds(3);
    tokio::time::sleep((later - Utc::now()).to_std().unwrap_or_default()).await;
    let _work = hub.work();
    let mut known = Value::Null;
    for _ in 0..1200 {
        known = owner.get(&format!("/messages/{message}")).await.expect(200).body;
        if known["status"] == "delivered" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    let sent = &known["status_history"].as_array().unwrap()[1];
    assert_eq!(sent["status"], "sent", "{known}");
    assert!(sent["at"].as_str().unwrap().parse::<DateTime<Utc>>().unwrap() >= later, "{known}");
    sqlx::query("update messages set status = 'sent', status_history = status_history - 2 where direction = 'outbound'")
        .execute(&mut hub.sql().await)
        .await
        .unwrap();
    let mark = Watermark {
        contact: PartyId::plain("psid", "7600000000000001"),
        thread: "7600000000000001".into(),
        status: Read,
        up_to: read_at,
        external_id: None,
        at: read_at,
    };
    hear(&hub, played.id, [What::Watermark(mark)]).await;
    let known = owner.get(&format!("/messages/{message}")).await.expect(200).body;
    assert_eq!(known["status"], "sent", "{known}");
}

/// From the callback that Meta signs to the tables.
#[tokio::test]
async fn a_reading_on_messenger_reaches_the_messages() {
    let hub = Hub::start().await;
    let _work = hub.work();
    let owner = hub.found("Acme", "ada").await;
    let played = platform::Played::connect(&hub, &owner, "messenger").await;
    let status = async |message: &str| -> Value {
        owner.get(&format!("/messages/{message}")).await.expect(200).body["status"].clone()
    };
    let until = async |message: &str, wanted: &str| {
        for _ in 0..1200 {
            if status(message).await == wanted {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        panic!("never {wanted}: {}", status(message).await);
    };
    let mut sent = Vec::new();
    for customer in ["7600000000000001", "7600000000000002"] {
        let conversation = played.write(&owner, customer, "hi").await;
        let path = format!("/conversations/{}/messages", conversation["id"].as_str().unwrap());
        let body = serde_json::json!({"client_id": uuid::Uuid::now_v7().to_string(), "text": "hello"});
        sent.push(owner.post(&path, &body).await.expect(201).id());
    }
    for message in &sent {
        until(message, "delivered").await;
    }
    played.act("7600000000000001", simulator::Act::Read).await;
    until(&sent[0], "read").await;
    assert_eq!(status(&sent[1]).await, "delivered", "of that customer only");
}
