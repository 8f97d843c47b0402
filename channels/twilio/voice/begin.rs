//! Calls that begin in a conversation, and what members do to calls that go on.

use serde_json::Value;
use url::Url;

use super::{
    super::{
        account,
        api::{Call, refused, word},
        number::PHONE,
    },
    context::{begun, led},
    form::{Desk, member_identity},
    step::Step,
};
use crate::{
    Account, OutboundMessage, Receipt, SendError,
    call::{CallAct, CallDirection, CallLeg, CallVerb},
    error::NextStep,
    message::Content,
};

/// Seconds that the member's own telephone rings.
const AGENT_RINGS: &str = "30";

/// The member's telephone first: Twilio asks what to do once they have answered.
pub(super) async fn send(
    account: &Account,
    message: &OutboundMessage,
    net: &net::Client,
) -> Result<Receipt, SendError> {
    let Content::Call { agent } = &message.content else {
        return Err(refused("type_not_supported", "A telephone carries calls only.", NextStep::FixContent));
    };
    let customer = message.to.iter().rfind(|id| id.kind == PHONE).ok_or_else(|| {
        refused("recipient_missing", "The contact has no telephone number.", NextStep::FixRecipient)
    })?;
    let base = base(account)?;
    let (telephone, who, step) = match agent {
        CallLeg::Browser { identity } => {
            browsers(account)?;
            (format!("client:{}", member_identity(identity)), identity.as_str(), Step::Connect)
        }
        CallLeg::Phone { number } => (number.clone(), number.as_str(), Step::Confirm),
    };
    let query = [("to", customer.address.as_str()), ("agent", who)];
    let form = [
        ("To", telephone),
        ("From", account::key(account)),
        ("Url", begun(base, step, message.id, &query).into()),
        ("Method", "POST".into()),
        ("StatusCallback", begun(base, Step::Agent, message.id, &[]).into()),
        ("StatusCallbackMethod", "POST".into()),
        ("Timeout", AGENT_RINGS.into()),
    ];
    let url = account::resource(account, &["Calls.json"])?;
    let answer = Call::create(account, url, owned(form)).run(net).await?;
    let sid =
        word(&answer, "sid").ok_or_else(|| SendError::Unknown("Twilio's answer names no call.".into()))?;
    Ok(Receipt { external_ids: vec![sid.to_owned()], ..Receipt::default() })
}

pub(super) async fn call(account: &Account, act: &CallAct, net: &net::Client) -> Result<Receipt, SendError> {
    let customer = customer(account, &act.external_id, net).await?;
    let base = base(account)?;
    let led = |step, query: &[(&str, &str)]| {
        let url = led(base, step, &act.external_id, customer.direction, query);
        owned([("Url", url.into()), ("Method", "POST".into())])
    };
    let form = match &act.verb {
        CallVerb::HangUp => owned([("Status", "completed".into())]),
        CallVerb::Hold => led(Step::Hold, &[]),
        CallVerb::Resume => {
            if Desk(account).telephones().is_empty() {
                let detail = "No telephone rings for this integration: set one in its settings.";
                return Err(refused("no_telephone", detail, NextStep::Reconnect));
            }
            led(Step::Transfer, &[])
        }
        CallVerb::Transfer { to } => led(Step::Transfer, &[("to", &telephone(account, to)?)]),
    };
    if customer.leg.is_none() && act.verb != CallVerb::HangUp {
        return Err(refused("not_connected", "The customer has not answered yet.", NextStep::Wait));
    }
    // Before the customer is called, hanging up ends the member's own telephone.
    let leg = customer.leg.as_deref().unwrap_or(&act.external_id);
    change(account, leg, form, net).await?;
    Ok(Receipt::default())
}

/// The customer's side of a call.
struct Customer {
    /// The platform's id of their telephone's part; `None` while only the member's rings.
    leg: Option<String>,
    direction: CallDirection,
}

/// Of a call that came in it is the call itself; of one that we began, what the member's telephone dialled.
async fn customer(account: &Account, external_id: &str, net: &net::Client) -> Result<Customer, SendError> {
    let url = account::resource(account, &["Calls", &format!("{external_id}.json")])?;
    let found = Call::get(account, url).run(net).await?;
    if word(&found, "direction") == Some("inbound") {
        return Ok(Customer { leg: Some(external_id.to_owned()), direction: CallDirection::Inbound });
    }
    let mut url = account::resource(account, &["Calls.json"])?;
    url.query_pairs_mut().append_pair("ParentCallSid", external_id);
    let children = Call::get(account, url).run(net).await?;
    let children = children.get("calls").and_then(Value::as_array).cloned().unwrap_or_default();
    let going = |call: &&Value| {
        matches!(word(call, "status"), Some("queued" | "initiated" | "ringing" | "in-progress"))
    };
    let leg = children.iter().find(going).and_then(|call| word(call, "sid")).map(str::to_owned);
    Ok(Customer { leg, direction: CallDirection::Outbound })
}

async fn change(
    account: &Account,
    leg: &str,
    form: Vec<(String, String)>,
    net: &net::Client,
) -> Result<(), SendError> {
    let url = account::resource(account, &["Calls", &format!("{leg}.json")])?;
    Call::update(account, url, form).run(net).await.map(|_| ())
}

fn telephone(account: &Account, leg: &CallLeg) -> Result<String, SendError> {
    Ok(match leg {
        CallLeg::Browser { identity } => {
            browsers(account)?;
            format!("client:{}", member_identity(identity))
        }
        CallLeg::Phone { number } => number.clone(),
    })
}

/// Whether browsers can ring.
fn browsers(account: &Account) -> Result<(), SendError> {
    if Desk(account).api_key_secret().is_some() {
        return Ok(());
    }
    let detail = "Calls in the browser need an API key: an admin adds it in the integration's settings.";
    Err(refused("no_browser_calls", detail, NextStep::Reconnect))
}

fn base(account: &Account) -> Result<&Url, SendError> {
    let missing = || refused("no_address", "The integration has no address yet.", NextStep::Reconnect);
    account.webhook_url().ok_or_else(missing)
}

fn owned<const N: usize>(fields: [(&str, String); N]) -> Vec<(String, String)> {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
