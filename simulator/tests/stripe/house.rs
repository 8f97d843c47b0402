//! A merchant's account, somebody who calls the API with its key, and an ear that believes signed events only.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use chrono::Utc;
use serde_json::Value;
use simulator::{Cashier, Simulator};
use webhooks::{Scheme, Unverified};

pub struct House {
    pub simulator: Simulator,
    pub fields: BTreeMap<String, String>,
    pub http: reqwest::Client,
    pub ear: Arc<Ear>,
}

pub struct Ear {
    pub secrets: Mutex<Vec<String>>,
    pub heard: Mutex<Vec<Value>>,
    /// Statuses to answer before anything is taken.
    pub refuse: Mutex<Vec<u16>>,
}

pub struct Answer {
    pub status: u16,
    pub replayed: bool,
    pub json: Value,
}

impl House {
    pub async fn start() -> Self {
        let simulator = Simulator::start(([127, 0, 0, 1], 0).into()).await.unwrap();
        let fields = simulator.stripe.open_account("Loja da Ana");
        let ear = Arc::new(Ear {
            secrets: Mutex::new(vec![fields["webhook_secret"].clone()]),
            heard: Mutex::default(),
            refuse: Mutex::default(),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/webhooks/stripe", listener.local_addr().unwrap());
        let router = Router::new().route("/webhooks/stripe", post(hear)).with_state(ear.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        simulator.stripe.enter_webhook(&fields["secret_key"], &url);
        let _ = rustls::crypto::ring::default_provider().install_default();
        let redirects = reqwest::redirect::Policy::none();
        #[expect(clippy::disallowed_methods, reason = "a payer's browser is not the hub")]
        let http = reqwest::Client::builder().redirect(redirects).build().unwrap();
        Self { simulator, fields, http, ear }
    }

    pub async fn get(&self, path: &str) -> Answer {
        let request = self.http.get(format!("{}/v1/{path}", self.fields["api_base_url"]));
        answer(request.bearer_auth(&self.fields["secret_key"])).await.unwrap()
    }

    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.post_with(path, form, None).await.unwrap()
    }

    pub async fn post_with(
        &self,
        path: &str,
        form: &[(&str, &str)],
        key: Option<&str>,
    ) -> Result<Answer, reqwest::Error> {
        let request = self.http.post(format!("{}/v1/{path}", self.fields["api_base_url"])).form(form);
        let request = request.bearer_auth(&self.fields["secret_key"]);
        let keyed = match key {
            Some(key) => request.header("Idempotency-Key", key),
            None => request,
        };
        answer(keyed).await
    }

    /// A session over that amount in centavos.
    pub async fn session(&self, amount: i64) -> Value {
        let amount = amount.to_string();
        let form = [
            ("mode", "payment"),
            ("success_url", "https://hub.example/thanks?s={CHECKOUT_SESSION_ID}"),
            ("line_items[0][quantity]", "1"),
            ("line_items[0][price_data][currency]", "brl"),
            ("line_items[0][price_data][unit_amount]", amount.as_str()),
            ("line_items[0][price_data][product_data][name]", "Consulta & café"),
            ("metadata[request]", "42"),
            ("payment_intent_data[metadata][request]", "42"),
        ];
        let made = self.post("checkout/sessions", &form).await;
        assert_eq!(made.status, 200, "{}", made.json);
        made.json
    }

    pub async fn paid(&self, amount: i64) -> (String, String) {
        let session = id(&self.session(amount).await);
        let intent = self.simulator.stripe.pay(&session).await.unwrap();
        (session, intent)
    }

    pub fn kinds(&self) -> Vec<String> {
        let heard = self.ear.heard.lock().unwrap();
        heard.iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
    }

    pub fn forget(&self) {
        self.ear.heard.lock().unwrap().clear();
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Result<Answer, reqwest::Error> {
    let answer = request.send().await?;
    let status = answer.status().as_u16();
    let replayed = answer.headers().get("idempotent-replayed").is_some_and(|value| value == "true");
    assert!(status >= 500 || answer.headers().contains_key("request-id"));
    let text = answer.text().await?;
    Ok(Answer { status, replayed, json: serde_json::from_str(&text).unwrap_or_default() })
}

pub fn id(object: &Value) -> String {
    object["id"].as_str().unwrap().to_owned()
}

async fn hear(State(ear): State<Arc<Ear>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    if let Some(status) = ear.refuse.lock().unwrap().pop() {
        return StatusCode::from_u16(status).unwrap();
    }
    let headers: Vec<_> =
        headers.iter().map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec())).collect();
    let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_slice()));
    let request = Unverified::new("POST", "", vec![], headers, body);
    let secrets = ear.secrets.lock().unwrap().iter().cloned().map(Into::into).collect();
    let scheme = Scheme::Stamped { header: "Stripe-Signature", secrets };
    let Ok(verified) = request.verify(&scheme, Utc::now()) else { return StatusCode::BAD_REQUEST };
    ear.heard.lock().unwrap().push(serde_json::from_slice(verified.body()).unwrap());
    StatusCode::OK
}
