//! What is asked of a Page and of its app: names, subscriptions, and the handshake that Meta makes before it believes an address.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{Path, State},
    response::Response,
};
use serde_json::{Value, json};

use super::{
    Player, Product,
    graph::{Call, GraphError, ok},
    world::random_digits,
};

type Playing<P> = State<Arc<Player<P>>>;

/// `GET /me` is the Page; any other id is a customer, whose profile it is.
pub(super) async fn get<P: Product>(
    State(player): Playing<P>,
    Path(object): Path<String>,
    call: Call,
) -> Response {
    if object == "me" {
        return player.answer("page", async { player.page(&call) }).await;
    }
    let work = async {
        let page = player.caller(&call, "me")?;
        let mut world = player.world();
        let known = world.chat(&page, &object).map(|chat| chat.customer.clone());
        let customer = known.ok_or_else(|| GraphError::unknown_object(&object))?;
        let (first, last) = customer.name.split_once(' ').unwrap_or((customer.name.as_str(), ""));
        ok(match P::WATERMARKS {
            true => json!({ "first_name": first, "last_name": last, "id": object }),
            false => json!({ "name": customer.name, "username": customer.username, "id": object }),
        })
    };
    player.answer("profile", work).await
}

/// `GET /me/accounts`, asked by the admin who consented.
pub(super) async fn accounts<P: Product>(State(player): Playing<P>, call: Call) -> Response {
    player.answer("accounts", async { player.chosen(&call) }).await
}

impl<P: Product> Player<P> {
    fn page(&self, call: &Call) -> Result<Response, GraphError> {
        let id = self.caller(call, "me")?;
        let world = self.world();
        let page = world.pages.get(&id).ok_or_else(|| GraphError::unknown_object(&id))?;
        ok(match P::WATERMARKS {
            true => json!({ "id": page.id, "name": page.name }),
            false => json!({
                "id": format!("1{}", page.id),
                "name": page.name,
                "instagram_business_account": { "id": page.id, "username": page.username() },
            }),
        })
    }

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
            "(#2200) Callback verification failed with the following errors: HTTP Status Code = {}",
            taken.status
        );
        Err(GraphError::new(400, 2200, None, message))
    }
}

/// `GET /debug_token`, asked by the app.
pub(super) async fn debug_token<P: Product>(State(player): Playing<P>, call: Call) -> Response {
    let work = async {
        let id = player.app(&call)?;
        let world = player.world();
        let app = world.pages.get(&id).map(|page| &page.app_id);
        let asked = call.query.get("input_token");
        let mut of_app = world.pages.values().filter(|page| Some(&page.app_id) == app);
        let valid = of_app.any(|page| page.token_works && asked == Some(&page.token));
        let scopes =
            ["pages_show_list", "pages_messaging", "pages_manage_metadata", "instagram_manage_messages"];
        ok(json!({ "data": { "is_valid": valid, "type": "PAGE", "expires_at": 0, "scopes": scopes } }))
    };
    player.answer("debug_token", work).await
}

/// `POST /{app}/subscriptions`, asked by the app.
pub(super) async fn subscribe_app<P: Product>(
    State(player): Playing<P>,
    Path(app): Path<String>,
    call: Call,
    body: Bytes,
) -> Response {
    let work = async {
        let id = player.app(&call)?;
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        let given = |key: &str| {
            body[key]
                .as_str()
                .ok_or_else(|| GraphError::invalid(&format!("The parameter {key} is required.")))
        };
        if given("object")? != P::OBJECT {
            return Err(GraphError::invalid("Invalid object"));
        }
        let url = given("callback_url")?;
        player.shake_hands(url, given("verify_token")?).await?;
        let mut world = player.world();
        // The address is the app's: all of its accounts get it.
        for page in world.pages.values_mut().filter(|page| page.app_id == app || page.id == id) {
            page.callback = Some(url.to_owned());
        }
        ok(json!({ "success": true }))
    };
    player.answer("subscriptions", work).await
}

pub(super) async fn subscriptions<P: Product>(State(player): Playing<P>, call: Call) -> Response {
    let work = async {
        let id = player.app(&call)?;
        let world = player.world();
        let url = world.pages.get(&id).and_then(|page| page.callback.clone());
        let data: Vec<_> = url
            .map(|url| json!({ "object": P::OBJECT, "callback_url": url, "active": true, "fields": [] }))
            .into_iter()
            .collect();
        ok(json!({ "data": data }))
    };
    player.answer("subscriptions", work).await
}

/// `/{page}/subscribed_apps`
pub(super) async fn apps<P: Product>(
    State(player): Playing<P>,
    Path(object): Path<String>,
    call: Call,
) -> Response {
    let work = async {
        let id = player.caller(&call, &object)?;
        let world = player.world();
        let app = world.pages.get(&id).filter(|page| page.subscribed);
        let data: Vec<_> = app
            .map(|page| json!({ "id": page.app_id, "name": "Switchboard", "subscribed_fields": page.fields }))
            .into_iter()
            .collect();
        ok(json!({ "data": data }))
    };
    player.answer("subscribed_apps", work).await
}

pub(super) async fn subscribe<P: Product>(
    State(player): Playing<P>,
    Path(object): Path<String>,
    call: Call,
    body: Bytes,
) -> Response {
    let work = async {
        let id = player.caller(&call, &object)?;
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        let fields = body["subscribed_fields"].as_str().unwrap_or_default();
        if !fields.contains("messages") {
            return Err(GraphError::invalid("The parameter subscribed_fields is required."));
        }
        if let Some(page) = player.world().pages.get_mut(&id) {
            page.fields = fields.split(',').map(str::to_owned).collect();
        }
        player.set_subscribed(&id, true)
    };
    player.answer("subscribed_apps", work).await
}

pub(super) async fn unsubscribe<P: Product>(
    State(player): Playing<P>,
    Path(object): Path<String>,
    call: Call,
) -> Response {
    let work = async { player.set_subscribed(&player.caller(&call, &object)?, false) };
    player.answer("subscribed_apps", work).await
}

impl<P: Product> Player<P> {
    fn set_subscribed(&self, id: &str, subscribed: bool) -> Result<Response, GraphError> {
        if let Some(page) = self.world().pages.get_mut(id) {
            page.subscribed = subscribed;
        }
        ok(json!({ "success": true }))
    }
}
