//! Played Messenger and Instagram and the whole hub: what Meta tells twice, in the wrong order, or of what is gone.

use std::time::Duration;

use serde_json::{Value, json};
use simulator::{Act, ActError};

use crate::harness::{
    client::{Answer, Session},
    hub::Hub,
    inbox::id,
    platform::Played,
};

const CUSTOMER: &str = "7600000000000001";
const BOTH: [&str; 2] = ["messenger", "instagram"];

struct Place {
    hub: Hub,
    owner: Session,
    played: Played,
    channel: &'static str,
}

impl Place {
    async fn start(channel: &'static str) -> Self {
        let hub = Hub::start().await;
        let owner = hub.found("Acme", "ada").await;
        let played = Played::connect(&hub, &owner, channel).await;
        Self { hub, owner, played, channel }
    }

    /// Any item of Meta's, by the customer.
    async fn tell(&self, item: Value) -> Result<(), ActError> {
        let (account, simulator) = (&self.played.account, &self.played.simulator);
        match self.channel {
            "messenger" => simulator.messenger.tell(account, CUSTOMER, item).await,
            _ => simulator.instagram.tell(account, CUSTOMER, item).await,
        }
    }

    /// Of the only conversation, oldest first.
    async fn messages(&self) -> Vec<Value> {
        let listed = self.owner.get("/conversations").await.expect(200).body;
        assert_eq!(listed["data"].as_array().map(Vec::len), Some(1), "{listed}");
        let path = format!("/conversations/{}/messages", id(&listed["data"][0]));
        let mut all = self.owner.get(&path).await.expect(200).body["data"].as_array().unwrap().clone();
        all.sort_by_key(|message| message["seq"].as_i64());
        all
    }

    async fn until(&self, message: &str, wanted: &[&str]) -> Value {
        for _ in 0..1200 {
            let now = self.owner.get(&format!("/messages/{message}")).await.expect(200).body;
            if wanted.iter().any(|status| now["status"] == *status) {
                return now;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("never {wanted:?}");
    }
}

#[tokio::test]
async fn an_unsent_message_is_gone_also_if_the_news_came_first() {
    for channel in BOTH {
        let place = Place::start(channel).await;
        let said = place.played.act(CUSTOMER, Act::Text { text: "a slip".into(), reply_to: None }).await;
        place.played.act(CUSTOMER, Act::Delete { message: said }).await;
        place.tell(json!({"message": {"mid": "m_early", "is_deleted": true}})).await.unwrap();
        place.tell(json!({"message": {"mid": "m_early", "text": "another"}})).await.unwrap();
        let all = place.messages().await;
        assert_eq!(all.len(), 2, "{channel}");
        for one in &all {
            assert!(one["deleted_at"].is_string() && one["text"] == "", "{channel}: {one}");
        }
    }
}

#[tokio::test]
async fn what_both_routes_tell_is_one_message() {
    for channel in BOTH {
        let place = Place::start(channel).await;
        for _ in 0..2 {
            place.tell(json!({"message": {"mid": "m_1", "text": "hello"}})).await.unwrap();
            place
                .tell(json!({"postback": {"mid": "m_2", "title": "Start", "payload": "START"}}))
                .await
                .unwrap();
        }
        let texts: Vec<_> = place.messages().await.iter().map(|one| one["text"].clone()).collect();
        assert_eq!(texts, ["hello", "Start"], "{channel}");
    }
}

#[tokio::test]
async fn an_echo_that_overtakes_the_answer_is_no_second_message() {
    for channel in BOTH {
        let place = Place::start(channel).await;
        let _work = place.hub.work();
        let conversation = place.played.write(&place.owner, CUSTOMER, "hi").await;
        place.played.simulator.messenger.set_echoes_first(true);
        place.played.simulator.instagram.set_echoes_first(true);
        let path = format!("/conversations/{}/messages", id(&conversation));
        let body = json!({"client_id": "1", "text": "hello"});
        let sent = place.owner.post(&path, &body).await.expect(201).id();
        let now = place.until(&sent, &["sent", "delivered"]).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        let received = place.played.received(CUSTOMER);
        assert_eq!(now["external_id"], received[0].id.as_str(), "{channel}");
        let texts: Vec<_> = place.messages().await.iter().map(|one| one["text"].clone()).collect();
        assert_eq!((texts, received.len()), (vec![json!("hi"), json!("hello")], 1), "{channel}");
    }
}

#[tokio::test]
async fn a_text_with_a_picture_goes_as_two_messages() {
    for channel in BOTH {
        let place = Place::start(channel).await;
        let _work = place.hub.work();
        let conversation = place.played.write(&place.owner, CUSTOMER, "hi").await;
        let mut png = std::io::Cursor::new(Vec::new());
        image::DynamicImage::new_rgb8(30, 30).write_to(&mut png, image::ImageFormat::Png).unwrap();
        let part = reqwest::multipart::Part::bytes(png.into_inner()).file_name("red.png");
        let form = reqwest::multipart::Form::new().part("file", part.mime_str("image/png").unwrap());
        let request = place.owner.request(reqwest::Method::POST, "/attachments").multipart(form);
        let upload = Answer::of(request).await.expect(201).id();
        let body = json!({"client_id": "1", "text": "look", "attachments": [upload]});
        let path = format!("/conversations/{}/messages", id(&conversation));
        place.owner.post(&path, &body).await.expect(201);
        for _ in 0..400 {
            if place.played.received(CUSTOMER).len() == 2 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        let mut received: Vec<_> =
            place.played.received(CUSTOMER).into_iter().map(|one| (one.kind, one.text)).collect();
        received.sort();
        let expected = [("image".to_owned(), String::new()), ("text".to_owned(), "look".to_owned())];
        assert_eq!(received, expected, "{channel}");
    }
}
