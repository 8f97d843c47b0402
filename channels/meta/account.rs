//! What an admin fills in for a Page or an Instagram account, and what is derived from it.

use secrecy::{ExposeSecret, SecretString};
use url::Url;
use uuid::Uuid;
use webhooks::sign;

use super::Product;
use crate::{Account, Field, Form};

pub(super) const OFFICIAL: &str = "https://graph.facebook.com";
pub(super) const VERSION: &str = "v25.0";

pub(super) const PAGE_ID: &str = "page_id";
pub(super) const INSTAGRAM_ACCOUNT_ID: &str = "instagram_account_id";
pub(super) const PAGE_ACCESS_TOKEN: &str = "page_access_token";
pub(super) const APP_ID: &str = "app_id";
pub(super) const APP_SECRET: &str = "app_secret";
pub(super) const VERIFY_TOKEN: &str = "verify_token";
pub(super) const ANSWER_DAYS: &str = "answer_days";

/// Days within which a person may answer if Meta has approved the app for it.
const HUMAN_AGENT_DAYS: u32 = 7;

pub(super) fn form(product: Product) -> Form {
    let account = match product {
        Product::Messenger => Field::text(
            PAGE_ID,
            "Page ID",
            "The Facebook Page, About, Page transparency; or Meta app dashboard, Messenger, API settings.",
        ),
        Product::Instagram => Field::text(
            INSTAGRAM_ACCOUNT_ID,
            "Instagram account ID",
            "Meta app dashboard, Instagram, API setup with Facebook login: the number of the professional account, not its name.",
        ),
    };
    Form::new(vec![
        account,
        Field::secret(
            PAGE_ACCESS_TOKEN,
            "Page access token",
            "Meta app dashboard, Messenger, API settings, Generate access tokens: of the Page, or of the Page that the Instagram \
             account is linked to.",
        ),
        app_id().optional(),
        app_secret(),
        verify_token(),
        Field::number(
            ANSWER_DAYS,
            "Days to answer",
            "1 when left empty; 7 if Meta has approved your app for the feature Human Agent.",
        )
        .optional(),
    ])
}

pub(super) fn app_id() -> Field {
    Field::text(
        APP_ID,
        "App ID",
        "Meta app dashboard, App settings, Basic. With it the hub registers its address and checks the token by itself.",
    )
}

pub(super) fn app_secret() -> Field {
    Field::secret(
        APP_SECRET,
        "App secret",
        "Meta app dashboard, App settings, Basic: callbacks are verified with it.",
    )
}

pub(super) fn verify_token() -> Field {
    Field::secret(
        VERIFY_TOKEN,
        "Verify token",
        "Any phrase of yours, repeated in Meta's callback settings; made here when left empty.",
    )
    .optional()
}

pub(super) fn complete(account: &mut Account) {
    if !account.has(VERIFY_TOKEN) {
        account.set(VERIFY_TOKEN, SecretString::from(Uuid::new_v4().simple().to_string()));
    }
}

fn answer_days(account: &Account) -> u32 {
    account.text(ANSWER_DAYS).parse().map_or(1, |days: u32| days.clamp(1, HUMAN_AGENT_DAYS))
}

/// How long after a customer's word free text may be sent.
pub(super) fn window_hours(account: &Account) -> u32 {
    answer_days(account) * 24
}

/// Whether messages say that a person wrote them, which keeps the window open for seven days.
pub(super) fn human_agent(account: &Account) -> bool {
    answer_days(account) > 1
}

/// An address of the Graph API: version and `path` below the account's base.
pub(super) fn url(account: &Account, path: &[&str]) -> Result<Url, url::ParseError> {
    let mut url = account.api_base(OFFICIAL)?;
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().push(VERSION).extend(path);
    }
    Ok(url)
}

/// The token that speaks for the app itself; `None` unless both of its keys are known.
pub(super) fn app_token(account: &Account) -> Option<SecretString> {
    let secret = account.secret(APP_SECRET);
    let known = account.has(APP_ID) && account.has(APP_SECRET);
    known.then(|| SecretString::from(format!("{}|{}", account.text(APP_ID), secret.expose_secret())))
}

/// Meta's proof that a call comes from a holder of the app secret: HMAC-SHA256 of the token, in hexadecimal.
pub(super) fn appsecret_proof(account: &Account, token: &SecretString) -> Option<String> {
    let secret = account.secret(APP_SECRET);
    account
        .has(APP_SECRET)
        .then(|| sign::hmac_sha256_hex(secret.expose_secret().as_bytes(), token.expose_secret().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(days: Option<&str>) -> Account {
        Account::new(days.map(|days| (ANSWER_DAYS.to_owned(), SecretString::from(days.to_owned()))))
    }

    #[test]
    fn the_window_is_a_day_or_a_week_at_most() {
        assert_eq!((window_hours(&with(None)), human_agent(&with(None))), (24, false));
        assert_eq!((window_hours(&with(Some("1"))), human_agent(&with(Some("1")))), (24, false));
        assert_eq!((window_hours(&with(Some("7"))), human_agent(&with(Some("7")))), (168, true));
        assert_eq!(window_hours(&with(Some("400"))), 168);
    }

    #[test]
    fn the_verify_token_is_made_once() {
        let mut account = with(None);
        complete(&mut account);
        let made = account.text(VERIFY_TOKEN).to_owned();
        assert!(made.len() >= 32);
        complete(&mut account);
        assert_eq!(account.text(VERIFY_TOKEN), made);
    }

    #[test]
    fn an_odd_id_cannot_leave_its_place_in_the_path() {
        let url = url(&with(None), &["1/../../x?y#z", "messages"]).unwrap();
        assert_eq!(url.as_str(), "https://graph.facebook.com/v25.0/1%2F..%2F..%2Fx%3Fy%23z/messages");
    }
}
