//! Telephone calls through Twilio, from end to end: TwiML is fetched and followed, and what happens stands in the conversation.

use std::time::Duration;

use serde_json::{Value, json};
use simulator::{Act, PhoneAct};

use crate::harness::{client::Session, hub::Hub, platform::Played};

const CUSTOMER: &str = "4915100000001";
const CUSTOMER_NUMBER: &str = "+4915100000001";

struct Desk {
    hub: Hub,
    owner: Session,
    played: Played,
    /// What all browsers are called by.
    shared: String,
}

impl Desk {
    async fn start() -> Self {
        let hub = Hub::start().await;
        let owner = hub.found("Acme", "ada").await;
        let played = Played::connect(&hub, &owner, "voice").await;
        played.simulator.twilio.set_second(Duration::from_millis(25));
        let shared = format!("client:desk_{}", played.account.trim_start_matches('+'));
        Self { hub, owner, played, shared }
    }

    async fn phone(&self, act: PhoneAct) -> String {
        self.played.act(CUSTOMER, Act::Phone(act)).await
    }

    async fn conversation(&self) -> Value {
        let listed = self.owner.get("/conversations?channel=voice").await.expect(200).body;
        listed["data"][0].clone()
    }

    /// The newest call, as soon as it is in that state.
    async fn call(&self, state: &str) -> Value {
        let mut last = Value::Null;
        for _ in 0..800 {
            let conversation = self.conversation().await;
            if let Some(id) = conversation["id"].as_str() {
                let path = format!("/conversations/{id}/messages?limit=20");
                let all = self.owner.get(&path).await.expect(200).body["data"].as_array().unwrap().clone();
                last = all.into_iter().find(|message| message["kind"] == "call").unwrap_or_default();
                if last["parts"][0]["state"] == state {
                    return last;
                }
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!(
            "no call became {state}: {last}, heard: {:?}",
            self.played.player.chat(&self.played.account, CUSTOMER)
        )
    }

    async fn begin(&self) -> (String, String) {
        let id = self.conversation().await["id"].as_str().unwrap().to_owned();
        let body = json!({"client_id": uuid::Uuid::now_v7().to_string()});
        let message = self.owner.post(&format!("/conversations/{id}/calls"), &body).await.expect(201).id();
        let me = self.owner.post(&format!("/integrations/{}/voice-token", self.played.id), &json!({})).await;
        let me = me.expect(200).body["own"]["identity"].as_str().unwrap().to_owned();
        (message, format!("client:{me}"))
    }
}

#[tokio::test]
async fn a_call_is_taken_in_the_browser_and_ends() {
    let desk = Desk::start().await;
    desk.phone(PhoneAct::Call).await;
    let message = desk.call("ringing").await;
    assert_eq!((&message["kind"], &message["direction"]), (&json!("call"), &json!("inbound")));
    assert_eq!(desk.conversation().await["contact"]["phone"], CUSTOMER_NUMBER);
    assert!(desk.played.simulator.twilio.pick_up(&desk.shared).await);
    let message = desk.call("in_progress").await;
    // What rings in all browsers is nobody's: whoever took it there says so.
    assert_eq!(message["parts"][0]["answered_by"], Value::Null);
    let here = json!({"to": "here"});
    let path = format!("/calls/{}/answer", message["id"].as_str().unwrap());
    let taken = desk.owner.post(&path, &here).await.expect(202).body;
    assert_eq!(taken["parts"][0]["answered_by"], desk.owner.user_id.as_str());
    let bia = desk.hub.invite(&desk.owner, "bia", "agent").await;
    bia.post(&path, &here).await.expect_problem(409, "call_taken");
    desk.phone(PhoneAct::HangUp).await;
    let message = desk.call("completed").await;
    assert!(message["text"].as_str().unwrap().starts_with("Incoming call"), "{message}");
}

#[tokio::test]
async fn the_first_who_takes_a_call_has_it_at_their_own_telephone() {
    let desk = Desk::start().await;
    let bia = desk.hub.invite(&desk.owner, "bia", "agent").await;
    let vera = desk.hub.invite(&desk.owner, "vera", "viewer").await;
    let twilio = desk.played.simulator.twilio.clone();
    desk.phone(PhoneAct::Call).await;
    let id = desk.call("ringing").await["id"].as_str().unwrap().to_owned();
    let live = bia.get("/calls").await.expect(200).body;
    assert_eq!(live["data"][0]["message"]["id"], id.as_str());
    assert_eq!(live["data"][0]["conversation"]["contact"]["phone"], CUSTOMER_NUMBER);
    let path = format!("/calls/{id}/answer");
    vera.post(&path, &json!({})).await.expect_problem(403, "forbidden");
    bia.post(&path, &json!({"to": "0151"})).await.expect_problem(422, "invalid");
    let mobile = "+4915199999999";
    let taken = bia.post(&path, &json!({"to": mobile})).await.expect(202).body;
    assert_eq!(taken["parts"][0]["answered_by"], bia.user_id.as_str());
    desk.owner.post(&path, &json!({})).await.expect_problem(409, "call_taken");
    assert!(twilio.pick_up(mobile).await, "the call is led to the telephone");
    assert!(twilio.press(mobile, '1').await, "which is asked whether a person holds it");
    let call = desk.call("in_progress").await;
    assert_eq!(call["parts"][0]["answered_by"], mobile);
    desk.owner.post(&format!("/calls/{id}/hangup"), &json!({})).await.expect(202);
    desk.call("completed").await;
    assert!(bia.get("/calls").await.expect(200).body["data"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn a_call_that_cannot_be_led_away_rings_for_the_others_as_before() {
    let desk = Desk::start().await;
    desk.phone(PhoneAct::Call).await;
    let id = desk.call("ringing").await["id"].as_str().unwrap().to_owned();
    let refusal = simulator::Fault::Refuse { code: 21220, retry_after: None };
    desk.played.simulator.twilio.faults().next("change_call", refusal);
    let path = format!("/calls/{id}/answer");
    desk.owner.post(&path, &json!({})).await.expect_problem(422, "call_refused");
    assert_eq!(desk.call("ringing").await["parts"][0]["answered_by"], Value::Null);
    let bia = desk.hub.invite(&desk.owner, "bia", "agent").await;
    let taken = bia.post(&path, &json!({"to": "browser"})).await.expect(202).body;
    assert_eq!(taken["parts"][0]["answered_by"], bia.user_id.as_str());
    let own = format!("client:member_{}", bia.user_id.replace('-', ""));
    assert!(desk.played.simulator.twilio.pick_up(&own).await, "it rings in the member's own browser");
    assert_eq!(desk.call("in_progress").await["parts"][0]["answered_by"], bia.user_id.as_str());
}

#[tokio::test]
async fn a_missed_call_is_told_to_those_who_could_have_taken_it() {
    let desk = Desk::start().await;
    let bia = desk.hub.invite(&desk.owner, "bia", "agent").await;
    desk.phone(PhoneAct::Call).await;
    desk.call("ringing").await;
    desk.phone(PhoneAct::HangUp).await;
    desk.call("no_answer").await;
    let told: Vec<(String, Vec<uuid::Uuid>)> =
        sqlx::query_as("select payload::jsonb ->> 'kind', audience from events where kind = 'notification'")
            .fetch_all(&mut desk.hub.sql().await)
            .await
            .unwrap();
    let mut everybody: Vec<uuid::Uuid> =
        [&desk.owner.user_id, &bia.user_id].map(|id| id.parse().unwrap()).to_vec();
    everybody.sort();
    let (kind, mut audience) = told.into_iter().next().unwrap();
    audience.sort();
    assert_eq!((kind.as_str(), audience), ("missed_call", everybody));
}

#[tokio::test]
async fn those_who_take_calls_see_what_they_can_take_them_on() {
    let desk = Desk::start().await;
    let phones = desk.owner.get("/phones").await.expect(200).body;
    let phone = &phones["data"][0];
    assert_eq!((&phone["integration_id"], &phone["browser"]), (&json!(desk.played.id), &json!(true)));
    // The played Twilio stands behind an address of its own, which Twilio's library in the browser does not know.
    assert_eq!((&phone["number"], &phone["library"]), (&json!(desk.played.account), &Value::Null));
    let vera = desk.hub.invite(&desk.owner, "vera", "viewer").await;
    vera.get("/phones").await.expect_problem(403, "forbidden");
    let stranger = desk.hub.found("Other", "eve").await;
    assert_eq!(stranger.get("/phones").await.expect(200).body["data"], json!([]));
}

#[tokio::test]
async fn a_call_that_nobody_takes_may_leave_a_message() {
    let desk = Desk::start().await;
    let _work = desk.hub.work();
    desk.phone(PhoneAct::Call).await;
    desk.phone(PhoneAct::Speak { seconds: 7 }).await;
    let message = desk.call("voicemail").await;
    assert_eq!(message["parts"][0]["duration_seconds"], 7);
    for _ in 0..400 {
        let now = desk.call("voicemail").await;
        if now["attachments"][0]["state"] == "stored" {
            assert_eq!(now["attachments"].as_array().unwrap().len(), 1);
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("the recording was not fetched: {}", desk.call("voicemail").await);
}

#[tokio::test]
async fn a_caller_who_hangs_up_is_a_missed_call() {
    let desk = Desk::start().await;
    desk.phone(PhoneAct::Call).await;
    desk.call("ringing").await;
    desk.phone(PhoneAct::HangUp).await;
    assert_eq!(desk.call("no_answer").await["text"], "Missed call");
    let conversation = desk.conversation().await;
    assert_eq!((&conversation["status"], &conversation["unread_count"]), (&json!("open"), &json!(1)));
}

#[tokio::test]
async fn a_customer_is_called_held_and_taken_back() {
    let desk = Desk::start().await;
    let _work = desk.hub.work();
    let twilio = desk.played.simulator.twilio.clone();
    desk.phone(PhoneAct::Call).await;
    desk.call("ringing").await;
    desk.phone(PhoneAct::HangUp).await;
    desk.call("no_answer").await;

    let (message, me) = desk.begin().await;
    assert!(twilio.pick_up(&me).await, "the member's browser rings first");
    assert!(twilio.pick_up(CUSTOMER_NUMBER).await, "then the customer");
    let call = desk.call("in_progress").await;
    assert_eq!(call["id"], message.as_str());
    assert_eq!(call["parts"][0]["direction"], "outbound");
    desk.owner.post(&format!("/calls/{message}/hold"), &json!({})).await.expect(202);
    desk.call("on_hold").await;
    desk.owner.post(&format!("/calls/{message}/resume"), &json!({})).await.expect(202);
    assert!(twilio.pick_up(&desk.shared).await);
    desk.call("in_progress").await;
    desk.owner.post(&format!("/calls/{message}/hangup"), &json!({})).await.expect(202);
    let call = desk.call("completed").await;
    assert!(call["text"].as_str().unwrap().starts_with("Outgoing call"), "{call}");
    desk.owner.post(&format!("/calls/{message}/hold"), &json!({})).await.expect_problem(409, "call_ended");
}

#[tokio::test]
async fn a_member_who_does_not_answer_calls_nobody() {
    let desk = Desk::start().await;
    let _work = desk.hub.work();
    desk.phone(PhoneAct::Call).await;
    desk.call("ringing").await;
    desk.phone(PhoneAct::HangUp).await;
    desk.call("no_answer").await;
    desk.begin().await;
    let call = desk.call("cancelled").await;
    assert_eq!(call["parts"][0]["reason"], "Your telephone was not answered.");
    assert!(!desk.played.simulator.twilio.telephones().contains(&CUSTOMER_NUMBER.to_owned()));
}

#[tokio::test]
async fn browsers_become_telephones_for_those_who_may_write() {
    let desk = Desk::start().await;
    let path = format!("/integrations/{}/voice-token", desk.played.id);
    let token = desk.owner.post(&path, &json!({})).await.expect(200).body;
    assert_eq!(token["shared"]["identity"], desk.shared.trim_start_matches("client:"));
    assert_eq!(token["own"]["token"].as_str().unwrap().split('.').count(), 3);
    let viewer = desk.hub.invite(&desk.owner, "vera", "viewer").await;
    viewer.post(&path, &json!({})).await.expect_problem(403, "forbidden");
    let stranger = desk.hub.found("Other", "eve").await;
    stranger.post(&path, &json!({})).await.expect_problem(404, "not_found");
    let sms = Played::connect(&desk.hub, &desk.owner, "sms").await;
    let path = format!("/integrations/{}/voice-token", sms.id);
    desk.owner.post(&path, &json!({})).await.expect_problem(422, "no_browser_calls");
    desk.phone(PhoneAct::Call).await;
    desk.call("ringing").await;
    let id = desk.conversation().await["id"].as_str().unwrap().to_owned();
    let text = json!({"client_id": "1", "text": "hello?"});
    desk.owner.post(&format!("/conversations/{id}/messages"), &text).await.expect_problem(422, "no_texts");
}
