//! What a connected number brings along from before: past chats and the phone's address book.

mod numbers;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use serde_json::{Value, json};
use simulator::{Customer, Media, whatsapp::Remembered};

use crate::harness::{
    client::Session,
    hub::Hub,
    inbox::{id, ids},
    platform::{Played, Telegram},
};

const PHONE: &str = "4915100000001";

struct Phone {
    hub: Hub,
    owner: Session,
    played: Played,
    now: DateTime<Utc>,
}

impl Phone {
    async fn start() -> Self {
        let hub = Hub::start().await;
        let owner = hub.found("Acme", "ada").await;
        let played = Played::connect(&hub, &owner, "whatsapp").await;
        Self { hub, owner, played, now: Utc::now() }
    }

    /// So many minutes ago.
    fn at(&self, minutes: i64) -> DateTime<Utc> {
        self.now - TimeDelta::minutes(minutes)
    }

    async fn share(&self, messages: &[Remembered], chunk: u32) {
        let chats = [(greta(), messages.to_vec())];
        let whatsapp = &self.played.simulator.whatsapp;
        whatsapp.share_history(&self.played.account, &chats, (chunk, 50)).await.unwrap();
    }

    async fn conversations(&self) -> Vec<Value> {
        self.owner.get("/conversations?limit=50").await.expect(200).body["data"].as_array().unwrap().clone()
    }

    /// Oldest first; the numbers have no gap.
    async fn messages(&self, conversation: &Value) -> Vec<Value> {
        let path = format!("/conversations/{}/messages?direction=newer&limit=200", id(conversation));
        let messages = self.owner.get(&path).await.expect(200).body["data"].as_array().unwrap().clone();
        let seqs: Vec<_> = messages.iter().map(|one| one["seq"].as_u64().unwrap() as usize).collect();
        assert_eq!(seqs, (1..=messages.len()).collect::<Vec<_>>());
        messages
    }

    /// Kinds of everything that was told of conversations, in order.
    async fn told(&self) -> Vec<String> {
        sqlx::query_scalar("select kind from events where conversation_id is not null order by id")
            .fetch_all(&mut self.hub.sql().await)
            .await
            .unwrap()
    }
}

fn greta() -> Customer {
    Customer { id: PHONE.to_owned(), name: format!("Name of {PHONE}"), username: None }
}

/// A PNG of 2 × 1 pixels.
fn png() -> bytes::Bytes {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::DynamicImage::new_rgb8(2, 1).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner().into()
}

fn texts(messages: &[Value]) -> Vec<&str> {
    messages.iter().map(|one| one["text"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn chats_of_the_past_become_a_closed_conversation_in_the_order_of_their_time() {
    let phone = Phone::start().await;
    let (asked, answered) = (
        Remembered::text(true, "do you repair bikes?", phone.at(5000)),
        Remembered::text(false, "yes", phone.at(4990)),
    );
    let newer = [
        Remembered::text(true, "great", phone.at(4000)),
        Remembered::text(true, "tomorrow?", phone.at(3999)),
    ];
    phone.share(&newer, 1).await;
    for _ in 0..2 {
        phone.share(&[asked.clone(), answered.clone()], 2).await;
    }

    let all = phone.conversations().await;
    assert_eq!(all.len(), 1);
    let conversation = &all[0];
    assert_eq!(conversation["status"], "closed");
    assert_eq!(
        (conversation["unread_count"].as_i64(), conversation["last_seq"].as_i64()),
        (Some(0), Some(4))
    );
    assert_eq!(conversation["last_message"]["text"], "tomorrow?");
    let listed_at: DateTime<Utc> = conversation["last_message_at"].as_str().unwrap().parse().unwrap();
    assert_eq!(listed_at.timestamp(), phone.at(3999).timestamp(), "it stands where it belongs");
    let messages = phone.messages(conversation).await;
    assert_eq!(texts(&messages), ["do you repair bikes?", "yes", "great", "tomorrow?"]);
    assert!(messages.iter().all(|one| one["past"] == true && one["late"] == false));
    assert_eq!((&messages[1]["direction"], &messages[1]["status"]), (&json!("outbound"), &json!("read")));
    assert_eq!((&messages[0]["direction"], &messages[0]["status"]), (&json!("inbound"), &json!(null)));
    assert_eq!(
        phone.told().await,
        ["conversation_updated"; 2],
        "nobody is notified, and a repeat says nothing"
    );

    let opened = phone.played.write(&phone.owner, PHONE, "here I am again").await;
    assert_eq!(id(&opened), id(conversation), "one thread goes on");
    assert_eq!((&opened["status"], &opened["unread_count"]), (&json!("open"), &json!(1)));
    assert_eq!(phone.messages(&opened).await[4]["past"], false);
    let notices = phone.owner.get(&format!("/integrations/{}", phone.played.id)).await.expect(200).body;
    assert!(notices["notices"].to_string().contains("chats 1, messages 2, 50 % done"), "{notices}");
}

#[tokio::test]
async fn the_past_stands_at_its_place_among_a_contacts_other_channels() {
    let phone = Phone::start().await;
    let telegram = Telegram::connect(&phone.hub, &phone.owner).await;
    let ada = json!({"id": 77, "is_bot": false, "type": "private", "first_name": "Ada"});
    let update = json!({"update_id": 1, "message": {"message_id": 1, "date": phone.at(3000).timestamp(),
        "text": "in between", "chat": ada, "from": ada}});
    assert_eq!(telegram.post(&update).await, 200);
    let other = phone.conversations().await.remove(0);
    let conversation = phone.played.write(&phone.owner, PHONE, "now").await;
    let contact = format!("/contacts/{}", id(&conversation["contact"]));
    let merge = json!({"contact_id": id(&other["contact"])});
    phone.owner.post(&format!("{contact}/merge"), &merge).await.expect(200);
    let past = [
        Remembered::text(true, "long ago", phone.at(5000)),
        Remembered::text(true, "before that", phone.at(5001)),
        Remembered::text(false, "then", phone.at(1000)),
    ];
    phone.share(&past, 1).await;
    let (mut line, mut cursor) = (Vec::new(), String::new());
    for _ in 0..5 {
        let path = format!("{contact}/timeline?limit=1{cursor}");
        let page = phone.owner.get(&path).await.expect(200).body;
        line.push(page["data"][0]["text"].as_str().unwrap().to_owned());
        cursor = page["next_cursor"].as_str().map_or_else(String::new, |next| format!("&cursor={next}"));
    }
    assert_eq!(cursor, "");
    assert_eq!(line, ["now", "then", "in between", "long ago", "before that"]);
}

#[tokio::test]
async fn the_past_stands_before_what_the_hub_saw_itself_and_moves_every_mark() {
    let phone = Phone::start().await;
    let bia = phone.hub.invite(&phone.owner, "bia", "agent").await;
    phone.played.write(&phone.owner, PHONE, "one").await;
    let conversation = phone.played.write(&phone.owner, PHONE, "two").await;
    let path = format!("/conversations/{}", id(&conversation));
    bia.post(&format!("{path}/read"), &json!({"seq": 2})).await.expect(200);
    phone.played.write(&phone.owner, PHONE, "three").await;
    phone
        .owner
        .post(&format!("{path}/messages"), &json!({"client_id": "n", "note": true, "text": "who is it?"}))
        .await
        .expect(201);
    let before = phone.told().await.len();
    let version = phone.owner.get(&path).await.expect(200).body["version"].clone();

    let late = [Remembered::text(true, "b", phone.at(300)), Remembered::text(false, "c", phone.at(200))];
    phone.share(&late, 2).await;
    phone.share(&[Remembered::text(true, "a", phone.at(400))], 1).await;

    let after = phone.owner.get(&path).await.expect(200).body;
    assert_eq!(after["status"], "open");
    assert_eq!((after["unread_count"].as_i64(), after["last_seq"].as_i64()), (Some(1), Some(7)));
    assert_eq!(after["last_message"]["text"], "who is it?");
    assert_ne!(after["version"], version);
    let messages = phone.messages(&after).await;
    assert_eq!(texts(&messages), ["a", "b", "c", "one", "two", "three", "who is it?"]);
    assert_eq!(after["read_seq"], 5, "what was read is read");
    let marks: Vec<(i64, bool)> = sqlx::query_as("select seq, user_id::text = $1 from read_marks")
        .bind(&bia.user_id)
        .fetch_all(&mut phone.hub.sql().await)
        .await
        .unwrap();
    assert!(marks.contains(&(5, true)), "{marks:?}");
    assert_eq!(phone.told().await[before..], ["conversation_updated", "conversation_updated"]);
    let renumbered: bool = sqlx::query_scalar(
        "select (payload::jsonb ->> 'renumbered')::boolean from events where conversation_id is not null order by id desc limit 1",
    )
    .fetch_one(&mut phone.hub.sql().await)
    .await
    .unwrap();
    assert!(renumbered);
}

#[tokio::test]
async fn chunks_and_news_at_once_leave_no_gap_and_no_repeat() {
    let phone = Phone::start().await;
    let all: Vec<Remembered> =
        (0..60).map(|n| Remembered::text(n % 2 == 0, &format!("past {n:02}"), phone.at(1000 - n))).collect();
    let chunks = (0..6).rev().map(async |n: usize| {
        // Neighbours overlap.
        let chunk = &all[(n * 10).saturating_sub(3)..n * 10 + 10];
        phone.share(chunk, u32::try_from(n).unwrap()).await;
    });
    let news = (0..6).map(async |n: usize| {
        let act = simulator::Act::Text { text: format!("now {n}"), reply_to: None };
        phone.played.act(PHONE, act).await;
    });
    tokio::join!(join_all(chunks), join_all(news));

    let found = phone.conversations().await;
    assert!(found.len() <= 2, "{found:#?}");
    let current = found.iter().find(|one| one["status"] == "open").unwrap();
    assert_eq!(current["unread_count"], 6);
    let messages = phone.messages(current).await;
    let (past, new): (Vec<_>, Vec<_>) = messages.into_iter().partition(|one| one["past"] == true);
    assert_eq!(new.len(), 6);
    assert_eq!(texts(&past), (0..60).map(|n| format!("past {n:02}")).collect::<Vec<_>>());
    assert!(
        past.iter().map(|one| one["seq"].as_i64()).max() < new.iter().map(|one| one["seq"].as_i64()).min()
    );
}

#[tokio::test]
async fn a_message_that_the_hub_saw_itself_stays_news() {
    let phone = Phone::start().await;
    let conversation = phone.played.write(&phone.owner, PHONE, "hello").await;
    let mine = phone.messages(&conversation).await[0].clone();
    let mut same = Remembered::text(true, "hello", phone.at(1));
    same.id = mine["external_id"].as_str().unwrap().to_owned();
    phone.share(&[same], 1).await;
    let messages = phone.messages(&conversation).await;
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0]["past"], false);
}

#[tokio::test]
async fn a_file_of_the_past_comes_behind_its_placeholder() {
    let phone = Phone::start().await;
    let _work = phone.hub.work();
    let picture = Media {
        kind: "image".into(),
        file_name: "valve.png".into(),
        mime: "image/png".into(),
        bytes: png(),
        caption: None,
    };
    let file = Remembered { file: Some(picture), ..Remembered::text(true, "the valve", phone.at(60)) };
    phone.share(std::slice::from_ref(&file), 1).await;
    let conversation = phone.conversations().await.remove(0);
    let placeholder = phone.messages(&conversation).await.remove(0);
    assert_eq!(placeholder["kind"], "unsupported");
    assert_eq!(placeholder["text"], "A file that the phone has not shared");
    for _ in 0..2 {
        phone.played.simulator.whatsapp.share_file(&phone.played.account, &greta(), &file).await.unwrap();
    }
    for attempt in 0.. {
        let messages = phone.messages(&conversation).await;
        assert_eq!(messages.len(), 1);
        let now = &messages[0];
        assert_eq!(
            (&now["id"], &now["kind"], &now["text"]),
            (&placeholder["id"], &json!("image"), &json!("the valve"))
        );
        assert_eq!(now["attachments"].as_array().unwrap().len(), 1);
        if now["attachments"][0]["state"] == "stored" {
            break;
        }
        assert!(attempt < 400, "{now}");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    let closed = phone.conversations().await.remove(0);
    assert_eq!((&closed["status"], &closed["unread_count"]), (&json!("closed"), &json!(0)));
}

#[tokio::test]
async fn nobody_is_remembered_who_was_blocked_or_deleted() {
    let phone = Phone::start().await;
    let conversation = phone.played.write(&phone.owner, PHONE, "hello").await;
    let contact = format!("/contacts/{}", id(&conversation["contact"]));
    phone.owner.delete(&contact).await.expect(204);
    phone.share(&[Remembered::text(true, "old", phone.at(60))], 1).await;
    let deleted: bool = sqlx::query_scalar("select deleted_at is not null from contacts")
        .fetch_one(&mut phone.hub.sql().await)
        .await
        .unwrap();
    assert!(deleted, "its past brings nobody back");
    let kept: i64 = sqlx::query_scalar("select count(*) from messages where past")
        .fetch_one(&mut phone.hub.sql().await)
        .await
        .unwrap();
    assert_eq!(kept, 0);
}

#[tokio::test]
async fn the_address_book_names_people_until_somebody_here_does() {
    let phone = Phone::start().await;
    let (owner, played) = (&phone.owner, &phone.played);
    let share = async |entries: &[(&str, Option<&str>)]| {
        played.simulator.whatsapp.share_address_book(&played.account, entries).await.unwrap();
    };
    let name = async || {
        let listed = owner.get("/contacts").await.expect(200).body;
        assert_eq!(ids(&listed).len(), 1, "{listed}");
        listed["data"][0]["name"].as_str().unwrap().to_owned()
    };
    share(&[(PHONE, Some("Greta from the corner"))]).await;
    assert_eq!(name().await, "Greta from the corner");
    assert!(phone.conversations().await.is_empty(), "nothing was said");
    played.write(owner, PHONE, "hello").await;
    assert_eq!(name().await, "Greta from the corner", "what she calls herself comes second");
    share(&[(PHONE, Some("Greta Lindqvist"))]).await;
    assert_eq!(name().await, "Greta Lindqvist");
    share(&[(PHONE, None)]).await;
    played.write(owner, PHONE, "still me").await;
    assert_eq!(name().await, format!("Name of {PHONE}"));
    let contact = owner.get("/contacts").await.expect(200).body["data"][0].clone();
    let path = format!("/contacts/{}", id(&contact));
    owner.patch(&path, &json!({"name": "Ms Lindqvist", "version": contact["version"]})).await.expect(200);
    share(&[(PHONE, Some("Greta again")), ("4915100000002", None)]).await;
    assert_eq!(name().await, "Ms Lindqvist");
}
