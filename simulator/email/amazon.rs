//! Amazon SNS, as SES speaks through it: signed messages, the certificate with which they are signed, and the page that confirms a
//! subscription.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::Utc;
use ring::{
    rand::SystemRandom,
    signature::{RSA_PKCS1_SHA256, RsaKeyPair},
};
use serde_json::{Value, json};

use super::consent::random;
use crate::callbacks::Poster;

const CERTIFICATE: &str = include_str!("../../fixtures/channels/email/certificate.pem");
const KEY: &[u8] = include_bytes!("../../fixtures/channels/email/certificate-key.der");

/// The topic that the played SES tells.
pub const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:letters";

/// Played SNS.
pub struct Amazon {
    base_url: String,
    poster: Poster,
    /// Tokens of subscriptions that wait, and those that are confirmed.
    asked: Mutex<BTreeSet<String>>,
    confirmed: Mutex<usize>,
    certificates: Mutex<usize>,
}

impl Amazon {
    pub(super) fn new(base_url: &str) -> Self {
        Self {
            base_url: base_url.to_owned(),
            poster: Poster::default(),
            asked: Mutex::default(),
            confirmed: Mutex::default(),
            certificates: Mutex::default(),
        }
    }

    /// Subscribes the hub's address to the topic: it is asked to confirm. The answer's status.
    pub async fn subscribe(&self, url: &str) -> u16 {
        let token = random();
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).insert(token.clone());
        let confirm = format!("{}/sns-confirm?Action=ConfirmSubscription&Token={token}", self.base_url);
        let text = "You have chosen to subscribe. To confirm, visit the SubscribeURL.";
        let body = json!({ "Type": "SubscriptionConfirmation", "Message": text, "Token": token, "SubscribeURL": confirm });
        self.tell(url, body).await
    }

    /// SES publishes `told` to the topic. The answer's status.
    pub async fn publish(&self, url: &str, told: &Value) -> u16 {
        self.tell(url, json!({ "Type": "Notification", "Message": told.to_string() })).await
    }

    /// Subscriptions that the hub has confirmed.
    pub fn confirmed(&self) -> usize {
        *self.confirmed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How often the certificate was fetched.
    pub fn certificates_fetched(&self) -> usize {
        *self.certificates.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn tell(&self, url: &str, mut body: Value) -> u16 {
        body["MessageId"] = json!(random());
        body["TopicArn"] = json!(TOPIC);
        body["Timestamp"] = json!(Utc::now().to_rfc3339());
        body["SignatureVersion"] = json!("2");
        body["SigningCertURL"] = json!(format!("{}/SimpleNotificationService-played.pem", self.base_url));
        body["Signature"] = json!(STANDARD.encode(signature(&body)));
        let kind = body["Type"].as_str().unwrap_or_default().to_owned();
        let headers = [("x-amz-sns-message-type", kind)];
        self.poster.post(url, &headers, body.to_string().into_bytes()).await.status
    }

    pub(super) fn certificate(&self) -> &'static str {
        *self.certificates.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        CERTIFICATE
    }

    /// Whether that subscription was waiting.
    pub(super) fn confirm(&self, token: &str) -> bool {
        let known = self.asked.lock().unwrap_or_else(PoisonError::into_inner).remove(token);
        *self.confirmed.lock().unwrap_or_else(PoisonError::into_inner) += usize::from(known);
        known
    }
}

/// Empty if it cannot be signed, which nobody believes.
fn signature(body: &Value) -> Vec<u8> {
    let text = webhooks::sns::signed(body).unwrap_or_default();
    let Ok(key) = RsaKeyPair::from_pkcs8(KEY) else { return Vec::new() };
    let mut signature = vec![0; key.public().modulus_len()];
    match key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature) {
        Ok(()) => signature,
        Err(_) => Vec::new(),
    }
}
