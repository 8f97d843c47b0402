//! A hub in small: takes callbacks at a real address, verifies and reads them, and sends.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    extract::{Request, State},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use channels::{
    Account, Channel, Connection, InboundEvent, OutboundMessage, Receipt, SendError,
    event::{InboundMessage, StatusChange, What},
    message::Content,
    party::PartyId,
};
use chrono::Utc;
use net::guard::Private;
use simulator::{Act, Customer, Player, Simulator};
use tokio::net::TcpListener;
use uuid::Uuid;
use webhooks::Unverified;

pub struct Hub {
    pub simulator: Simulator,
    pub fields: BTreeMap<String, String>,
    pub account: Account,
    pub net: net::Client,
    pub connection: Connection,
    pub id: Uuid,
    inbox: Arc<Inbox>,
}

struct Inbox {
    account: Account,
    events: Mutex<Vec<InboundEvent>>,
    forged: Mutex<usize>,
    /// Callbacks that are refused with 503 before one is taken.
    busy: Mutex<usize>,
}

pub fn whatsapp() -> &'static dyn Channel {
    channels::find("whatsapp").unwrap()
}

pub fn ada() -> Customer {
    Customer { id: "4915100000001".into(), name: "Ada Lovelace".into(), username: None }
}

impl Hub {
    /// A connected account.
    pub async fn start() -> Self {
        let hub = Self::unconnected().await;
        whatsapp().connect(&hub.account, &hub.connection, &hub.net).await.unwrap();
        hub
    }

    pub async fn unconnected() -> Self {
        let simulator = Simulator::start(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        simulator.whatsapp.set_pace(Duration::from_millis(5));
        let fields = simulator.whatsapp.open_account("Analytical Engines");
        let mut account = whatsapp().account_form().fill(fields.clone()).unwrap();
        whatsapp().complete(&mut account);
        let inbox = Arc::new(Inbox {
            account: account.clone(),
            events: Mutex::default(),
            forged: Mutex::default(),
            busy: Mutex::default(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let webhook_url = format!("http://{}/webhooks/whatsapp/1", listener.local_addr().unwrap());
        let router = Router::new().fallback(take).with_state(inbox.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let limits = net::Limits { total: Duration::from_secs(5), ..net::Limits::default() };
        Self {
            simulator,
            fields,
            account,
            net: net::Client::new(Private::Allowed, limits).unwrap(),
            connection: Connection { webhook_url: webhook_url.parse().unwrap() },
            id: Uuid::now_v7(),
            inbox,
        }
    }

    pub fn key(&self) -> &str {
        &self.fields["phone_number_id"]
    }

    pub async fn act(&self, customer: &Customer, act: Act) -> String {
        self.simulator.whatsapp.act(self.key(), customer, act).await.unwrap()
    }

    /// Ada writes, so that the window is open.
    pub async fn greeted(&self) -> String {
        self.act(&ada(), Act::Text { text: "hello".into(), reply_to: None }).await
    }

    pub fn outbound(&self, to: &str, content: Content) -> OutboundMessage {
        let kind = if to.contains('.') { "bsuid" } else { "wa_id" };
        let to = vec![PartyId { kind: kind.into(), key: to.into(), address: to.into() }];
        OutboundMessage::new(self.id, String::new(), to, content)
    }

    pub async fn send(&self, to: &str, content: Content) -> Result<Receipt, SendError> {
        whatsapp().send(&self.account, &self.outbound(to, content), &self.net).await
    }

    pub async fn text(&self, text: &str) -> Result<Receipt, SendError> {
        self.send(&ada().id, Content::Text { text: text.into() }).await
    }

    pub fn events(&self) -> Vec<InboundEvent> {
        self.inbox.events.lock().unwrap().clone()
    }

    pub fn forged(&self) -> usize {
        *self.inbox.forged.lock().unwrap()
    }

    pub fn be_busy(&self, times: usize) {
        *self.inbox.busy.lock().unwrap() = times;
    }

    pub fn messages(&self) -> Vec<InboundMessage> {
        let events = self.events().into_iter();
        events
            .filter_map(|event| match event.what {
                What::Message(message) => Some(*message),
                _ => None,
            })
            .collect()
    }

    pub fn last_message(&self) -> InboundMessage {
        self.messages().pop().unwrap()
    }

    pub fn last(&self) -> What {
        self.events().pop().unwrap().what
    }

    pub fn statuses(&self) -> Vec<StatusChange> {
        let events = self.events().into_iter();
        events
            .filter_map(|event| match event.what {
                What::Status(status) => Some(status),
                _ => None,
            })
            .collect()
    }

    /// Waits until so many statuses came, and gives their words.
    pub async fn statuses_of(&self, message: &str, count: usize) -> Vec<&'static str> {
        let words = || -> Vec<_> {
            let of = self.statuses().into_iter().filter(|status| status.external_id == message);
            of.map(|status| status.status.as_str()).collect()
        };
        for _ in 0..200 {
            if words().len() >= count {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        words()
    }
}

async fn take(State(inbox): State<Arc<Inbox>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 3 << 20).await.unwrap();
    {
        let mut busy = inbox.busy.lock().unwrap();
        if parts.method != "GET" && *busy > 0 {
            *busy -= 1;
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    }
    let query = url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
    let query = query.into_owned().collect();
    let headers = parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    let request = Unverified::new(parts.method.as_str(), &parts.uri.to_string(), query, headers, body);
    let scheme = whatsapp().proof(&inbox.account, &request);
    let Ok(verified) = request.verify(&scheme, Utc::now()) else {
        *inbox.forged.lock().unwrap() += 1;
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let incoming = whatsapp().read(&inbox.account, &verified).unwrap();
    inbox.events.lock().unwrap().extend(incoming.events);
    match incoming.answer {
        Some(answer) => {
            let status = StatusCode::from_u16(answer.status).unwrap();
            (status, [(CONTENT_TYPE, answer.content_type)], answer.body).into_response()
        }
        None => StatusCode::OK.into_response(),
    }
}
