//! Colleagues in a played Slack follow conversations with customers on other played platforms, and answer them.

use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};
use simulator::{Act, ChatMessage, Customer, Fault, Media, Player, slack::Posted};

use crate::harness::{
    client::Session,
    hub::{Hub, Work},
    platform::Played,
};

const ROOM: &str = "C0TEAM";
const MARIA: &str = "5511999990001";

/// A customer's platform, and a Slack channel in which its conversations are followed.
struct Office {
    hub: Hub,
    ada: Session,
    slack: Played,
    front: Played,
    customer: &'static str,
    _work: Work,
}

fn person(id: &str, name: &str) -> Customer {
    Customer { id: id.into(), name: name.into(), username: None }
}

/// Her Slack address is a member's.
fn ada() -> Customer {
    person("U0ADALOVE", "Ada L.")
}

/// Nobody in Switchboard.
fn bo() -> Customer {
    person("U0BOBUILD", "Bo Builder")
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

impl Office {
    async fn open(channel: &str, customer: &'static str) -> Self {
        let hub = Hub::start().await;
        let work = hub.work();
        let ada = hub.found("Acme", "ada").await;
        let slack = Played::connect(&hub, &ada, "slack").await;
        let front = Played::connect(&hub, &ada, channel).await;
        let player = &slack.simulator.slack;
        player.open_channel(&slack.account, ROOM, "team");
        player.set_email(&slack.account, "U0ADALOVE", "Ada@Example.org", true);
        let office = Self { hub, ada, slack, front, customer, _work: work };
        office.choose(json!({"place": ROOM})).await;
        office
    }

    async fn choose(&self, choice: Value) {
        self.ada.put(&format!("/integrations/{}/mirror", self.slack.id), &choice).await.expect(200);
    }

    async fn write(&self, text: &str) -> Value {
        self.front.act(self.customer, Act::Text { text: text.into(), reply_to: None }).await;
        self.conversation().await
    }

    async fn conversation(&self) -> Value {
        let listed = self.ada.get("/conversations").await.expect(200).body;
        listed["data"][0].clone()
    }

    async fn messages(&self) -> Vec<Value> {
        let id = self.conversation().await["id"].as_str().unwrap().to_owned();
        let page = self.ada.get(&format!("/conversations/{id}/messages")).await.expect(200).body;
        page["data"].as_array().unwrap().clone()
    }

    /// The message with that text, once the hub has it and `ready` holds.
    async fn message(&self, text: &str, ready: impl Fn(&Value) -> bool) -> Value {
        until(text, async || self.messages().await.into_iter().find(|one| one["text"] == text && ready(one)))
            .await
    }

    fn posted(&self) -> Vec<Posted> {
        self.slack.simulator.slack.posted(&self.slack.account, ROOM)
    }

    /// The post that says so.
    async fn post(&self, part: &str) -> Posted {
        until(part, async || self.posted().into_iter().find(|one| one.ours && one.text.contains(part))).await
    }

    /// The first word of the conversation, with the thread it is in.
    async fn thread(&self, text: &str) -> String {
        self.write(text).await;
        self.post(text).await.thread.expect("it is in a thread")
    }

    async fn say(&self, who: &Customer, text: &str, thread: &str) -> String {
        let slack = &self.slack.simulator.slack;
        slack.say_in(&self.slack.account, who, ROOM, text, Some(thread)).await.unwrap()
    }

    /// All that has happened was followed.
    async fn followed(&self) {
        let mut sql = self.hub.sql().await;
        until("the mirror is up to date", async || {
            let done: bool =
                sqlx::query_scalar("select bool_and(position > (select max(xid) from events)) from mirrors")
                    .fetch_one(&mut sql)
                    .await
                    .unwrap();
            done.then_some(())
        })
        .await;
    }

    async fn received(&self, text: &str) -> ChatMessage {
        let found = async || self.front.received(self.customer).into_iter().find(|one| one.text == text);
        until(&format!("the customer has {text}"), found).await
    }
}

#[tokio::test]
async fn a_conversation_is_a_thread_and_the_thread_answers() {
    let office = Office::open("whatsapp", MARIA).await;
    office.write("where is <!channel> my parcel?").await;
    let first = office.post("my parcel").await;
    let thread = first.thread.clone().expect("it is in a thread");
    let root = office.posted().into_iter().find(|one| one.id == thread).expect("the thread's beginning");
    let id = office.conversation().await["id"].as_str().unwrap().to_owned();
    assert!(
        root.text.contains(&format!("Name of {MARIA}")) && root.text.contains("WhatsApp"),
        "{}",
        root.text
    );
    assert!(root.text.contains(&format!("/inbox/{id}")), "{}", root.text);
    assert!(first.text.contains("&lt;!channel&gt;"), "{}", first.text);

    office.say(&ada(), "on its *way*", &thread).await;
    office.received("on its *way*").await;
    let sent = office.message("on its *way*", |_| true).await;
    assert_eq!((&sent["sender"]["kind"], &sent["sender"]["name"]), (&json!("member"), &json!("ada")));
    assert_eq!(sent["sender"]["id"], json!(office.ada.user_id));

    office.say(&bo(), "tomorrow", &thread).await;
    office.received("tomorrow").await;
    let sent = office.message("tomorrow", |_| true).await;
    assert_eq!(
        (&sent["sender"]["kind"], &sent["sender"]["name"]),
        (&json!("business"), &json!("Bo Builder"))
    );

    office.say(&ada(), "// he is the third today", &thread).await;
    let note = office.message("he is the third today", |_| true).await;
    assert_eq!(note["direction"], "internal");

    // From elsewhere it comes into the thread; what was written there does not come again.
    let path = format!("/conversations/{id}/messages");
    office
        .ada
        .post(&path, &json!({"client_id": "c1", "text": "anything else?", "force": true}))
        .await
        .expect(201);
    let other = office.post("anything else?").await;
    assert_eq!(other.thread, Some(thread.clone()));
    let ours: Vec<_> = office.posted().into_iter().filter(|one| one.ours).collect();
    assert_eq!(ours.len(), 3, "{:?}", ours.iter().map(|one| &one.text).collect::<Vec<_>>());
    assert_eq!(office.front.received(MARIA).len(), 3);
    let conversations = office.ada.get("/conversations").await.expect(200).body;
    assert_eq!(conversations["data"].as_array().unwrap().len(), 1, "colleagues are no customers");
}

#[tokio::test]
async fn who_has_a_conversation_and_that_it_is_closed_is_told() {
    let office = Office::open("whatsapp", MARIA).await;
    let thread = office.thread("hello").await;
    let id = office.conversation().await["id"].as_str().unwrap().to_owned();
    let path = format!("/conversations/{id}");
    office
        .ada
        .patch(&path, &json!({"assignee_id": office.ada.user_id, "priority": "high"}))
        .await
        .expect(200);
    office.ada.patch(&path, &json!({"status": "closed"})).await.expect(200);
    assert_eq!(office.post("took this conversation").await.thread, Some(thread.clone()));
    assert_eq!(office.post("closed this conversation").await.thread, Some(thread));
    assert!(office.posted().iter().all(|one| !one.text.contains("priority")));
}

#[tokio::test]
async fn edits_and_deletions_follow_in_both_directions() {
    let office = Office::open("telegram", "7001").await;
    let thread = office.thread("helo").await;
    let theirs = office.front.player.chat(&office.front.account, "7001")[0].id.clone();
    office.front.act("7001", Act::Edit { message: theirs, text: "hello".into() }).await;
    let edited = office.post("hello").await;
    assert!(edited.text.contains("edited"), "{}", edited.text);

    let said = office.say(&ada(), "gut day", &thread).await;
    office.received("gut day").await;
    let slack = &office.slack;
    let act = Act::Edit { message: said.clone(), text: "good day".into() };
    slack.player.act(&slack.account, &ada(), act).await.unwrap();
    office.received("good day").await;
    office.message("good day", |one| !one["edited_at"].is_null()).await;
    slack.player.act(&slack.account, &ada(), Act::Delete { message: said }).await.unwrap();
    until("the customer sees it no more", async || {
        office.front.received("7001").iter().all(|one| one.deleted || one.text != "good day").then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_change_that_the_channel_cannot_follow_is_whispered() {
    let office = Office::open("whatsapp", MARIA).await;
    let thread = office.thread("hello").await;
    let said = office.say(&bo(), "gut day", &thread).await;
    office.received("gut day").await;
    let slack = &office.slack;
    let act = Act::Edit { message: said, text: "good day".into() };
    slack.player.act(&slack.account, &bo(), act).await.unwrap();
    let (to, whisper) =
        until("a whisper", async || slack.simulator.slack.whispers(&slack.account, ROOM).pop()).await;
    assert_eq!(to, "U0BOBUILD");
    assert!(whisper["text"].as_str().unwrap().contains("not carried over"), "{whisper}");
    assert_eq!(format!("{ROOM}:{}", whisper["thread_ts"].as_str().unwrap()), thread);
}

#[tokio::test]
async fn a_word_told_of_fifty_times_at_two_servers_is_sent_once() {
    let office = Office::open("whatsapp", MARIA).await;
    let twin = office.hub.twin().await;
    let _more = twin.work();
    let thread = office.thread("hello").await;
    let said = office.say(&ada(), "once", &thread).await;
    let event = office.posted().into_iter().find(|one| one.id == said).unwrap().event;
    let mut mention = event.clone();
    mention["type"] = json!("app_mention");
    let (slack, account) = (&office.slack.simulator.slack, &office.slack.account);
    for url in [&office.hub.url, &twin.url] {
        slack.enter_webhook(account, &format!("{url}/webhooks/slack"));
        let repeats =
            (0..25).map(|n| slack.event(account, if n % 2 == 0 { event.clone() } else { mention.clone() }));
        assert!(join_all(repeats).await.iter().all(Result::is_ok));
    }
    office.received("once").await;
    // Our own posts come back as well, as Slack tells apps of what they wrote, and other apps write, too.
    for own in office.posted().into_iter().filter(|one| one.ours) {
        slack.event(account, own.event).await.unwrap();
    }
    let bot = json!({"type": "message", "subtype": "bot_message", "bot_id": "B0OTHER", "username": "Weather", "text": "rain",
        "channel": ROOM, "channel_type": "channel", "ts": "1760000000.000100", "event_ts": "1760000000.000100",
        "thread_ts": thread.split(':').nth(1).unwrap()});
    slack.event(account, bot).await.unwrap();
    slack.say_in(account, &bo(), ROOM, "lunch?", None).await.unwrap();
    office.say(&bo(), "the last word", &thread).await;
    office.received("the last word").await;
    let texts: Vec<_> = office.front.received(MARIA).into_iter().map(|one| one.text).collect();
    assert_eq!(texts, ["once", "the last word"]);
    assert_eq!(office.messages().await.len(), 3);
    assert_eq!(office.posted().iter().filter(|one| one.ours).count(), 2);
}

#[tokio::test]
async fn what_cannot_be_sent_is_said_in_the_thread() {
    let office = Office::open("whatsapp", MARIA).await;
    let thread = office.thread("hello").await;
    let fault = Fault::Refuse { code: 131_026, retry_after: None };
    office.front.simulator.whatsapp.faults().next("messages", fault);
    office.say(&bo(), "are you there?", &thread).await;
    let told = office.post("did not reach the customer").await;
    assert!(told.text.contains("<@U0BOBUILD>") && told.text.contains("are you there?"), "{}", told.text);

    sqlx::query("update conversations set window_closes_at = now() - interval '1 hour'")
        .execute(&mut office.hub.sql().await)
        .await
        .unwrap();
    office.say(&ada(), "too late", &thread).await;
    let told = office.post("This was not sent").await;
    assert!(told.text.contains("<@U0ADALOVE>") && told.text.contains("only a template"), "{}", told.text);
    assert_eq!(told.thread, Some(thread.clone()));

    office.hub.invite(&office.ada, "vera", "viewer").await;
    office.slack.simulator.slack.set_email(&office.slack.account, "U0VERA", "vera@example.org", true);
    office.say(&person("U0VERA", "Vera"), "me too", &thread).await;
    office.post("Your role").await;
    assert!(office.front.received(MARIA).is_empty());
}

/// An answer of Slack's that is lost leaves open whether the post is there: it is looked for.
#[tokio::test]
async fn a_lost_answer_does_not_double_a_post() {
    let office = Office::open("whatsapp", MARIA).await;
    let faults = office.slack.simulator.slack.faults();
    faults.next("chat.postMessage", Fault::CutAfter);
    let thread = office.thread("hello").await;
    faults.next("chat.postMessage", Fault::CutAfter);
    office.write("anybody?").await;
    office.post("anybody?").await;
    office.write("well then").await;
    office.post("well then").await;
    let ours: Vec<_> = office.posted().into_iter().filter(|one| one.ours).map(|one| one.text).collect();
    assert_eq!(ours.len(), 4, "{ours:?}");
    assert!(
        ours[1].contains("hello") && ours[2].contains("anybody?") && ours[3].contains("well then"),
        "{ours:?}"
    );
    assert!(office.posted().iter().skip(1).all(|one| one.thread.as_ref() == Some(&thread)));
}

#[tokio::test]
async fn files_go_both_ways() {
    let office = Office::open("whatsapp", MARIA).await;
    let thread = office.thread("a picture comes").await;
    let media = |name: &str, caption: Option<&str>| Media {
        kind: "document".into(),
        file_name: name.into(),
        mime: "application/pdf".into(),
        bytes: bytes::Bytes::from_static(b"%PDF-1.4 something"),
        caption: caption.map(str::to_owned),
    };
    office.front.act(MARIA, Act::Media(media("receipt.pdf", None))).await;
    let file = until("the file is in the thread", async || {
        office.posted().into_iter().find(|one| one.ours && one.files == ["receipt.pdf"])
    })
    .await;
    assert_eq!(file.thread, Some(thread.clone()));
    let slack = &office.slack.simulator.slack;
    slack
        .share_in(&office.slack.account, &ada(), &media("offer.pdf", Some("our offer")), &thread)
        .await
        .unwrap();
    let sent = office.received("our offer").await;
    assert_eq!(sent.file_name.as_deref(), Some("offer.pdf"));
}

#[tokio::test]
async fn the_choice_is_kept_to_and_ends() {
    let office = Office::open("whatsapp", MARIA).await;
    let path = format!("/integrations/{}/mirror", office.slack.id);
    let places = office.ada.get(&format!("{path}/places")).await.expect(200).body;
    assert_eq!(places["data"], json!([{"id": ROOM, "name": "#team"}]));
    office.ada.put(&path, &json!({"place": "C0NOWHERE"})).await.expect_problem(422, "invalid");
    office
        .ada
        .put(&path, &json!({"place": ROOM, "channels": ["pigeon"]}))
        .await
        .expect_problem(422, "invalid");
    let team = uuid::Uuid::now_v7();
    office.ada.put(&path, &json!({"place": ROOM, "team_ids": [team]})).await.expect_problem(422, "invalid");
    let front = format!("/integrations/{}/mirror", office.front.id);
    office.ada.put(&front, &json!({"place": ROOM})).await.expect_problem(422, "not_supported");
    let agent = office.hub.invite(&office.ada, "ben", "agent").await;
    agent.put(&path, &json!({"place": ROOM})).await.expect_problem(403, "forbidden");

    office.choose(json!({"place": ROOM, "channels": ["telegram"]})).await;
    office.write("not for them").await;
    office.followed().await;
    office.choose(json!({"place": ROOM, "channels": ["whatsapp"]})).await;
    office.thread("for them").await;
    assert!(office.posted().iter().all(|one| !one.text.contains("not for them")));
    let chosen = office.ada.get(&path).await.expect(200).body;
    assert_eq!((&chosen["place"]["name"], &chosen["channels"]), (&json!("#team"), &json!(["whatsapp"])));

    office.ada.delete(&path).await.expect(204);
    office.ada.get(&path).await.expect_problem(404, "not_found");
    office.write("nobody follows").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(office.posted().iter().all(|one| !one.text.contains("nobody follows")));
    assert!(office.front.received(MARIA).is_empty());
}
