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
use serde_json::Value;
use simulator::{Act, ActError, Player, Simulator};
use tokio::task::JoinHandle;

use crate::house::{account, greta, net, slack};

#[derive(Default)]
struct Store {
    kept: Mutex<Vec<What>>,
    health: Mutex<Vec<Check>>,
    full: AtomicBool,
}

#[async_trait]
impl Listener for Store {
    fn resume(&self) -> Option<Value> {
        None
    }

    async fn deliver(&self, _raw: Bytes, incoming: Incoming) -> Result<(), ListenError> {
        while self.full.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        self.kept.lock().unwrap().extend(incoming.events.into_iter().map(|event| event.what));
        Ok(())
    }

    async fn remember(&self, _state: Value) -> Result<(), ListenError> {
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
    let (ours, listener) = (account.clone(), store.clone());
    let listening = tokio::spawn(async move { slack().listen(&ours, &*listener, &net()).await.unwrap_err() });
    let line = Line { simulator, account, key, store, listening };
    line.connections(1).await;
    line
}

impl Line {
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
