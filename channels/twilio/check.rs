//! What both channels ask of Twilio about an account and its number, in an admin's words.

use serde_json::Value;
use url::Url;

use super::{
    account::{self, PHONE_NUMBER},
    api::{Call, word},
};
use crate::{Account, Check, SendError};

/// Whether the account works.
pub(super) async fn account(account: &Account, net: &net::Client) -> Check {
    let answer = match account::url(
        account,
        "https://api.twilio.com",
        &["2010-04-01", "Accounts", &format!("{}.json", account.text(account::ACCOUNT_SID))],
    ) {
        Ok(url) => Call::get(account, url).run(net).await,
        Err(error) => Err(error),
    };
    let found = match answer {
        Ok(found) => found,
        Err(error) => return refused("token", &error),
    };
    let name = word(&found, "friendly_name").unwrap_or("the account");
    match word(&found, "status").unwrap_or("active") {
        "active" if word(&found, "type") == Some("Trial") => Check::passed(
            "token",
            format!("The auth token works for {name}, a trial account: it reaches verified numbers only."),
        ),
        "active" => Check::passed("token", format!("The auth token works for {name}.")),
        other => {
            Check::failed("token", format!("The account {name} is {other}: look into the Twilio Console."))
        }
    }
}

/// The account's own number among its numbers; `None` if it has no such number.
pub(super) async fn number(account: &Account, net: &net::Client) -> Result<Option<Value>, SendError> {
    let ours = account::key(account);
    let mut url = account::resource(account, &["IncomingPhoneNumbers.json"])?;
    url.query_pairs_mut().append_pair("PhoneNumber", &ours);
    let answer = Call::get(account, url).run(net).await?;
    let numbers = answer.get("incoming_phone_numbers").and_then(Value::as_array);
    let mut numbers = numbers.into_iter().flatten();
    Ok(numbers.find(|number| word(number, "phone_number") == Some(ours.as_str())).cloned())
}

/// Whether the number can do what is asked of it: `sms`, `mms`, `voice`.
pub(super) fn capability(number: &Value, name: &str) -> bool {
    // Twilio leaves capabilities out where it does not know them.
    number.get("capabilities").and_then(|all| all.get(name)).and_then(Value::as_bool).unwrap_or(true)
}

pub(super) fn no_such_number(account: &Account) -> String {
    format!(
        "The account has no number {}: compare it with Phone numbers, Active numbers in the Twilio Console.",
        account.text(PHONE_NUMBER)
    )
}

/// Whether an address that Twilio holds is ours: what follows `#` only says how it is called.
pub(super) fn is_ours(held: Option<&str>, ours: &Url) -> bool {
    let bare = |text: &str| text.split_once('#').map_or(text, |(address, _)| address).to_owned();
    held.is_some_and(|held| bare(held) == bare(ours.as_str()))
}

pub(super) fn refused(name: &str, error: &SendError) -> Check {
    match error {
        SendError::Refused(reason) | SendError::AccountBroken(reason) | SendError::Later { reason, .. } => {
            Check::refused(name, reason)
        }
        SendError::Unknown(detail) => Check::failed(name, detail.clone()),
    }
}
