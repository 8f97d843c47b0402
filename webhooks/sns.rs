//! Amazon SNS: a JSON message that names the certificate by which it was signed.
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html>

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::{
    public_key::{self, RsaDigest},
    request::{Claim, Forged},
};

/// Where a message says that its certificate lies.
const CERTIFICATE: &str = "SigningCertURL";
/// Seconds between the message's own time and now, either way: SNS repeats a message for at most an hour.
const TOLERANCE: u64 = 3_900;

/// A certificate that the hub has fetched because a request names it.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// The address, as the request names it.
    pub address: String,
    pub pem: bytes::Bytes,
}

/// Whether an address is one at which Amazon publishes the certificates of SNS. `origin` stands in for Amazon's on a test server, without
/// a slash at its end.
pub fn is_certificate(address: &str, origin: Option<&str>) -> bool {
    let Some(path) = path_at(address, origin) else { return false };
    let name = path.strip_prefix("SimpleNotificationService-").and_then(|rest| rest.strip_suffix(".pem"));
    name.is_some_and(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// Whether an address is one at which SNS answers itself: where a subscription is confirmed.
pub fn is_service(address: &str, origin: Option<&str>) -> bool {
    path_at(address, origin).is_some()
}

/// What follows the host and its slash.
fn path_at<'a>(address: &'a str, origin: Option<&str>) -> Option<&'a str> {
    let rest = match origin {
        Some(origin) => address.strip_prefix(origin)?,
        None => {
            let host = address.strip_prefix("https://sns.")?;
            let (region, rest) = host.split_at(host.find('.')?);
            let named =
                region.len() >= 3 && region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            if !named {
                return None;
            }
            rest.strip_prefix(".amazonaws.com.cn")
                .filter(|rest| rest.starts_with('/'))
                .or_else(|| rest.strip_prefix(".amazonaws.com"))?
        }
    };
    rest.strip_prefix('/')
}

/// Only that topic's messages count: anybody can sign with a topic of their own.
pub(crate) fn check(topic: &str, origin: Option<&str>, claim: &Claim<'_>) -> Result<(), Forged> {
    if topic.is_empty() {
        return Err(Forged::Unconfigured("the topic is missing"));
    }
    let body: Value = serde_json::from_slice(claim.body()).map_err(|_| Forged::Missing)?;
    let field = |name: &str| body.get(name).and_then(Value::as_str);
    let signature = field("Signature").ok_or(Forged::Missing)?;
    let signature = STANDARD.decode(signature).map_err(|_| Forged::Malformed)?;
    let address = field(CERTIFICATE).ok_or(Forged::Missing)?;
    let digest = match field("SignatureVersion") {
        Some("1") => RsaDigest::Sha1,
        Some("2") => RsaDigest::Sha256,
        _ => return Err(Forged::Malformed),
    };
    let message = signed(&body).ok_or(Forged::Malformed)?;
    let certificate = claim.certificate().filter(|one| one.address == address);
    let certificate = certificate.filter(|_| is_certificate(address, origin)).ok_or(Forged::Mismatch)?;
    if !public_key::certified(&certificate.pem, digest, message.as_bytes(), &signature)
        || field("TopicArn") != Some(topic)
    {
        return Err(Forged::Mismatch);
    }
    let at: DateTime<Utc> = field("Timestamp").and_then(|at| at.parse().ok()).ok_or(Forged::Malformed)?;
    let near = (claim.now - at).num_seconds().unsigned_abs() <= TOLERANCE;
    if near { Ok(()) } else { Err(Forged::Stale) }
}

/// The signed text: each of the type's fields that is there, its name and its value in a line each.
pub fn signed(body: &Value) -> Option<String> {
    const NOTIFICATION: [&str; 6] = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"];
    const CONFIRMATION: [&str; 7] =
        ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"];
    let names: &[&str] = match body.get("Type")?.as_str()? {
        "Notification" => &NOTIFICATION,
        "SubscriptionConfirmation" | "UnsubscribeConfirmation" => &CONFIRMATION,
        _ => return None,
    };
    let pairs = names.iter().filter_map(|name| Some((name, body.get(*name)?.as_str()?)));
    Some(pairs.map(|(name, value)| format!("{name}\n{value}\n")).collect())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde_json::json;

    use super::*;
    use crate::{Scheme, Unverified};

    const HERE: &str = "http://127.0.0.1:8099";

    #[test]
    fn only_amazons_own_addresses_count() {
        for good in [
            "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a1B.pem",
            "https://sns.cn-north-1.amazonaws.com.cn/SimpleNotificationService-1.pem",
        ] {
            assert!(is_certificate(good, None), "{good}");
            assert!(!is_certificate(good, Some(HERE)), "{good}");
        }
        for bad in [
            "http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem",
            "https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-1.pem",
            "https://sns.eu-west-1.amazonaws.com@evil.example/SimpleNotificationService-1.pem",
            "https://sns.eu-west-1.amazonaws.com:8443/SimpleNotificationService-1.pem",
            "https://sns.eu-west-1.amazonaws.com/?a=/SimpleNotificationService-1.pem",
            "https://sns.eu-west-1.amazonaws.com/a/SimpleNotificationService-1.pem",
            "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-../x.pem",
            "https://sns.evil.example/SimpleNotificationService-1.pem",
            "https://sns.a.amazonaws.com/SimpleNotificationService-1.pem",
            "https://sns.evil.example#.amazonaws.com/SimpleNotificationService-1.pem",
            "https://bucket.s3.amazonaws.com/SimpleNotificationService-1.pem",
            "",
        ] {
            assert!(!is_certificate(bad, None), "{bad}");
        }
        assert!(is_certificate(&format!("{HERE}/SimpleNotificationService-1.pem"), Some(HERE)));
        assert!(!is_certificate(&format!("{HERE}9/SimpleNotificationService-1.pem"), Some(HERE)));
        assert!(is_service("https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&Token=1", None));
        assert!(!is_service("https://evil.example/?Action=ConfirmSubscription", None));
    }

    #[test]
    fn the_signed_text_is_as_documented() {
        let told = json!({"Type": "Notification", "MessageId": "1", "Message": "m", "Timestamp": "t", "TopicArn": "a", "Token": "x"});
        assert_eq!(
            signed(&told).as_deref(),
            Some("Message\nm\nMessageId\n1\nTimestamp\nt\nTopicArn\na\nType\nNotification\n")
        );
        assert_eq!(signed(&json!({"Type": "Other"})), None);
    }

    /// What is no message, or brings no certificate, is never believed and never panics.
    #[test]
    fn nonsense_is_refused() {
        let scheme = Scheme::Sns { topic: "arn".into(), origin: None };
        for (body, expected) in [
            ("", Forged::Missing),
            ("[]", Forged::Missing),
            (r#"{"Signature":"-"}"#, Forged::Malformed),
            (r#"{"Signature":"AAAA"}"#, Forged::Missing),
            (r#"{"Signature":"AAAA","SigningCertURL":"x"}"#, Forged::Malformed),
            (r#"{"Signature":"AAAA","SigningCertURL":"x","SignatureVersion":"2"}"#, Forged::Malformed),
            (
                r#"{"Signature":"AAAA","SigningCertURL":"x","SignatureVersion":"2","Type":"Notification"}"#,
                Forged::Mismatch,
            ),
        ] {
            let request = Unverified::new("POST", "", vec![], [], Bytes::from(body));
            let request = request
                .certified(Certificate { address: "x".into(), pem: Bytes::from_static(b"no certificate") });
            let verdict = request.verify(&scheme, DateTime::UNIX_EPOCH).map(|_| ());
            assert_eq!(verdict, Err(expected), "{body}");
        }
    }
}
