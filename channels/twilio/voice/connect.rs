//! Telling Twilio where calls go, and looking after it.

use serde_json::Value;
use url::Url;

use super::{
    super::{
        account,
        api::{Call, refused, word},
        check,
    },
    form::{API_KEY_SECRET, API_KEY_SID, Desk},
    step::Step,
};
use crate::{Account, Check, Connection, SendError, error::NextStep};

pub(super) async fn connect(
    account: &Account,
    connection: &Connection,
    net: &net::Client,
) -> Result<(), SendError> {
    let number = check::number(account, net).await?;
    let Some(sid) = number.as_ref().and_then(|number| word(number, "sid")) else {
        return Err(refused("sender_invalid", check::no_such_number(account), NextStep::Reconnect));
    };
    let ours = account::repeated(connection.webhook_url.clone());
    let ended = Step::Ended.address(&connection.webhook_url, &[]);
    point(account, sid, ours.as_str(), ended.as_str(), net).await
}

/// Only what points here is taken back: the number may have been given to somebody else since.
pub(super) async fn disconnect(account: &Account, net: &net::Client) -> Result<(), SendError> {
    let Some(ours) = account.webhook_url() else { return Ok(()) };
    let Some(number) = check::number(account, net).await? else { return Ok(()) };
    match word(&number, "sid").filter(|_| check::is_ours(word(&number, "voice_url"), ours)) {
        Some(sid) => point(account, sid, "", "", net).await,
        None => Ok(()),
    }
}

/// An application set for the number would come before the address.
async fn point(
    account: &Account,
    sid: &str,
    url: &str,
    ended: &str,
    net: &net::Client,
) -> Result<(), SendError> {
    let fields = [
        ("VoiceUrl", url),
        ("VoiceMethod", "POST"),
        ("VoiceApplicationSid", ""),
        ("StatusCallback", ended),
        ("StatusCallbackMethod", "POST"),
    ];
    let form = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let number = account::resource(account, &["IncomingPhoneNumbers", &format!("{sid}.json")])?;
    Call::update(account, number, form).run(net).await.map(|_| ())
}

pub(super) async fn check(account: &Account, connection: &Connection, net: &net::Client) -> Vec<Check> {
    let (token, number, key) =
        tokio::join!(check::account(account, net), check::number(account, net), api_key(account, net));
    let ours = &connection.webhook_url;
    let mut checks = vec![token];
    match &number {
        Ok(Some(number)) => checks.extend([capable(number), webhook(number, ours)]),
        Ok(None) => checks.push(Check::failed("number", check::no_such_number(account))),
        Err(error) => checks.push(check::refused("number", error)),
    }
    checks.extend(key);
    checks.extend(desk(account));
    if ours.scheme() != "https" {
        checks.push(Check::failed("address", "Twilio calls public https addresses only."));
    }
    checks
}

fn capable(number: &Value) -> Check {
    let name = word(number, "phone_number").unwrap_or("The number");
    match check::capability(number, "voice") {
        true => Check::passed("number", format!("{name} takes calls.")),
        false => Check::failed("number", format!("{name} takes no calls.")),
    }
}

fn webhook(number: &Value, ours: &Url) -> Check {
    if word(number, "voice_application_sid").is_some() {
        return Check::failed("webhook", "The number hands its calls to a TwiML app. Connect again.");
    }
    match word(number, "voice_url") {
        held if check::is_ours(held, ours) => {
            let ended = Step::Ended.address(ours, &[]);
            match check::is_ours(word(number, "status_callback"), &ended) {
                true => Check::passed("webhook", format!("Twilio sends calls to {ours}.")),
                false => Check::failed("webhook", "Twilio does not tell when calls end. Connect again."),
            }
        }
        Some(other) => Check::failed("webhook", format!("Twilio sends calls to {other}. Connect again.")),
        None => Check::failed("webhook", "Twilio sends calls nowhere. Connect again."),
    }
}

/// Whether the key for calls in the browser is the account's.
async fn api_key(account: &Account, net: &net::Client) -> Option<Check> {
    let sid = Some(account.text(API_KEY_SID)).filter(|sid| !sid.is_empty())?;
    if !account.has(API_KEY_SECRET) {
        return Some(Check::failed("api_key", "The API key's secret is missing."));
    }
    let asked = match account::resource(account, &["Keys", &format!("{sid}.json")]) {
        Ok(url) => Call::get(account, url).run(net).await,
        Err(error) => Err(error),
    };
    Some(match asked {
        Ok(key) => {
            let name = word(&key, "friendly_name").unwrap_or(sid);
            Check::passed("api_key", format!("The API key {name} is the account's."))
        }
        Err(error) => check::refused("api_key", &error),
    })
}

/// What the settings mean for a caller.
fn desk(account: &Account) -> Vec<Check> {
    let desk = Desk(account);
    let mut checks = Vec::new();
    checks.extend(
        desk.hours().err().map(|fault| Check::failed("hours", format!("{fault} Callers find you open."))),
    );
    let wrong = desk.wrong_numbers();
    if !wrong.is_empty() {
        checks.push(Check::failed(
            "forward_to",
            format!("These are no telephone numbers: {}.", wrong.join(", ")),
        ));
    }
    let telephones = desk.telephones().len();
    checks.push(match (telephones, desk.voicemail().is_some()) {
        (0, true) => Check::passed("ring", "Nothing rings: every caller may leave a message."),
        (0, false) => {
            Check::failed("ring", "Nothing rings and no messages are taken: every caller is hung up on.")
        }
        (1, _) => Check::passed("ring", "One telephone rings for every caller: browsers count as one."),
        (count, _) => {
            Check::passed("ring", format!("{count} telephones ring for every caller: browsers count as one."))
        }
    });
    checks
}
