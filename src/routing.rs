//! Whose callback is it? A platform with one address per app sends what all its customers wrote to one place. The names on the
//! envelope choose the accounts, each account's own secret must then believe the request, and every organization is given what is
//! its own and nothing else.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use channels::{Channel, Incoming, event::Answer};
use chrono::{DateTime, Utc};
use webhooks::{Forged, Unverified, Verified};

use crate::{
    app::App,
    error::Result,
    ids::{CallbackId, OrganizationId},
    inbox::integration::Integration,
    ingest::Delivery,
};

/// Accounts whose secret is tried on a request that names none we know: a handshake, or somebody who has not connected yet.
const TRIED: usize = 100;
/// Bytes hashed for such a request, so that a stranger cannot keep the hub at work.
const HASHED: usize = 16 << 20;

/// A callback at the shared address that is believed.
pub struct Routed {
    /// One per organization that it concerns.
    pub deliveries: Vec<Delivery>,
    pub answer: Option<Answer>,
    /// Something in it belongs to nobody here.
    pub unrouted: bool,
}

/// Why nothing of it is believed.
pub enum Unbelieved {
    /// Nobody has connected this channel.
    Unknown,
    /// The accounts that it names, none of which has this secret.
    Forged(Forged, Accounts),
}

type Accounts = Vec<Arc<Integration>>;

/// Believes the request on behalf of every account that can, and shares it out.
pub async fn route(
    app: &App,
    channel: &'static dyn Channel,
    request: Unverified,
) -> Result<std::result::Result<Routed, Unbelieved>> {
    let now = Utc::now();
    let names = channel.route(&request.envelope());
    let named = app.integrations.of_accounts(channel, &names).await?;
    let owners: Accounts = named.iter().filter(|one| believes(one, &request, now).is_ok()).cloned().collect();
    if let Some(first) = owners.first().cloned() {
        return Ok(verify(&first, request, now)
            .map(|verified| share(owners, &verified, &names))
            .map_err(|forged| Unbelieved::Forged(forged, named)));
    }
    let most = (HASHED / request.body_len().max(1)).clamp(4, TRIED);
    let tried = app.integrations.of_channel(channel, most).await?;
    let Some(one) = tried.first() else { return Ok(Err(Unbelieved::Unknown)) };
    let believing: Accounts =
        tried.iter().filter(|one| believes(one, &request, now).is_ok()).cloned().collect();
    let Some(first) = believing.first().cloned() else {
        let forged = believes(one, &request, now).err().unwrap_or(Forged::Mismatch);
        return Ok(Err(Unbelieved::Forged(forged, named)));
    };
    let alone = tried.len() < most && of_one_organization(&believing);
    Ok(verify(&first, request, now)
        .map(|verified| unnamed(first, verified, names.is_empty() && alone))
        .map_err(|forged| Unbelieved::Forged(forged, named)))
}

fn believes(one: &Integration, request: &Unverified, now: DateTime<Utc>) -> std::result::Result<(), Forged> {
    request.satisfies(&one.channel.proof(&one.account, request), now)
}

fn verify(
    one: &Integration,
    request: Unverified,
    now: DateTime<Utc>,
) -> std::result::Result<Verified, Forged> {
    let scheme = one.channel.proof(&one.account, &request);
    request.verify(&scheme, now)
}

fn of_one_organization(accounts: &[Arc<Integration>]) -> bool {
    accounts.windows(2).all(|pair| pair[0].organization_id == pair[1].organization_id)
}

/// Each organization's part of a believed request. The request itself is recorded where it holds nothing of anybody else.
fn share(owners: Accounts, verified: &Verified, names: &[String]) -> Routed {
    let whole = of_one_organization(&owners) && names.iter().all(|name| is_known(&owners, name));
    let mut shares: BTreeMap<OrganizationId, Accounts> = BTreeMap::new();
    for one in owners {
        shares.entry(one.organization_id).or_default().push(one);
    }
    let mut routed = Routed { deliveries: Vec::new(), answer: None, unrouted: false };
    let mut known = Vec::new();
    for accounts in shares.values() {
        let (delivery, answer) = deliver(accounts, verified, whole);
        routed.answer = routed.answer.or(answer);
        routed.deliveries.extend(delivery);
        known.extend(accounts.iter().cloned());
    }
    routed.unrouted = !names.iter().all(|name| is_known(&known, name));
    routed
}

fn is_known(accounts: &[Arc<Integration>], name: &str) -> bool {
    accounts.iter().any(|one| one.account_key == name)
}

/// What a request says about the accounts of one organization, each read with its own account.
fn deliver(
    accounts: &[Arc<Integration>],
    verified: &Verified,
    whole: bool,
) -> (Option<Delivery>, Option<Answer>) {
    let mut events = Vec::new();
    let mut answer = None;
    for (index, one) in accounts.iter().enumerate() {
        let read = match one.channel.read(&one.account, verified) {
            Ok(read) => read,
            Err(error) => {
                let request = if whole { verified.clone() } else { verified.part(Bytes::new()) };
                return (Some(delivery(one, request, Err(error))), None);
            }
        };
        answer = answer.or(read.answer);
        // What names no account is said once, and only where nobody else could be meant.
        let unnamed = whole && index == 0;
        events.extend(read.events.into_iter().filter(|event| match &event.account {
            Some(key) => *key == one.account_key,
            None => unnamed,
        }));
    }
    if events.is_empty() && answer.is_some() {
        return (None, answer);
    }
    let request = if whole { verified.clone() } else { verified.part(written(&events)) };
    (Some(delivery(&accounts[0], request, Ok(Incoming { events, answer: None }))), answer)
}

/// A believed request without a name that we know: a handshake; or news about the app, which go to the organization that alone has
/// its secret; or somebody who has not connected yet.
fn unnamed(first: Arc<Integration>, verified: Verified, alone: bool) -> Routed {
    if alone {
        let (delivery, answer) = deliver(&[first], &verified, true);
        return Routed { deliveries: delivery.into_iter().collect(), answer, unrouted: false };
    }
    let answer = first.channel.read(&first.account, &verified).ok().and_then(|read| read.answer);
    Routed { deliveries: Vec::new(), unrouted: answer.is_none(), answer }
}

fn delivery(
    one: &Arc<Integration>,
    request: Verified,
    incoming: std::result::Result<Incoming, channels::ReadError>,
) -> Delivery {
    Delivery { id: CallbackId::new(), integration: one.clone(), request, incoming, replayed: false }
}

fn written(events: &[channels::InboundEvent]) -> Bytes {
    // Events are plain data and always have a JSON form.
    serde_json::to_vec(events).unwrap_or_default().into()
}
