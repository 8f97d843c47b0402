//! The played mail server and the hub's channel agree: logging in, listening, catching up, files, and what becomes of what is sent.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use channels::{
    Account, Channel, Check, Incoming, ListenError, Listener, MediaLimit, OutboundMessage, PartyId,
    SendError,
    event::{InboundMessage, What},
    message::Content,
};
use net::guard::Private;
use serde_json::Value;
use simulator::{Act, Customer, Fault, Media, Player, Simulator};

fn email() -> &'static dyn Channel {
    channels::find("email").unwrap()
}

fn net() -> net::Client {
    net::Client::new(Private::Allowed, net::Limits::default()).unwrap()
}

struct Stage {
    simulator: Simulator,
    account: Account,
    key: String,
    customer: Customer,
    net: net::Client,
}

impl Stage {
    async fn set() -> Self {
        let simulator = Simulator::start(([127, 0, 0, 1], 0).into()).await.unwrap();
        let account = email().account_form().fill(simulator.email.open_account("Acme Support")).unwrap();
        let key = email().account_key(&account);
        let customer = simulator.email.customer("Ada Lovelace", "1");
        Self { simulator, account, key, customer, net: net() }
    }

    /// A further mailbox, with old mail in it.
    fn another(&self, name: &str) -> Account {
        let fields = self.simulator.email.open_account(name);
        let old = b"From: a@b.example\r\nMessage-ID: <old@b.example>\r\n\r\nold\r\n".to_vec();
        (0..5).for_each(|_| {
            self.simulator.email.deliver(&fields["address"], old.clone()).unwrap();
        });
        email().account_form().fill(fields).unwrap()
    }

    async fn write(&self, text: &str) -> String {
        let act = Act::Text { text: text.to_owned(), reply_to: None };
        self.simulator.email.act(&self.key, &self.customer, act).await.unwrap()
    }

    async fn send(&self, text: &str) -> Result<String, SendError> {
        let content = Content::Text { text: text.to_owned() };
        let to = vec![PartyId::plain("email", &self.customer.id)];
        let message = OutboundMessage::new(uuid::Uuid::now_v7(), String::new(), to, content);
        let receipt = email().send(&self.account, &message, &self.net).await?;
        Ok(receipt.external_ids[0].clone())
    }

    /// Listens until `wanted` letters were heard, from where `ear` was.
    async fn hear(&self, ear: &Ear, wanted: usize) -> Vec<InboundMessage> {
        let listening = email().listen(&self.account, ear, &self.net);
        let enough = async {
            while ear.letters().len() < wanted {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::select! {
            ended = listening => panic!("{ended:?}"),
            () = enough => {}
            () = tokio::time::sleep(Duration::from_secs(10)) => panic!("heard only {:?}", ear.letters()),
        }
        ear.letters()
    }
}

/// What was heard, and what was remembered.
#[derive(Default)]
struct Ear {
    heard: Mutex<Vec<What>>,
    raw: Mutex<Vec<Bytes>>,
    state: Mutex<Option<Value>>,
}

impl Ear {
    fn letters(&self) -> Vec<InboundMessage> {
        let heard = self.heard.lock().unwrap();
        let letters = heard.iter().filter_map(|what| match what {
            What::Message(message) => Some((**message).clone()),
            _ => None,
        });
        letters.collect()
    }
}

#[async_trait]
impl Listener for Ear {
    fn resume(&self) -> Option<Value> {
        self.state.lock().unwrap().clone()
    }

    async fn deliver(&self, raw: Bytes, incoming: Incoming) -> Result<(), ListenError> {
        self.raw.lock().unwrap().push(raw);
        self.heard.lock().unwrap().extend(incoming.events.into_iter().map(|event| event.what));
        Ok(())
    }

    async fn remember(&self, state: Value) -> Result<(), ListenError> {
        *self.state.lock().unwrap() = Some(state);
        Ok(())
    }

    async fn health(&self, _check: Check) {}
}

/// Begins to listen once, so that what comes next is new.
async fn begun(stage: &Stage) -> Arc<Ear> {
    let ear = Arc::new(Ear::default());
    let listening = email().listen(&stage.account, &*ear, &stage.net);
    let begun = async {
        while ear.resume().is_none() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::select! {
        ended = listening => panic!("{ended:?}"),
        () = begun => {}
    }
    ear
}

#[tokio::test]
async fn what_came_while_nobody_listened_and_what_comes_now_is_heard_once() {
    let stage = Stage::set().await;
    stage.write("before the mailbox was connected").await;
    let ear = begun(&stage).await;
    stage.write("one").await;
    stage.write("two").await;
    let heard = stage.hear(&ear, 2).await;
    assert_eq!(heard.iter().map(|one| one.text.as_str()).collect::<Vec<_>>(), ["one", "two"]);
    assert_eq!(heard[0].contact.ids[0].key, stage.customer.id);
    let writing = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        stage.write("three").await;
        std::future::pending::<()>().await
    };
    let heard = tokio::select! {
        heard = stage.hear(&ear, 3) => heard,
        () = writing => unreachable!(),
    };
    assert_eq!(heard[2].text, "three");
    let again = ear.raw.lock().unwrap()[0].clone();
    let again =
        webhooks::Verified::from_record(webhooks::Verified::LIVE, vec![], vec![], again, chrono::Utc::now());
    let again = email().read(&stage.account, &again).unwrap();
    assert!(matches!(&again.events[0].what, What::Message(one) if one.external_id == heard[0].external_id));
}

#[tokio::test]
async fn a_letter_that_cannot_be_fetched_is_passed_over_and_costs_no_other() {
    let stage = Stage::set().await;
    let ear = begun(&stage).await;
    stage.write("poisoned").await;
    stage.write("healthy").await;
    for _ in 0..3 {
        stage.simulator.email.faults().next("FETCH", Fault::CutBefore);
        let ended = email().listen(&stage.account, &*ear, &stage.net).await;
        assert!(matches!(ended, Err(ListenError::Lost(_))), "{ended:?}");
    }
    assert_eq!(stage.hear(&ear, 1).await[0].text, "healthy");
    let noticed = ear.heard.lock().unwrap().iter().any(|what| matches!(what, What::Notice(_)));
    assert!(noticed, "the admin is told");
}

#[tokio::test]
async fn an_inbox_that_is_numbered_anew_is_read_again() {
    let stage = Stage::set().await;
    let ear = begun(&stage).await;
    let id = stage.write("one").await;
    stage.hear(&ear, 1).await;
    stage.simulator.email.renumber(&stage.key);
    assert_eq!(stage.hear(&ear, 2).await[1].external_id, id, "known by its id, so that it is stored once");
}

#[tokio::test]
async fn a_wrong_password_breaks_the_account() {
    let mut stage = Stage::set().await;
    stage.account.set("imap_password", "wrong".into());
    let ended = email().listen(&stage.account, &Ear::default(), &stage.net).await;
    assert!(matches!(ended, Err(ListenError::AccountBroken(_))), "{ended:?}");
    let sent = stage.send("hello").await;
    assert!(matches!(sent, Err(SendError::AccountBroken(_))), "{sent:?}");
    let connection =
        channels::Connection { webhook_url: "https://hub.example/webhooks/email/1".parse().unwrap() };
    assert!(email().check(&stage.account, &connection, &stage.net).await.iter().all(|check| !check.ok));
}

#[tokio::test]
async fn a_token_logs_in_at_both_servers() {
    let mut stage = Stage::set().await;
    let token = stage.account.secret("imap_password");
    stage.account.set("imap_password", "wrong".into());
    stage.account.set("oauth_provider", "google".into());
    stage.account.set("oauth_access_token", token);
    let ear = begun(&stage).await;
    stage.write("one").await;
    stage.hear(&ear, 1).await;
    stage.send("two").await.unwrap();
    stage.account.set("oauth_access_token", "stale".into());
    let ended = email().listen(&stage.account, &Ear::default(), &stage.net).await;
    assert!(matches!(ended, Err(ListenError::AccountBroken(_))), "{ended:?}");
}

/// A mailbox that was connected by consent, as the hub stores it.
async fn consented(stage: &Stage, provider: &str, life: i64) -> (Account, BTreeMap<String, String>) {
    let form = stage.simulator.email.open_consent(provider, "Consented", life);
    let app = email().install_form().unwrap().fill(form.clone()).unwrap();
    let redirect = "https://hub.example/oauth/email/callback".parse().unwrap();
    let page = email().install_address(&app, &redirect, "state-0001").unwrap();
    let answer = stage.net.send(net::Request::get(page)).await.unwrap();
    let back: url::Url = answer.headers["location"].to_str().unwrap().parse().unwrap();
    let query: BTreeMap<_, _> = back.query_pairs().into_owned().collect();
    assert_eq!(query["state"], "state-0001");
    let code = &query["code"];
    let installed = email().install(&app, code, &redirect, &stage.net).await.unwrap().remove(0);
    let again = email().install(&app, code, &redirect, &stage.net).await;
    assert!(matches!(again, Err(SendError::Refused(_))), "a code is good once");
    (installed.account, form)
}

#[tokio::test]
async fn a_consent_gives_a_mailbox_whose_token_is_renewed() {
    for provider in ["google", "microsoft"] {
        let stage = Stage::set().await;
        let (mut account, _) = consented(&stage, provider, 3600).await;
        let due = email().refresh_at(&account).unwrap() - chrono::Utc::now();
        assert!((45..=50).contains(&due.num_minutes()), "{due}");
        assert!(email().listens_from(&account, &stage.net).await.unwrap().is_some());
        let changes = email().refresh(&account, &stage.net).await.unwrap().unwrap();
        let before = email().listens_from(&account, &stage.net).await;
        assert!(
            matches!(before, Err(SendError::AccountBroken(_))),
            "the old token is good for nothing: {before:?}"
        );
        for (name, value) in changes {
            account.set(&name, value);
        }
        assert!(email().listens_from(&account, &stage.net).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn a_consent_that_has_ended_breaks_the_account() {
    let stage = Stage::set().await;
    let (account, form) = consented(&stage, "google", 3600).await;
    for (field, wrong) in [("oauth_refresh_token", "ended"), ("oauth_client_secret", "exchanged")] {
        let mut account = account.clone();
        account.set(field, wrong.into());
        let refreshed = email().refresh(&account, &stage.net).await;
        assert!(matches!(refreshed, Err(SendError::AccountBroken(_))), "{field}: {refreshed:?}");
    }
    let mut wrong = form.clone();
    wrong.insert("oauth_client_secret".into(), "wrong".into());
    let app = email().install_form().unwrap().fill(wrong).unwrap();
    let redirect = "https://hub.example/oauth/email/callback".parse().unwrap();
    let refused = email().install(&app, "code", &redirect, &stage.net).await;
    assert!(matches!(refused, Err(SendError::Refused(_))), "{refused:?}");
}

/// After an outage the renewal comes a moment later than the connection.
#[tokio::test]
async fn a_token_that_has_expired_is_waited_for() {
    let stage = Stage::set().await;
    let (account, _) = consented(&stage, "google", 0).await;
    let ended = email().listen(&account, &Ear::default(), &stage.net).await;
    assert!(matches!(ended, Err(ListenError::Lost(_))), "{ended:?}");
    let content = Content::Text { text: "hello".to_owned() };
    let to = vec![PartyId::plain("email", &stage.customer.id)];
    let message = OutboundMessage::new(uuid::Uuid::now_v7(), String::new(), to, content);
    let sent = email().send(&account, &message, &stage.net).await;
    assert!(matches!(sent, Err(SendError::Later { .. })), "{sent:?}");
}

#[tokio::test]
async fn listening_begins_where_the_account_was_connected() {
    let stage = Stage::set().await;
    stage.write("old").await;
    let ear = Ear::default();
    *ear.state.lock().unwrap() = email().listens_from(&stage.account, &stage.net).await.unwrap();
    stage.write("new").await;
    assert_eq!(stage.hear(&ear, 1).await[0].text, "new");
    // The place in one mailbox is none in another.
    let other = Stage { account: stage.another("Sales"), ..stage };
    let heard = ear.letters().len();
    let listening = email().listen(&other.account, &ear, &other.net);
    let moved = async {
        while !ear.resume().unwrap()["mailbox"].as_str().unwrap().starts_with("sales") {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::select! {
        ended = listening => panic!("{ended:?}"),
        () = moved => {}
    }
    assert_eq!(ear.letters().len(), heard);
}

#[tokio::test]
async fn a_file_is_fetched_from_the_mailbox() {
    let stage = Stage::set().await;
    let ear = begun(&stage).await;
    // Larger than what is kept of a letter.
    let bytes = Bytes::from(vec![7; 300_000]);
    let media = Media {
        kind: "document".into(),
        file_name: "big.bin".into(),
        mime: "application/octet-stream".into(),
        bytes: bytes.clone(),
        caption: Some("here".into()),
    };
    stage.simulator.email.act(&stage.key, &stage.customer, Act::Media(media)).await.unwrap();
    let letter = stage.hear(&ear, 1).await.remove(0);
    assert!(ear.raw.lock().unwrap()[0].len() < 10_000, "the file stays in the mailbox");
    let file = &letter.media[0];
    let limit = MediaLimit(1 << 20);
    let fetched = email().fetch_media(&stage.account, &file.reference, limit, &stage.net).await.unwrap();
    assert_eq!((fetched.bytes, file.file_name.as_deref()), (bytes, Some("big.bin")));
    stage.simulator.email.renumber(&stage.key);
    let gone = email().fetch_media(&stage.account, &file.reference, limit, &stage.net).await;
    assert!(matches!(gone, Err(SendError::Refused(_))), "{gone:?}");
}

#[tokio::test]
async fn what_is_sent_is_received_and_answered() {
    let stage = Stage::set().await;
    let ear = begun(&stage).await;
    let id = stage.send("Good *morning*,\n.with a dot").await.unwrap();
    let chat = stage.simulator.email.chat(&stage.key, &stage.customer.id);
    assert_eq!((chat[0].text.as_str(), chat[0].id.as_str()), ("Good morning,\n.with a dot", id.as_str()));
    let letter = stage.simulator.email.handed_in().remove(0);
    assert!(letter.raw.contains("Auto-Submitted").eq(&false), "a person wrote it");
    stage.write("Thank you").await;
    assert_eq!(stage.hear(&ear, 1).await[0].answers, [id]);
}

#[tokio::test]
async fn a_copy_of_what_is_sent_is_kept_where_it_is_asked_for() {
    let mut stage = Stage::set().await;
    stage.send("without a copy").await.unwrap();
    let email_player = &stage.simulator.email;
    assert_eq!(email_player.sent(&stage.key), Vec::<String>::new());
    stage.account.set("sent_copies", "yes".into());
    let id = stage.send("with a copy").await.unwrap();
    let sent = email_player.sent(&stage.key);
    assert_eq!(sent.len(), 1);
    assert!(
        sent[0].contains(&format!("Message-ID: <{id}>")) && sent[0].contains("with a copy"),
        "{}",
        sent[0]
    );
    // The letter has left, whatever becomes of its copy.
    email_player.faults().next("APPEND", Fault::CutBefore);
    stage.send("again").await.unwrap();
    assert_eq!((email_player.sent(&stage.key).len(), email_player.handed_in().len()), (1, 3));
    let connection =
        channels::Connection { webhook_url: "https://hub.example/webhooks/email/1".parse().unwrap() };
    let checks = email().check(&stage.account, &connection, &stage.net).await;
    assert!(
        checks.iter().any(|check| check.name == "sent" && check.ok && check.detail.contains("Envoyes")),
        "{checks:?}"
    );
}

#[tokio::test]
async fn every_answer_of_the_server_has_its_meaning() {
    let stage = Stage::set().await;
    let faults = stage.simulator.email.faults();
    let refuse = |code| Fault::Refuse { code, retry_after: None };
    for (command, fault, expected) in [
        ("MAIL", refuse(451), "later"),
        ("RCPT", refuse(450), "later"),
        ("RCPT", refuse(550), "refused"),
        ("DATA", refuse(554), "refused"),
        ("DATA", refuse(452), "later"),
        ("AUTH", refuse(535), "broken"),
        ("AUTH", refuse(454), "later"),
        ("RCPT", Fault::CutBefore, "later"),
        ("DATA", Fault::CutBefore, "unknown"),
        ("DATA", Fault::CutAfter, "unknown"),
    ] {
        faults.next(command, fault.clone());
        let found = match stage.send("hello").await {
            Ok(_) => "sent",
            Err(SendError::Refused(_)) => "refused",
            Err(SendError::Later { .. }) => "later",
            Err(SendError::AccountBroken(_)) => "broken",
            Err(SendError::Unknown(_)) => "unknown",
        };
        assert_eq!(found, expected, "{command} {fault:?}");
    }
    assert_eq!(stage.simulator.email.handed_in().len(), 1, "only the one whose answer was cut arrived");
}

/// Begins to listen once, to the folder of sent letters as well.
async fn begun_with_sent(stage: &Stage) -> Arc<Ear> {
    let ear = Arc::new(Ear::default());
    let listening = email().listen(&stage.account, &*ear, &stage.net);
    let begun = async {
        while ear.resume().is_none_or(|state| state["sent"].is_null()) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::select! {
        ended = listening => panic!("{ended:?}"),
        () = begun => {}
        () = tokio::time::sleep(Duration::from_secs(10)) => panic!("the folder of sent letters is not read"),
    }
    ear
}

#[tokio::test]
async fn what_was_sent_with_another_program_is_heard_once_and_is_an_echo() {
    let mut stage = Stage::set().await;
    stage.account.set("sent_copies", "yes".into());
    stage.simulator.email.write_elsewhere(&stage.key, &stage.customer, "before we listened").unwrap();
    let ear = begun_with_sent(&stage).await;
    let asked = stage.write("Is it there?").await;
    let written = stage.simulator.email.write_elsewhere(&stage.key, &stage.customer, "It is").unwrap();
    let ours = stage.send("It still is").await.unwrap();
    let heard = stage.hear(&ear, 2).await;
    let echo = heard.iter().find(|one| one.echo).unwrap();
    assert_eq!((echo.text.as_str(), &echo.external_id), ("It is", &written));
    assert_eq!(echo.contact.ids[0].key, stage.customer.id, "it belongs to whom it was sent");
    assert_eq!(echo.author.as_ref().unwrap().name.as_deref(), Some("Greta at the desk"));
    assert_eq!(echo.answers, [asked]);
    assert!(!echo.opens_window);
    // The hub's own copy only proves that the letter left.
    let until_proved = async {
        loop {
            let proved = ear.heard.lock().unwrap().iter().any(|what| {
                matches!(what, What::Status(status) if status.external_id == ours && status.message_id.is_some()
                    && status.status == channels::message::MessageStatus::Sent)
            });
            if proved {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let listening = email().listen(&stage.account, &*ear, &stage.net);
    tokio::select! {
        ended = listening => panic!("{ended:?}"),
        () = until_proved => {}
        () = tokio::time::sleep(Duration::from_secs(10)) => panic!("{:?}", ear.heard.lock().unwrap()),
    }
    // After an outage only what is new.
    stage.simulator.email.write_elsewhere(&stage.key, &stage.customer, "By the way").unwrap();
    let texts: Vec<_> =
        stage.hear(&ear, 3).await.into_iter().filter(|one| one.echo).map(|one| one.text).collect();
    assert_eq!(texts, ["It is", "By the way"]);
    // A replay reads it as the same echo, and its place is known.
    let raw = ear.raw.lock().unwrap().last().unwrap().clone();
    let again =
        webhooks::Verified::from_record(webhooks::Verified::LIVE, vec![], vec![], raw, chrono::Utc::now());
    let again = email().read(&stage.account, &again).unwrap();
    assert!(matches!(&again.events[0].what, What::Message(one) if one.echo && one.text == "By the way"));
}

#[tokio::test]
async fn programs_and_letters_to_oneself_are_no_echoes() {
    let stage = Stage::set().await;
    let ear = begun_with_sent(&stage).await;
    let key = &stage.key;
    for letter in [
        format!("From: {key}\r\nTo: {key}\r\nMessage-ID: <note@x>\r\n\r\nnote to myself\r\n"),
        format!(
            "From: {key}\r\nTo: eve@x.example\r\nAuto-Submitted: auto-replied\r\nMessage-ID: <away@x>\r\n\r\naway\r\n"
        ),
        format!("From: {key}\r\nBcc: eve@x.example\r\nMessage-ID: <bcc@x>\r\n\r\nby blind copy\r\n"),
    ] {
        stage.simulator.email.keep_sent(key, letter.into_bytes());
    }
    let heard = stage.hear(&ear, 1).await;
    assert_eq!(heard.iter().map(|one| one.text.as_str()).collect::<Vec<_>>(), ["by blind copy"]);
}

#[tokio::test]
async fn the_folder_of_sent_letters_may_be_named_or_left_alone() {
    let mut stage = Stage::set().await;
    stage.account.set("sent_folder", "none".into());
    let ear = begun(&stage).await;
    stage.simulator.email.write_elsewhere(&stage.key, &stage.customer, "unseen").unwrap();
    stage.write("seen").await;
    assert_eq!(stage.hear(&ear, 1).await[0].text, "seen");
    assert!(ear.resume().unwrap()["sent"].is_null());
    // A folder that is not there keeps no customer's letter waiting.
    stage.account.set("sent_folder", "Elsewhere".into());
    stage.write("seen as well").await;
    assert_eq!(stage.hear(&ear, 2).await[1].text, "seen as well");
    stage.account.set("sent_folder", "envoyes".into());
    let ear = begun_with_sent(&stage).await;
    stage.simulator.email.write_elsewhere(&stage.key, &stage.customer, "seen now").unwrap();
    assert_eq!(stage.hear(&ear, 1).await[0].text, "seen now");
}
