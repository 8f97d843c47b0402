//! Connecting by Facebook Login: an admin consents once, and every Page chosen there, or every Instagram account linked to one, becomes an
//! account. Tokens of Pages do not expire if the admin's own token was a long-lived one.

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::{
    Product,
    account::{
        self, ANSWER_DAYS, APP_ID, APP_SECRET, INSTAGRAM_ACCOUNT_ID, PAGE_ACCESS_TOKEN, PAGE_ID,
        VERIFY_TOKEN, VERSION,
    },
    graph::Call,
    wire,
};
use crate::{Account, Form, Installed, Refusal, SendError, account::API_BASE_URL, error::NextStep};

/// Where people log in; other than the API's host.
const LOGIN: &str = "https://www.facebook.com";

/// Lists of Pages that are asked for, one after the other.
const LISTS_MAX: usize = 20;

#[derive(Deserialize)]
struct Token {
    access_token: String,
}

pub(super) fn form() -> Form {
    Form::new(vec![account::app_id(), account::app_secret(), account::verify_token()])
}

pub(super) fn address(product: Product, app: &Account, redirect: &Url, state: &str) -> Option<Url> {
    let scopes = match product {
        Product::Messenger => "pages_show_list,pages_messaging,pages_manage_metadata",
        Product::Instagram => {
            "pages_show_list,pages_manage_metadata,pages_messaging,instagram_basic,instagram_manage_messages"
        }
    };
    let mut url = app.api_base(LOGIN).ok()?;
    url.path_segments_mut().ok()?.pop_if_empty().extend([VERSION, "dialog", "oauth"]);
    url.query_pairs_mut()
        .append_pair("client_id", app.text(APP_ID))
        .append_pair("redirect_uri", redirect.as_str())
        .append_pair("state", state)
        .append_pair("response_type", "code")
        .append_pair("scope", scopes);
    Some(url)
}

pub(super) async fn install(
    product: Product,
    app: &Account,
    code: &str,
    redirect: &Url,
    net: &net::Client,
) -> Result<Vec<Installed>, SendError> {
    let short = [("redirect_uri", redirect.as_str()), ("code", code)];
    let short = trade(app, &short, net).await?;
    let long = [("grant_type", "fb_exchange_token"), ("fb_exchange_token", short.access_token.as_str())];
    let token = SecretString::from(trade(app, &long, net).await?.access_token);
    Ok(pages(app, &token, net).await?.iter().filter_map(|page| installed(product, app, page)).collect())
}

async fn trade(app: &Account, given: &[(&str, &str)], net: &net::Client) -> Result<Token, SendError> {
    let mut fields = vec![("client_id", app.text(APP_ID)), ("client_secret", app.text(APP_SECRET))];
    fields.extend(given);
    Call::form(app, &["oauth", "access_token"], &fields)?.run(net).await.map_err(secret_refused)
}

/// A wrong app secret has code 1, like a failure that passes. Here none does: a code is good once.
fn secret_refused(error: SendError) -> SendError {
    match error {
        SendError::Later { reason, .. } if reason.platform_code.as_deref() == Some("1") => {
            SendError::Refused(Refusal { next_step: NextStep::Reconnect, ..reason })
        }
        other => other,
    }
}

async fn pages(app: &Account, token: &SecretString, net: &net::Client) -> Result<Vec<Value>, SendError> {
    const FIELDS: &str = "id,name,access_token,instagram_business_account{id,username}";
    let mut found = Vec::new();
    let mut after = None;
    for _ in 0..LISTS_MAX {
        let mut query = vec![("fields", FIELDS.to_owned()), ("limit", "100".to_owned())];
        query.extend(after.take().map(|after| ("after", after)));
        let query: Vec<_> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let list: Value = Call::get_as(app, token, &["me", "accounts"], &query)?.run(net).await?;
        found.extend_from_slice(wire::list(&list, &["data"]));
        let more = wire::text(&list, &["paging", "next"]).is_some();
        after = wire::text(&list, &["paging", "cursors", "after"]).filter(|_| more);
        if after.is_none() {
            break;
        }
    }
    Ok(found)
}

fn installed(product: Product, app: &Account, page: &Value) -> Option<Installed> {
    let page_name = wire::text(page, &["name"]);
    let (field, id, name) = match product {
        Product::Messenger => (PAGE_ID, wire::id(page, &["id"])?, page_name),
        Product::Instagram => {
            let theirs = wire::at(page, &["instagram_business_account"]);
            let username = wire::text(theirs, &["username"]).map(|name| format!("@{name}"));
            (INSTAGRAM_ACCOUNT_ID, wire::id(theirs, &["id"])?, username.or(page_name))
        }
    };
    let mut account = Account::new([
        (field.to_owned(), SecretString::from(id.clone())),
        (PAGE_ACCESS_TOKEN.to_owned(), SecretString::from(wire::text(page, &["access_token"])?)),
    ]);
    for kept in [APP_ID, APP_SECRET, VERIFY_TOKEN, ANSWER_DAYS, API_BASE_URL] {
        if app.has(kept) {
            account.set(kept, app.secret(kept));
        }
    }
    Some(Installed { name: name.unwrap_or(id), account })
}
