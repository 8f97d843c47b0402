//! A played workspace, the channel with its account, and an ear where callbacks are verified and read.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use channels::{
    Account, Channel, OutboundMessage, PartyId, Receipt, SendError,
    event::{InboundMessage, What},
    message::Content,
};
use chrono::Utc;
use net::guard::Private;
use simulator::{Act, Customer, Player, Simulator};
use uuid::Uuid;
use webhooks::Unverified;

pub struct House {
    pub simulator: Simulator,
    pub account: Account,
    pub key: String,
    pub net: net::Client,
    pub ear: Arc<Ear>,
}

/// What came in, read.
pub struct Ear {
    account: Account,
    pub heard: Mutex<Vec<What>>,
    /// Statuses to answer before anything is taken.
    pub refuse: Mutex<Vec<u16>>,
    /// `X-Slack-Retry-Num` of every attempt.
    pub retries: Mutex<Vec<Option<String>>>,
}

pub fn slack() -> &'static dyn Channel {
    channels::find("slack").unwrap()
}

pub fn greta() -> Customer {
    Customer { id: "U0GRETA".into(), name: "Greta Lindqvist".into(), username: Some("greta".into()) }
}

pub fn account(fields: BTreeMap<String, String>) -> Account {
    slack().account_form().fill(fields).unwrap()
}

pub fn net() -> net::Client {
    net::Client::new(Private::Allowed, net::Limits::default()).unwrap()
}

impl House {
    pub async fn start() -> Self {
        let simulator = Simulator::start(([127, 0, 0, 1], 0).into()).await.unwrap();
        let account = account(simulator.slack.open_account("Acme"));
        let key = slack().account_key(&account);
        let ear = Arc::new(Ear {
            account: account.clone(),
            heard: Mutex::default(),
            refuse: Mutex::default(),
            retries: Mutex::default(),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/webhooks/slack", listener.local_addr().unwrap());
        let router = Router::new().route("/webhooks/slack", post(hear)).with_state(ear.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        simulator.slack.enter_webhook(&key, &url);
        simulator.slack.set_pace(Duration::from_millis(1));
        Self { simulator, account, key, net: net(), ear }
    }

    pub async fn act(&self, act: Act) -> String {
        self.simulator.slack.act(&self.key, &greta(), act).await.unwrap()
    }

    pub async fn send(&self, thread: &str, content: Content) -> Result<Receipt, SendError> {
        let to = vec![PartyId::plain("user_id", "U0GRETA")];
        let message = OutboundMessage::new(Uuid::now_v7(), thread.into(), to, content);
        slack().send(&self.account, &message, &self.net).await
    }

    pub fn last_message(&self) -> InboundMessage {
        match self.ear.heard.lock().unwrap().last() {
            Some(What::Message(message)) => (**message).clone(),
            other => panic!("{other:?}"),
        }
    }
}

async fn hear(State(ear): State<Arc<Ear>>, headers: HeaderMap, body: Bytes) -> Response {
    let retry = headers.get("x-slack-retry-num").map(|value| value.to_str().unwrap().to_owned());
    ear.retries.lock().unwrap().push(retry);
    if let Some(status) = ear.refuse.lock().unwrap().pop() {
        return StatusCode::from_u16(status).unwrap().into_response();
    }
    let headers: Vec<_> =
        headers.iter().map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec())).collect();
    let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_slice()));
    let request = Unverified::new("POST", "", vec![], headers, body);
    let key = slack().account_key(&ear.account);
    assert_eq!(slack().route(&request.envelope()), [key]);
    let scheme = slack().proof(&ear.account, &request);
    let Ok(verified) = request.verify(&scheme, Utc::now()) else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let read = slack().read(&ear.account, &verified).unwrap();
    ear.heard.lock().unwrap().extend(read.events.into_iter().map(|event| event.what));
    match read.answer {
        Some(answer) => ([("content-type", answer.content_type)], answer.body).into_response(),
        None => StatusCode::OK.into_response(),
    }
}
