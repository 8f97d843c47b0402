//! Facebook Login: an admin consents for the Pages of an app, and the code that the browser brings back is traded for a token, once. The
//! token lists the Pages, each with the token that speaks for it.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Form,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde_json::{Value, json};
use url::Url;

use super::{
    Player, Product,
    graph::{Call, GraphError, ok, proven},
    world::{Page, random_hex},
};

type Playing<P> = State<Arc<Player<P>>>;
type Fields = BTreeMap<String, String>;

/// Pages that one list holds, so that an app with more has several lists.
const LIST: usize = 2;

/// What the admin of an app does on the consent page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Consents {
    /// Chooses all Pages.
    #[default]
    All,
    /// Continues without a Page.
    None,
    /// Presses “Cancel”.
    Cancels,
}

/// A code on its way back to whom it was made for.
pub(super) struct Code {
    app: String,
    redirect: String,
}

/// `GET /dialog/oauth`: the admin decides at once.
pub(super) async fn page<P: Product>(State(player): Playing<P>, Query(query): Query<Fields>) -> Response {
    let text = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
    let app = player.world().pages.values().any(|page| page.app_id == text("client_id"));
    let (true, Ok(mut back)) = (app, Url::parse(text("redirect_uri"))) else {
        return (StatusCode::BAD_REQUEST, "Invalid App ID").into_response();
    };
    if player.settings().consents == Consents::Cancels {
        back.query_pairs_mut()
            .append_pair("error", "access_denied")
            .append_pair("error_reason", "user_denied")
            .append_pair("error_description", "Permissions error");
    } else {
        let code = Code { app: text("client_id").to_owned(), redirect: text("redirect_uri").to_owned() };
        let name = random_hex(24);
        player.world().codes.insert(name.clone(), code);
        back.query_pairs_mut().append_pair("code", &name);
    }
    back.query_pairs_mut().append_pair("state", text("state"));
    Redirect::to(back.as_str()).into_response()
}

/// `POST /oauth/access_token`: a code for a token, or a token for one that lives longer.
pub(super) async fn token<P: Product>(State(player): Playing<P>, Form(fields): Form<Fields>) -> Response {
    player.answer("access_token", async { player.granted(&fields) }).await
}

impl<P: Product> Player<P> {
    fn granted(&self, fields: &Fields) -> Result<Response, GraphError> {
        let text = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
        let mut world = self.world();
        let app = world.pages.values().find(|page| page.app_id == text("client_id"));
        match app {
            None => return Err(GraphError::new(400, 101, None, "Error validating application.")),
            Some(page) if page.app_secret != text("client_secret") => {
                return Err(GraphError::new(400, 1, None, "Error validating client secret."));
            }
            Some(_) => {}
        }
        let app = if text("grant_type") == "fb_exchange_token" {
            world.admins.get(text("fb_exchange_token")).filter(|app| *app == text("client_id")).cloned()
        } else {
            let code = world.codes.remove(text("code"));
            code.filter(|code| code.app == text("client_id") && code.redirect == text("redirect_uri"))
                .map(|code| code.app)
        };
        let used = || GraphError::new(400, 100, Some(36009), "This authorization code has been used.");
        let token = format!("EAAU{}", random_hex(24));
        world.admins.insert(token.clone(), app.ok_or_else(used)?);
        ok(json!({ "access_token": token, "token_type": "bearer", "expires_in": 5_183_944 }))
    }

    /// `GET /me/accounts`: the Pages that were chosen.
    pub(super) fn chosen(&self, call: &Call) -> Result<Response, GraphError> {
        let world = self.world();
        let app = world.admins.get(call.bearer()).ok_or_else(GraphError::token)?;
        let of_app = || world.pages.values().filter(|page| page.app_id == *app);
        if let Some(page) = of_app().next() {
            proven(call, page)?;
        }
        let after: usize = call.query.get("after").and_then(|text| text.parse().ok()).unwrap_or_default();
        let chosen: Vec<_> = of_app().filter(|_| self.settings().consents == Consents::All).collect();
        let data: Vec<_> = chosen.iter().skip(after).take(LIST).map(|page| listed::<P>(page)).collect();
        let end = after + data.len();
        let mut paging = json!({ "cursors": { "before": after.to_string(), "after": end.to_string() } });
        if end < chosen.len() {
            paging["next"] = json!(format!("{}/v25.0/me/accounts?after={end}", self.base_url));
        }
        ok(json!({ "data": data, "paging": paging }))
    }
}

fn listed<P: Product>(page: &Page) -> Value {
    let mut listed = json!({ "id": page.id, "name": page.name, "access_token": page.token });
    if !P::WATERMARKS {
        listed["id"] = json!(format!("1{}", page.id));
        listed["instagram_business_account"] = json!({ "id": page.id, "username": page.username() });
    }
    listed
}
