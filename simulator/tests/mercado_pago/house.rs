//! A seller's account, somebody who calls the API with its token, and an ear that believes signed notifications only.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    routing::post,
};
use chrono::Utc;
use reqwest::Method;
use serde_json::{Value, json};
use simulator::{Cashier, Simulator};
use webhooks::{Scheme, Unverified};

pub struct House {
    pub simulator: Simulator,
    pub fields: BTreeMap<String, String>,
    pub http: reqwest::Client,
    pub ear: Arc<Ear>,
    pub url: String,
}

pub struct Ear {
    pub secret: Mutex<String>,
    /// What was in the query, with the body.
    pub heard: Mutex<Vec<(BTreeMap<String, String>, Value)>>,
    /// Statuses to answer before anything is taken.
    pub refuse: Mutex<Vec<u16>>,
}

pub struct Answer {
    pub status: u16,
    pub text: String,
    pub json: Value,
}

impl House {
    pub async fn start() -> Self {
        let simulator = Simulator::start(([127, 0, 0, 1], 0).into()).await.unwrap();
        let fields = simulator.mercado_pago.open_account("Loja da Ana");
        let ear = Arc::new(Ear {
            secret: Mutex::new(fields["webhook_secret"].clone()),
            heard: Mutex::default(),
            refuse: Mutex::default(),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/webhooks/mercado_pago", listener.local_addr().unwrap());
        let router = Router::new().route("/webhooks/mercado_pago", post(hear)).with_state(ear.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let _ = rustls::crypto::ring::default_provider().install_default();
        let redirects = reqwest::redirect::Policy::none();
        #[expect(clippy::disallowed_methods, reason = "a payer's browser is not the hub")]
        let http = reqwest::Client::builder().redirect(redirects).build().unwrap();
        Self { simulator, fields, http, ear, url }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None, None).await.unwrap()
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PUT, path, Some(body), None).await.unwrap()
    }

    pub async fn post(&self, path: &str, body: Value, key: &str) -> Answer {
        self.call(Method::POST, path, Some(body), Some(key)).await.unwrap()
    }

    pub async fn call(
        &self,
        verb: Method,
        path: &str,
        body: Option<Value>,
        key: Option<&str>,
    ) -> Result<Answer, reqwest::Error> {
        let url = format!("{}/{path}", self.fields["api_base_url"]);
        let mut request = self.http.request(verb, url).bearer_auth(&self.fields["access_token"]);
        if let Some(body) = body {
            request = request.json(&body);
        }
        if let Some(key) = key {
            request = request.header("X-Idempotency-Key", key);
        }
        let answer = request.send().await?;
        let (status, text) = (answer.status().as_u16(), answer.text().await?);
        Ok(Answer { status, json: serde_json::from_str(&text).unwrap_or_default(), text })
    }

    pub fn preference_body(&self, price: &str) -> Value {
        json!({
            "items": [{
                "id": "1", "title": "Consulta & café", "quantity": 1, "currency_id": "BRL",
                "unit_price": serde_json::from_str::<Value>(price).unwrap(),
            }],
            "external_reference": "pay-42", "metadata": { "requestId": "42" },
            "notification_url": format!("{}?source_news=webhooks", self.url),
            "back_urls": {
                "success": "https://hub.example/thanks", "pending": "https://hub.example/wait", "failure": "https://hub.example/no",
            },
            "auto_return": "approved",
        })
    }

    /// Its id.
    pub async fn preference(&self, price: &str) -> String {
        let key = uuid::Uuid::new_v4().to_string();
        let made = self.post("checkout/preferences", self.preference_body(price), &key).await;
        assert_eq!(made.status, 201, "{}", made.text);
        made.json["id"].as_str().unwrap().to_owned()
    }

    /// A payment on a preference of its own.
    pub async fn paid(&self, price: &str) -> String {
        let preference = self.preference(price).await;
        self.simulator.mercado_pago.pay(&preference).await.unwrap()
    }

    /// `payment.created` and such.
    pub fn heard(&self) -> Vec<String> {
        let heard = self.ear.heard.lock().unwrap();
        let name = |body: &Value| body["action"].as_str().or(body["type"].as_str()).unwrap().to_owned();
        heard.iter().map(|(_, body)| name(body)).collect()
    }

    pub fn forget(&self) {
        self.ear.heard.lock().unwrap().clear();
    }
}

async fn hear(
    State(ear): State<Arc<Ear>>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    if let Some(status) = ear.refuse.lock().unwrap().pop() {
        return StatusCode::from_u16(status).unwrap();
    }
    let headers: Vec<_> =
        headers.iter().map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec())).collect();
    let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_slice()));
    let request = Unverified::new("POST", "", query.clone().into_iter().collect(), headers, body);
    let scheme = Scheme::Manifest { secrets: vec![ear.secret.lock().unwrap().clone().into()] };
    let Ok(verified) = request.verify(&scheme, Utc::now()) else { return StatusCode::BAD_REQUEST };
    ear.heard.lock().unwrap().push((query, serde_json::from_slice(verified.body()).unwrap()));
    StatusCode::OK
}
