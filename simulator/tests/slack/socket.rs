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

/// Edits, reactions and deletions of messages that were told before the outage.
#[tokio::test]
async fn what_became_of_older_messages_during_an_outage_is_caught_up_on() {
    let mut line = line().await;
    let slack = line.simulator.slack.clone();
    slack.open_channel(&line.key, "C0HELP", "help");
    let act = async |act: Act| slack.act(&line.key, &greta(), act).await;
    let (kept, gone, liked) =
        (line.say("kept").await.unwrap(), line.say("gone").await.unwrap(), line.say("liked").await.unwrap());
    let gone_before = line.say("gone before").await.unwrap();
    act(Act::Delete { message: gone_before.clone() }).await.unwrap();
    let root = slack.say_in(&line.key, &greta(), "C0HELP", "a root", None).await.unwrap();
    let answer = slack.say_in(&line.key, &greta(), "C0HELP", "an answer", Some(&root)).await.unwrap();
    // What the hub remembers is written down after a while.
    slack.pass(&line.key, 60);
    let mut state = json!({ "told": [] });
    for id in [&kept, &gone, &liked, &root] {
        let (channel, ts) = id.split_once(':').unwrap();
        state["told"].as_array_mut().unwrap().push(json!([channel, ts, null]));
    }
    let (channel, ts) = answer.split_once(':').unwrap();
    state["told"].as_array_mut().unwrap().push(json!([channel, ts, root.split_once(':').unwrap().1]));
    state["seen"] = json!(format!("{}.000000", chrono::Utc::now().timestamp() + 40));
    line.listening.abort();
    line.connections(0).await;
    *line.store.state.lock().unwrap() = Some(state);
    act(Act::Delete { message: gone.clone() }).await.unwrap_err();
    act(Act::React { message: liked.clone(), emoji: "👍".into() }).await.unwrap_err();
    act(Act::Edit { message: kept.clone(), text: "kept, and changed".into() }).await.unwrap_err();
    act(Act::Delete { message: root.clone() }).await.unwrap_err();
    line.store.kept.lock().unwrap().clear();
    line.rise().await;
    let mut told: Vec<_> = std::mem::take(&mut *line.store.kept.lock().unwrap())
        .into_iter()
        .map(|what| match what {
            What::Delete(change) => format!("deleted {}", change.external_ids[0]),
            What::Edit(change) => format!("{}: {}", change.external_id, change.text),
            What::Reaction(change) => format!("{} {}", change.emoji[0], change.external_id),
            other => format!("{other:?}"),
        })
        .collect();
    told.sort();
    let mut expected = [
        format!("deleted {gone}"),
        format!("deleted {root}"),
        format!("{kept}: kept, and changed"),
        format!("👍 {liked}"),
    ];
    expected.sort();
    assert_eq!(told, expected);
    // Once: what is known to be gone is forgotten.
    line.fall().await;
    line.rise().await;
    let told = line.store.kept.lock().unwrap();
    assert!(!told.iter().any(|what| matches!(what, What::Delete(_))), "{told:?}");
}

/// A hub remembers by itself what it was told.
#[tokio::test]
async fn what_was_heard_is_remembered_for_the_next_outage() {
    let mut line = line().await;
    let first = line.say("first").await.unwrap();
    let second = line.say("second").await.unwrap();
    line.fall().await;
    // The outage's own catching up tells them again, within the overlap, and writes them down.
    line.rise().await;
    line.fall().await;
    let told = line.store.resume().unwrap()["told"].to_string();
    for id in [&first, &second] {
        assert!(told.contains(id.split_once(':').unwrap().1), "{told}");
    }
    let delete = Act::Delete { message: first.clone() };
    line.simulator.slack.act(&line.key, &greta(), delete).await.unwrap_err();
    line.rise().await;
    let kept = line.store.kept.lock().unwrap();
    let gone = |what: &&What| matches!(what, What::Delete(change) if change.external_ids == [first.clone()]);
    assert_eq!(kept.iter().filter(gone).count(), 1, "{kept:?}");
}

/// More than is read of one list: the newest are, and it is said that the oldest are not. What is not read is not taken for deleted.
#[tokio::test]
async fn an_outage_that_is_longer_than_is_read_is_told() {
    let mut line = line().await;
    line.simulator.slack.open_channel(&line.key, "C0HELP", "help");
    let old = line.simulator.slack.say_in(&line.key, &greta(), "C0HELP", "before", None).await.unwrap();
    line.fall().await;
    let mut state = line.store.resume().unwrap();
    state["told"] = json!([["C0HELP", old.split_once(':').unwrap().1, null]]);
    *line.store.state.lock().unwrap() = Some(state);
    line.simulator.slack.fill(&line.key, &greta(), "C0HELP", 4_100);
    line.store.health.lock().unwrap().clear();
    line.listening = listen(&line.account, &line.store);
    let said = async {
        loop {
            let said = line.store.health.lock().unwrap().iter().find(|check| check.name == "missed").cloned();
            if let Some(said) = said {
                return said;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let said = tokio::time::timeout(Duration::from_secs(120), said).await.expect("it is told");
    assert!(!said.ok);
    let words = "The last outage was so long that the oldest messages of it were not read.";
    assert_eq!(said.detail, words);
    let all = line.words();
    assert!(all.contains(&"number 4099".to_owned()) && !all.contains(&"number 0".to_owned()));
    let kept = line.store.kept.lock().unwrap();
    assert!(!kept.iter().any(|what| matches!(what, What::Delete(_))));
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
