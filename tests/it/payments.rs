//! Payments at the played providers: asked for in a chat, paid, given back, and the books of it, whatever gets lost or comes twice.

mod bad_input;
mod crashes;
mod review;
mod sale;

use std::{sync::Arc, time::Duration};

use payments::{Progress, State};
use serde_json::{Value, json};
use simulator::Cashier;

use crate::harness::{
    client::Session,
    hub::{Hub, Work},
    inbox::id,
    platform::Played,
};

const CUSTOMER: &str = "5000000001";

/// An organization that sells in a chat, with an account at a provider.
struct Shop {
    hub: Hub,
    owner: Session,
    played: Played,
    cashier: Arc<dyn Cashier>,
    /// As the hub shows it.
    account: Value,
    conversation: Value,
}

impl Shop {
    async fn open(provider: &str) -> Self {
        let hub = Hub::start().await;
        let owner = hub.found("Acme", "ada").await;
        let played = Played::connect(&hub, &owner, "telegram").await;
        let conversation = played.write(&owner, CUSTOMER, "I want a cake").await;
        let cashier = cashier(&played, provider);
        let account = connect(&hub, &owner, &cashier).await;
        Self { hub, owner, played, cashier, account, conversation }
    }

    fn work(&self) -> Work {
        self.hub.work()
    }

    /// Ten reais and fifty for a cake, by card, in the conversation.
    fn cake(&self) -> Value {
        json!({
            "account_id": id(&self.account),
            "conversation_id": id(&self.conversation),
            "amount": {"minor": 1050, "currency": "BRL"},
            "description": "Cake",
            "methods": ["card"],
        })
    }

    async fn ask(&self, body: &Value) -> Value {
        self.owner.post("/payments", body).await.expect(201).body
    }

    /// Asks for a cake and waits for its page.
    async fn offered(&self) -> Value {
        let payment = self.ask(&self.cake()).await;
        self.until(&payment, "pending").await
    }

    async fn payment(&self, payment: &Value) -> Value {
        self.owner.get(&format!("/payments/{}", id(payment))).await.expect(200).body
    }

    async fn until(&self, payment: &Value, state: &str) -> Value {
        self.until_that(payment, state, |now| now["state"] == state).await
    }

    async fn until_that(&self, payment: &Value, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..2400 {
            let now = self.payment(payment).await;
            if is(&now) {
                return now;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("never {what}: {}", self.payment(payment).await);
    }

    /// What the provider knows it by.
    async fn offer(&self, payment: &Value) -> String {
        sqlx::query_scalar("select offer_id from payments where id = $1::uuid")
            .bind(id(payment))
            .fetch_one(&mut self.hub.sql().await)
            .await
            .unwrap()
    }

    /// A cake that was asked for and paid: the payment, the charge's id at the provider.
    async fn sold(&self) -> (Value, String) {
        let payment = self.offered().await;
        let charge = self.cashier.pay(&self.offer(&payment).await).await.unwrap();
        (self.until(&payment, "paid").await, charge)
    }

    async fn refund(&self, payment: &Value, minor: i64) -> Value {
        let body = json!({"amount": {"minor": minor, "currency": "BRL"}, "reason": "it was late"});
        self.owner.post(&format!("/payments/{}/refund", id(payment)), &body).await.expect(201).body
    }

    /// captured, refunded, lost and fees of all days.
    async fn books(&self) -> [i64; 4] {
        let days = self.owner.get("/payments/balance").await.expect(200).body["data"].clone();
        let sum = |name: &str| {
            let days = days.as_array().unwrap().iter();
            days.map(|day| day[name].as_i64().unwrap()).sum::<i64>()
        };
        let [captured, refunded, lost, fees] = ["captured", "refunded", "lost", "fees"].map(sum);
        assert_eq!(sum("net"), captured - refunded - lost - fees);
        [captured, refunded, lost, fees]
    }

    async fn reconciliation(&self) -> Value {
        self.owner.get("/payments/reconciliation").await.expect(200).body
    }

    /// No job is left but those that were put aside.
    async fn at_rest(&self) {
        for _ in 0..2400 {
            let left: i64 = sqlx::query_scalar("select count(*) from jobs where state = 'ready'")
                .fetch_one(&mut self.hub.sql().await)
                .await
                .unwrap();
            if left == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("jobs are left");
    }
}

fn cashier(played: &Played, provider: &str) -> Arc<dyn Cashier> {
    played.simulator.cashiers().into_iter().find(|one| one.provider() == provider).unwrap()
}

/// Connects a new account of the provider, and tells the provider where to call.
async fn connect(hub: &Hub, owner: &Session, cashier: &Arc<dyn Cashier>) -> Value {
    let fields = cashier.open_account("Acme");
    let body = json!({"provider": cashier.provider(), "name": "Till", "account": fields});
    let account = owner.post("/payment-accounts", &body).await.expect(201).body;
    assert_eq!((account["status"].as_str(), account["live"].as_bool()), (Some("connected"), Some(false)));
    let key = ["secret_key", "access_token"].into_iter().find_map(|name| fields.get(name)).unwrap();
    let url = account["webhook_url"].as_str().unwrap();
    let path = url.strip_prefix(hub.app.config.server.public_url.as_str().trim_end_matches('/')).unwrap();
    cashier.enter_webhook(key, &format!("{}{path}", hub.url));
    account
}

/// The words of the wire are those of the crate.
#[test]
fn states_are_called_the_same_everywhere() {
    assert_eq!(json!(State::PartiallyRefunded), "partially_refunded");
    assert_eq!(json!(Progress::Captured), "captured");
}

/// The same for every provider.
macro_rules! at_each {
    ($($test:ident),* $(,)?) => {
        mod stripe {
            $(#[tokio::test] async fn $test() { super::$test("stripe").await })*
        }
        mod mercado_pago {
            $(#[tokio::test] async fn $test() { super::$test("mercado_pago").await })*
        }
    };
}
use at_each;
