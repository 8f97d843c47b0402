//! Socket Mode: events are acknowledged once they are stored, connections are replaced, and what is refused ends.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use channels::{Account, Check, Incoming, ListenError, Listener, event::What};
use serde_json::{Value, json};
use simulator::{Act, ActError, Player, Simulator};
use tokio::task::JoinHandle;

use crate::house::{account, greta, net, slack};

#[derive(Default)]
struct Store {
    kept: Mutex<Vec<What>>,
    health: Mutex<Vec<Check>>,
    full: AtomicBool,
    state: Mutex<Option<Value>>,
}

#[async_trait]
impl Listener for Store {
    fn resume(&self) -> Option<Value> {
        self.state.lock().unwrap().clone()
    }

    async fn deliver(&self, _raw: Bytes, incoming: Incoming) -> Result<(), ListenError> {
        while self.full.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        self.kept.lock().unwrap().extend(incoming.events.into_iter().map(|event| event.what));
        Ok(())
    }

    async fn remember(&self, state: Value) -> Result<(), ListenError> {
        *self.state.lock().unwrap() = Some(state);
        Ok(())
    }

    async fn health(&self, check: Check) {
        self.health.lock().unwrap().push(check);
    }
}

struct Line {
    simulator: Simulator,
    account: Account,
    key: String,
    store: Arc<Store>,
    listening: JoinHandle<ListenError>,
}

async fn line() -> Line {
    let simulator = Simulator::start(([127, 0, 0, 1], 0).into()).await.unwrap();
    let account = account(simulator.slack.open_socket_account("Acme"));
    assert!(slack().streams(&account));
    let key = slack().account_key(&account);
    simulator.slack.set_pace(Duration::from_millis(1));
    let store = Arc::new(Store::default());
    let listening = listen(&account, &store);
    let line = Line { simulator, account, key, store, listening };
    line.connections(1).await;
    line
}

fn listen(account: &Account, store: &Arc<Store>) -> JoinHandle<ListenError> {
    let (ours, listener) = (account.clone(), store.clone());
    tokio::spawn(async move { slack().listen(&ours, &*listener, &net()).await.unwrap_err() })
}

impl Line {
    /// The hub goes away; what is said then reaches nobody.
    async fn fall(&mut self) {
        self.listening.abort();
        self.connections(0).await;
    }

    /// It comes back, and catches up.
    async fn rise(&mut self) {
        let before = self.caught_up();
        self.listening = listen(&self.account, &self.store);
        for _ in 0..500 {
            if self.caught_up() > before && self.store.resume().unwrap()["behind"].is_null() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the hub did not catch up: {:?}", self.store.health.lock().unwrap());
    }

    fn caught_up(&self) -> usize {
        let health = self.store.health.lock().unwrap();
        health.iter().filter(|check| check.name == "missed" && check.ok).count()
    }

    async fn connections(&self, wanted: usize) {
        for _ in 0..300 {
            if self.simulator.slack.sockets(&self.key) == wanted {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("there are not {wanted} connections");
    }

    async fn say(&self, text: &str) -> Result<String, ActError> {
        self.simulator.slack.act(&self.key, &greta(), Act::Text { text: text.into(), reply_to: None }).await
    }

    fn words(&self) -> Vec<String> {
        let kept = self.store.kept.lock().unwrap();
        kept.iter()
            .filter_map(
                |what| if let What::Message(message) = what { Some(message.text.clone()) } else { None },
            )
            .collect()
    }
}

#[tokio::test]
async fn events_are_acknowledged_once_they_are_stored() {
    let line = line().await;
    line.say("hi").await.unwrap();
    assert_eq!(line.words(), ["hi"]);
    assert!(line.store.health.lock().unwrap().iter().any(|check| check.ok && check.name == "connection"));
    let told = line.simulator.slack.command(&line.key, &greta(), "help").await.unwrap();
    assert!(told.starts_with("Thank you"), "{told}");

    line.store.full.store(true, Ordering::SeqCst);
    let waiting = line.say("later");
    let opened = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        line.store.full.store(false, Ordering::SeqCst);
    };
    let (taken, ()) = tokio::join!(waiting, opened);
    taken.unwrap();
    assert_eq!(line.words(), ["hi", "help", "later"]);
}

#[tokio::test]
async fn a_connection_that_ends_is_replaced() {
    let line = line().await;
    line.simulator.slack.disconnect(&line.key, "refresh_requested");
    line.connections(1).await;
    line.say("still there?").await.unwrap();
    assert_eq!(line.words(), ["still there?"]);
}

#[tokio::test]
async fn socket_mode_switched_off_ends_it() {
    let line = line().await;
    line.simulator.slack.disconnect(&line.key, "link_disabled");
    let ended = line.listening.await.unwrap();
    assert!(matches!(ended, ListenError::AccountBroken(why) if why.code == "socket_mode_off"));
}

#[tokio::test]
async fn a_wrong_token_ends_it() {
    let line = line().await;
    line.listening.abort();
    let mut wrong = line.account.clone();
    wrong.set("app_token", "xapp-nonsense".into());
    let ended = slack().listen(&wrong, &*line.store, &net()).await.unwrap_err();
    assert!(matches!(ended, ListenError::AccountBroken(why) if why.code == "token_rejected"));
}

#[tokio::test]
async fn what_was_written_during_an_outage_is_heard_once_and_in_order() {
    let mut line = line().await;
    let slack = line.simulator.slack.clone();
    slack.open_channel(&line.key, "C0HELP", "help");
    let root = slack.say_in(&line.key, &greta(), "C0HELP", "an old question", None).await.unwrap();
    let first = line.say("before").await.unwrap();
    assert_eq!(line.words(), ["an old question", "before"]);
    // So that the outage is longer than the overlap.
    let long_ago = json!({ "seen": "1500000000.000100" });
    line.fall().await;
    line.say("missed").await.unwrap_err();
    slack
        .say_in(&line.key, &greta(), "C0HELP", "an answer in the old thread", Some(&root))
        .await
        .unwrap_err();
    slack
        .act(&line.key, &greta(), Act::Edit { message: first, text: "before, corrected".into() })
        .await
        .unwrap_err();
    line.say("missed as well").await.unwrap_err();
    line.rise().await;
    let mut words = line.words().split_off(2);
    words.retain(|word| word.starts_with("missed") || word.starts_with("an answer"));
    assert_eq!(
        words.iter().filter(|word| word.starts_with("missed")).collect::<Vec<_>>(),
        ["missed", "missed as well"]
    );
    assert_eq!(words.iter().filter(|word| word.starts_with("an answer")).count(), 1);
    let kept = std::mem::take(&mut *line.store.kept.lock().unwrap());
    let answer = kept.iter().find_map(|what| match what {
        What::Message(message) if message.text.starts_with("an answer") => Some(message.thread.clone()),
        _ => None,
    });
    assert_eq!(answer.as_deref(), Some(root.as_str()), "it goes on in its thread");
    // All of it, and what comes now, on the new connection.
    line.say("and now").await.unwrap();
    assert_eq!(line.words(), ["and now"]);
    *line.store.state.lock().unwrap() = Some(long_ago);
    line.fall().await;
    line.rise().await;
    let all = line.words();
    for word in
        ["an old question", "an answer in the old thread", "before, corrected", "missed", "missed as well"]
    {
        assert_eq!(all.iter().filter(|one| *one == word).count(), 1, "{word} in {all:?}");
    }
}

#[tokio::test]
async fn a_change_of_an_older_message_is_caught_up_on() {
    let mut line = line().await;
    let first = line.say("befor").await.unwrap();
    line.fall().await;
    // The outage begins a minute after the message; the player's clock goes by the messages.
    let after = chrono::Utc::now().timestamp() + 60;
    *line.store.state.lock().unwrap() = Some(json!({ "seen": format!("{after}.000000") }));
    line.simulator.slack.pass(&line.key, 120);
    let edit = Act::Edit { message: first, text: "before".into() };
    line.simulator.slack.act(&line.key, &greta(), edit).await.unwrap_err();
    line.store.kept.lock().unwrap().clear();
    line.rise().await;
    let kept = line.store.kept.lock().unwrap();
    assert!(matches!(kept.as_slice(), [What::Edit(change)] if change.text == "before"), "{kept:?}");
}

#[tokio::test]
async fn patience_that_slack_asks_for_is_had_and_a_kind_of_channel_that_is_closed_costs_no_other() {
    let mut line = line().await;
    line.say("before").await.unwrap();
    line.fall().await;
    line.say("missed").await.unwrap_err();
    let slack = &line.simulator.slack;
    slack
        .faults()
        .next("conversations.history", simulator::Fault::Refuse { code: 429, retry_after: Some(1) });
    slack.grant(&line.key, "im:read,im:history,channels:history,chat:write");
    line.listening = listen(&line.account, &line.store);
    for _ in 0..500 {
        if line.words().contains(&"missed".to_owned()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{:?}", line.store.health.lock().unwrap());
}
