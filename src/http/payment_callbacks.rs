//! Where payment providers call: `/webhooks/{provider}/{account_id}`. A callback is answered 200 once it is committed what there is to look
//! at; nothing that it says is believed beyond that. And where payers' browsers come back to, which proves nothing at all.

use std::sync::Arc;

use axum::extract::FromRequest;
use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path as UrlPath, Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse},
    routing::{get, post},
};
use chrono::Utc;
use payments::Provider;
use webhooks::Unverified;

use crate::{
    app::App,
    checkout,
    error::{Error, Problem, Result},
    ids::PaymentAccountId,
    metrics::CALLBACKS,
};

/// Bytes of a callback; providers send a few thousand.
const LARGEST: usize = 512 * 1024;

pub fn router() -> Router<App> {
    let router = Router::new().route("/pay/done", get(done));
    payments::all().iter().fold(router, |router, provider| {
        let path = format!("/webhooks/{}/{{account_id}}", provider.id());
        let take = async move |State(app): State<App>, UrlPath(id): UrlPath<String>, request: Request| {
            take(&app, *provider, &id, request).await
        };
        router.route(&path, post(take).layer(DefaultBodyLimit::max(LARGEST)))
    })
}

async fn take(app: &App, provider: &'static dyn Provider, id: &str, request: Request) -> Result<StatusCode> {
    let unknown = || Error::not_found("payment account");
    let id: PaymentAccountId = id.parse().map_err(|_| unknown())?;
    let account = app.payment_accounts.find(id).await?;
    let account = account.filter(|one| one.provider.id() == provider.id()).ok_or_else(unknown)?;
    let request = hear(app, request).await?;
    let scheme = provider.proof(&account.account, &request);
    let request = request.verify(&scheme, Utc::now()).map_err(|forged| {
        count(provider, "forged");
        Error::from(Problem::new(StatusCode::UNAUTHORIZED, "forged", forged.to_string()))
    })?;
    let notices = provider.read(&request).map_err(|error| {
        count(provider, "unreadable");
        Error::bad_request("unreadable", error.to_string())
    })?;
    checkout::receive(app, &account, &notices).await?;
    count(provider, "verified");
    Ok(StatusCode::OK)
}

async fn hear(app: &App, request: Request) -> Result<Unverified> {
    let address: Arc<str> = app.config.server.public_url.as_str().trim_end_matches('/').into();
    let query = url::form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes());
    let query = query.into_owned().collect();
    let (head, body) = request.into_parts();
    let body = Bytes::from_request(Request::from_parts(head.clone(), body), &())
        .await
        .map_err(|rejection| Problem::new(rejection.status(), "unreadable", rejection.body_text()))?;
    Ok(Unverified::received(address, head, query, body))
}

fn count(provider: &dyn Provider, verdict: &'static str) {
    metrics::counter!(CALLBACKS, "channel" => provider.id(), "verdict" => verdict).increment(1);
}

/// Says nothing about whether it was paid: only the provider does, and then the chat shows it.
async fn done(headers: HeaderMap) -> impl IntoResponse {
    let language = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or("en");
    let (code, title, text) = match language.get(..2) {
        Some("pt") => (
            "pt-BR",
            "Obrigado!",
            "Você já pode voltar à conversa: ela mostra quando o pagamento é confirmado.",
        ),
        Some("es") => {
            ("es", "¡Gracias!", "Ya puedes volver a la conversación: ahí se ve cuando el pago se confirma.")
        }
        _ => {
            ("en", "Thank you!", "You can go back to your chat now: it shows when the payment is confirmed.")
        }
    };
    Html(PAGE.replace("{code}", code).replace("{title}", title).replace("{text}", text))
}

const PAGE: &str = include_str!("payment_callbacks/done.html");
