//! Where callbacks go: `/{waba}/subscribed_apps`, with the handshake that Meta makes before it believes an address.

use std::sync::Arc;

use axum::{body::Bytes, extract::State, response::Response};
use serde_json::{Value, json};

use super::{
    Player,
    graph::{Call, GraphError, ok},
    world::random_digits,
};

const METHOD: &str = "subscribed_apps";

pub(super) async fn post(State(player): State<Arc<Player>>, call: Call, body: Bytes) -> Response {
    let work = async {
        let number = player.caller(&call)?;
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        if let Some(url) = body["override_callback_uri"].as_str() {
            let token = body["verify_token"].as_str().ok_or_else(|| GraphError::required("verify_token"))?;
            player.shake_hands(url, token).await?;
            if let Some(number) = player.world().numbers.get_mut(&number) {
                number.callback = Some(url.to_owned());
            }
        }
        ok(json!({ "success": true }))
    };
    player.answer(METHOD, work).await
}

pub(super) async fn get(State(player): State<Arc<Player>>, call: Call) -> Response {
    let work = async {
        let id = player.caller(&call)?;
        let world = player.world();
        let apps: Vec<Value> = world
            .numbers
            .get(&id)
            .and_then(|number| number.callback.as_ref())
            .map(|url| {
                json!({
                    "whatsapp_business_api_data": {
                        "id": "670843887433847",
                        "link": "https://www.facebook.com/games/?app_id=670843887433847",
                        "name": "Switchboard",
                    },
                    "override_callback_uri": url,
                })
            })
            .into_iter()
            .collect();
        ok(json!({ "data": apps }))
    };
    player.answer(METHOD, work).await
}

pub(super) async fn delete(State(player): State<Arc<Player>>, call: Call) -> Response {
    let work = async {
        let id = player.caller(&call)?;
        if let Some(number) = player.world().numbers.get_mut(&id) {
            number.callback = None;
        }
        ok(json!({ "success": true }))
    };
    player.answer(METHOD, work).await
}

impl Player {
    /// The address must give the challenge back as it is.
    async fn shake_hands(&self, url: &str, token: &str) -> Result<(), GraphError> {
        let challenge = random_digits(10);
        let query =
            [("hub.mode", "subscribe"), ("hub.challenge", challenge.as_str()), ("hub.verify_token", token)];
        let taken = self.poster.get(url, &query).await;
        if taken.status == 200 && taken.body == challenge {
            return Ok(());
        }
        let message = format!(
            "(#2200) Callback verification failed with the following errors: HTTP Status Code = {}; the challenge was {}",
            taken.status,
            if taken.status == 200 { "not returned" } else { "not answered" },
        );
        Err(GraphError::new(400, 2200, message))
    }
}
