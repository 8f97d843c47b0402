//! Requests to Amazon's interfaces with the account's access key.

use chrono::Utc;
use net::{Method, Request};
use secrecy::ExposeSecret;
use webhooks::sigv4::{self, Call, Key};

use super::account::{ACCESS_KEY, PROVIDER_SECRET, REGION, TOPIC};
use crate::{Account, Refusal, SendError, error::NextStep};

/// One of Amazon's interfaces.
#[derive(Clone, Copy)]
pub(super) struct Service {
    /// As signatures name it.
    name: &'static str,
    /// What its hosts begin with.
    host: &'static str,
}

pub(super) const SES: Service = Service { name: "ses", host: "email" };
pub(super) const S3: Service = Service { name: "s3", host: "s3" };

/// Of the account, or of its topic.
pub(super) fn region(account: &Account) -> String {
    let named = account.text(REGION).trim();
    let topic = account.text(TOPIC).split(':').nth(3).unwrap_or_default();
    if named.is_empty() { topic.to_owned() } else { named.to_ascii_lowercase() }
}

/// A signed request; `path` is encoded as it is sent.
pub(super) fn signed(
    account: &Account,
    service: Service,
    method: Method,
    path: &str,
    body: Vec<u8>,
) -> Result<Request, SendError> {
    let broken = |code: &str, detail: String| {
        SendError::AccountBroken(Refusal::new(code, detail, NextStep::Reconnect))
    };
    let region = region(account);
    if !is_region(&region) || !account.has(ACCESS_KEY) {
        let detail = "The AWS access key or region (for instance eu-west-1) is missing.";
        return Err(broken("account_incomplete", detail.to_owned()));
    }
    let official = format!("https://{}.{region}.amazonaws.com", service.host);
    let mut url =
        account.api_base(&official).map_err(|error| broken("address_invalid", error.to_string()))?;
    url.set_path(path);
    let now = Utc::now();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let host = format!("{}{port}", url.host_str().unwrap_or_default());
    let (date, payload) = (sigv4::date(now), sigv4::digest(&body));
    let headers = [("host", host.as_str()), ("x-amz-content-sha256", &payload), ("x-amz-date", &date)];
    let secret = account.secret(PROVIDER_SECRET);
    let key = Key {
        id: account.text(ACCESS_KEY).trim(),
        secret: secret.expose_secret().trim().as_bytes(),
        region: &region,
        service: service.name,
    };
    let call =
        Call { method: method.as_str(), path: url.path(), query: "", headers: &headers, payload: &payload };
    let authorization = sigv4::authorization(key, call, now);
    let request = Request::new(method, url)
        .header("authorization", authorization)
        .header("x-amz-content-sha256", payload.clone())
        .header("x-amz-date", date.clone());
    Ok(if body.is_empty() { request } else { request.bytes("application/json", body) })
}

/// It becomes part of a host's name.
fn is_region(region: &str) -> bool {
    !region.is_empty() && region.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::is_region;

    #[test]
    fn nothing_but_a_name_becomes_part_of_a_host() {
        assert!(is_region("eu-west-1"));
        for region in ["", "eu-west-1.evil.example/", "EU", "a@b", "x:1"] {
            assert!(!is_region(region), "{region}");
        }
    }
}
