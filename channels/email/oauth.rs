//! Mailboxes of Google and Microsoft take no password but a token that lasts an hour. Their owner consents on the platform's page; for the
//! code that comes back the hub is given the first token, and a refresh token with which it asks for the next ones.
//! <https://developers.google.com/identity/protocols/oauth2/web-server>,
//! <https://learn.microsoft.com/en-us/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth>

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use net::Request;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::{
    account::{self, OAUTH, TENANT},
    address, errors,
};
use crate::{
    Account, AccountChanges, Form, Installed, Refusal, SendError, account::API_BASE_URL, error::NextStep,
};

/// Before it expires.
const EARLY: TimeDelta = TimeDelta::minutes(10);
/// Where the answer does not say.
const LIFE_SECONDS: i64 = 3600;

/// Fields of an account that an admin fills in before consenting. Servers are entered where they are not the platform's usual ones.
const ASKED: [&str; 13] = [
    OAUTH[0],
    OAUTH[1],
    OAUTH[2],
    TENANT,
    account::ADDRESS,
    account::NAME,
    account::SIGNATURE,
    "imap_host",
    "imap_port",
    "imap_security",
    "smtp_host",
    "smtp_port",
    "smtp_security",
];

/// Whose mailboxes they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Platform {
    Google,
    Microsoft,
}

#[derive(Deserialize)]
struct Granted {
    access_token: SecretString,
    expires_in: Option<i64>,
    /// Microsoft gives a new one each time, Google with the consent only.
    refresh_token: Option<SecretString>,
    /// Who consented, in its middle part. It came from the platform itself, so that its signature adds nothing.
    id_token: Option<String>,
}

pub(super) fn form() -> Form {
    let fields = account::form().fields.into_iter().filter(|field| ASKED.contains(&field.name));
    let required = |name: &str| OAUTH[..3].contains(&name);
    let mut fields: Vec<_> = fields
        .map(|mut field| {
            field.required = required(field.name);
            field.section = field.section.filter(|_| !ASKED[..4].contains(&field.name));
            field.help = match field.name {
                account::ADDRESS => {
                    "Only for a shared mailbox; that of whoever consents, if you leave it empty."
                }
                "imap_host" | "smtp_host" => "Empty for Google's and Microsoft's own servers.",
                _ => field.help,
            };
            field
        })
        .collect();
    fields.sort_by_key(|field| ASKED.iter().position(|name| *name == field.name));
    Form::new(fields)
}

/// The page on which the mailbox's owner consents.
pub(super) fn address(app: &Account, redirect: &Url, state: &str) -> Option<Url> {
    let platform = Platform::of(app)?;
    let mut url = platform.url(app, platform.consent(app)).ok()?;
    url.query_pairs_mut()
        .append_pair("client_id", app.text(OAUTH[1]))
        .append_pair("redirect_uri", redirect.as_str())
        .append_pair("response_type", "code")
        .append_pair("scope", platform.scopes())
        .append_pair("state", state);
    if platform == Platform::Google {
        // Without these there is no refresh token the second time.
        url.query_pairs_mut().append_pair("access_type", "offline").append_pair("prompt", "consent");
    }
    Some(url)
}

/// Trades the code for the mailbox's tokens.
pub(super) async fn install(
    app: &Account,
    code: &str,
    redirect: &Url,
    net: &net::Client,
) -> Result<Vec<Installed>, SendError> {
    let platform = Platform::of(app).ok_or_else(unknown_platform)?;
    let fields = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect.as_str())];
    let granted = platform.trade(app, &fields, net).await?;
    if granted.refresh_token.is_none() {
        return Err(refused(
            "The platform gave no lasting consent. Remove the hub's access there, and consent again.",
        ));
    }
    let mut account = Account::new(app.fields().map(|(name, value)| (name.to_owned(), value.clone())));
    account.set(OAUTH[0], platform.word().into());
    if !account.has(account::ADDRESS) {
        let owner = granted.id_token.as_deref().and_then(owner);
        let owner = owner
            .ok_or_else(|| refused("The platform did not tell whose mailbox it is. Enter its address."))?;
        account.set(account::ADDRESS, owner.into());
    }
    for (kind, usual) in platform.servers() {
        let name = |what: &str| format!("{kind}_{what}");
        // A server of one's own has a port of its own.
        if !account.has(&name("host")) {
            for (what, value) in ["host", "port", "security"].into_iter().zip(usual) {
                account.set(&name(what), value.into());
            }
        }
    }
    for (name, value) in changes(granted) {
        account.set(&name, value);
    }
    Ok(vec![Installed { name: account.text(account::ADDRESS).to_owned(), account }])
}

pub(super) fn refresh_at(account: &Account) -> Option<DateTime<Utc>> {
    account.has(OAUTH[3]).then_some(())?;
    let expires: Option<DateTime<Utc>> =
        account.text(OAUTH[5]).parse().ok().filter(|_| account.has(OAUTH[4]));
    Some(expires.map_or_else(Utc::now, |at| at - EARLY))
}

pub(super) async fn refresh(
    account: &Account,
    net: &net::Client,
) -> Result<Option<AccountChanges>, SendError> {
    let platform =
        Platform::of(account).ok_or_else(|| SendError::AccountBroken(refusal(UNKNOWN_PLATFORM)))?;
    let token = account.secret(OAUTH[3]);
    let fields = [("grant_type", "refresh_token"), ("refresh_token", token.expose_secret())];
    match platform.trade(account, &fields, net).await {
        Ok(granted) => Ok(Some(changes(granted))),
        Err(SendError::Refused(why)) => Err(SendError::AccountBroken(why)),
        Err(other) => Err(other),
    }
}

fn changes(granted: Granted) -> AccountChanges {
    let seconds = granted.expires_in.unwrap_or(LIFE_SECONDS).clamp(0, 1 << 31);
    let expires = Utc::now() + TimeDelta::try_seconds(seconds).unwrap_or_default();
    let mut changes = AccountChanges::from([
        (OAUTH[4].to_owned(), granted.access_token),
        (OAUTH[5].to_owned(), SecretString::from(expires.to_rfc3339())),
    ]);
    changes.extend(granted.refresh_token.map(|token| (OAUTH[3].to_owned(), token)));
    changes
}

/// The address in an id token: Google's `email`, Microsoft's `preferred_username`.
fn owner(token: &str) -> Option<String> {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    let named = ["email", "preferred_username"].into_iter().filter_map(|name| claims[name].as_str());
    named.filter_map(address::key).next()
}

impl Platform {
    fn of(account: &Account) -> Option<Self> {
        match account.text(OAUTH[0]).to_ascii_lowercase().as_str() {
            "google" => Some(Self::Google),
            "microsoft" => Some(Self::Microsoft),
            _ => None,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Google => "google",
            Self::Microsoft => "microsoft",
        }
    }

    fn consent(self, account: &Account) -> (&'static str, String) {
        match self {
            Self::Google => ("https://accounts.google.com", "/o/oauth2/v2/auth".to_owned()),
            Self::Microsoft => {
                ("https://login.microsoftonline.com", format!("/{}/oauth2/v2.0/authorize", tenant(account)))
            }
        }
    }

    fn tokens(self, account: &Account) -> (&'static str, String) {
        match self {
            Self::Google => ("https://oauth2.googleapis.com", "/token".to_owned()),
            Self::Microsoft => {
                ("https://login.microsoftonline.com", format!("/{}/oauth2/v2.0/token", tenant(account)))
            }
        }
    }

    fn scopes(self) -> &'static str {
        match self {
            Self::Google => "https://mail.google.com/ openid email",
            Self::Microsoft => {
                "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send offline_access openid email profile"
            }
        }
    }

    /// Host, port and security.
    fn servers(self) -> [(&'static str, [&'static str; 3]); 2] {
        let (imap, smtp) = match self {
            Self::Google => ("imap.gmail.com", "smtp.gmail.com"),
            Self::Microsoft => ("outlook.office365.com", "smtp.office365.com"),
        };
        [("imap", [imap, "993", "tls"]), ("smtp", [smtp, "587", "starttls"])]
    }

    fn url(self, account: &Account, (origin, path): (&str, String)) -> Result<Url, url::ParseError> {
        account.api_base(origin)?.join(&path)
    }

    /// A refusal of the grant is `Refused`.
    async fn trade(
        self,
        account: &Account,
        fields: &[(&str, &str)],
        net: &net::Client,
    ) -> Result<Granted, SendError> {
        let url = self.url(account, self.tokens(account));
        let url = url.map_err(|error| refused(&format!("{API_BASE_URL}: {error}")))?;
        let secret = account.secret(OAUTH[2]);
        let keys = [("client_id", account.text(OAUTH[1])), ("client_secret", secret.expose_secret())];
        let form = fields.iter().chain(&keys).filter(|(_, value)| !value.is_empty());
        let form = form.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let answer = net
            .send(Request::post(url).form(form))
            .await
            .map_err(|failure| SendError::from_failure(&failure))?;
        if matches!(answer.status.as_u16(), 400 | 401) {
            return Err(refused(why(&answer)));
        }
        if !answer.status.is_success() {
            return Err(errors::http(&answer, None, ""));
        }
        answer.json().map_err(|_| refused("The answer held no token."))
    }
}

/// `common` lets accounts of every directory in; an app of one directory wants its id.
fn tenant(account: &Account) -> String {
    let named = account.text(TENANT).trim();
    let is_name = !named.is_empty() && named.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b));
    if is_name { named.to_owned() } else { "common".to_owned() }
}

/// By RFC 6749's word for it.
fn why(answer: &net::Response) -> &'static str {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    match body["error"].as_str().unwrap_or_default() {
        "invalid_client" | "unauthorized_client" => {
            "The platform does not know the app, or its secret has expired."
        }
        "redirect_uri_mismatch" => "The hub's address is not among the app's redirect addresses.",
        _ => "The consent for this mailbox has ended. Give it again.",
    }
}

const UNKNOWN_PLATFORM: &str = "The OAuth provider is google or microsoft.";

fn unknown_platform() -> SendError {
    refused(UNKNOWN_PLATFORM)
}

fn refused(detail: &str) -> SendError {
    SendError::Refused(refusal(detail))
}

fn refusal(detail: &str) -> Refusal {
    Refusal::new("token_rejected", detail, NextStep::Reconnect)
}
