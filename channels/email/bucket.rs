//! Letters that are too large to be told of by Amazon SNS: SES puts them into S3 and tells only where they lie. They are fetched with the
//! account's key. <https://docs.aws.amazon.com/ses/latest/dg/receiving-email-action-s3.html>

use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use net::{Limits, Method, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    amazon::{S3, signed},
    files::{self, Lies},
    provider::text,
    read, ses,
};
use crate::{Account, FetchedMedia, MediaLimit, Refusal, SendError, error::NextStep, event::What};

/// Bytes of the largest letter that SES takes in.
const LARGEST: usize = 40 << 20;
const TIME: Duration = Duration::from_secs(120);
/// The shortest time after which a bucket can be told to forget.
const FRESH: TimeDelta = TimeDelta::days(1);
/// The line before a letter in what the flight recorder keeps: where it lies, and what SES told of it.
const ANNOUNCED: &str = "X-Switchboard-Announced:";

/// A letter in S3.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Object {
    pub bucket: String,
    pub key: String,
}

/// What SES told of a letter without the letter.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Announced {
    #[serde(flatten)]
    object: Object,
    recipient: Option<String>,
    checked: Option<String>,
    /// When SES took it in.
    at: Option<DateTime<Utc>>,
}

/// Whether a letter may have left its bucket again. Amazon says of one that has, to a key that may not list the bucket, the same as of
/// one that may not be read: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Age {
    /// Buckets forget after days.
    Fresh,
    /// Or read before with the same key.
    Old,
}

/// `None` where the letter lies nowhere that SES tells.
pub(super) fn announced(told: &Value) -> Option<Announced> {
    let receipt = &told["receipt"];
    let (bucket, key) = (text(&receipt["action"], "bucketName"), text(&receipt["action"], "objectKey"));
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
    let named = (3..=63).contains(&bucket.len()) && bucket.chars().all(plain) && !bucket.contains("..");
    // An address takes these for steps, out of the bucket in the end.
    let steps = key.split('/').any(|step| matches!(step, "." | ".."));
    (named && !key.is_empty() && !steps).then(|| Announced {
        object: Object { bucket: bucket.to_owned(), key: key.to_owned() },
        recipient: receipt["recipients"][0].as_str().map(str::to_owned),
        checked: ses::checked(receipt),
        at: text(&told["mail"], "timestamp").parse().ok(),
    })
}

/// Fetches what was announced: what is read as if it had been heard.
pub(super) async fn fetch(
    account: &Account,
    reference: &Value,
    net: &net::Client,
) -> Result<Bytes, SendError> {
    let announced: Announced = serde_json::from_value(reference.clone()).map_err(|_| files::gone())?;
    let letter = get(account, &announced.object, announced.age(Utc::now()), LARGEST, net).await?;
    let line = serde_json::to_string(&announced).unwrap_or_default();
    let mut raw = format!("{ANNOUNCED} {line}\r\n").into_bytes();
    raw.extend_from_slice(&files::without_large_files(&letter));
    Ok(raw.into())
}

/// `None` for anything else that was heard.
pub(super) fn read(account: &Account, raw: &[u8], at: DateTime<Utc>) -> Option<What> {
    let rest = raw.strip_prefix(ANNOUNCED.as_bytes())?;
    let end = rest.windows(2).position(|pair| pair == b"\r\n")?;
    let announced: Announced = serde_json::from_slice(&rest[..end]).ok()?;
    let Announced { object, recipient, checked, .. } = announced;
    let arrival = read::Arrival { lies: Some(Lies::Bucket(object)), recipient, checked, at };
    Some(read::read(account, &rest[end + 2..], &arrival))
}

/// A file of a letter.
pub(super) async fn file(
    account: &Account,
    object: &Object,
    part: usize,
    limit: MediaLimit,
    net: &net::Client,
) -> Result<FetchedMedia, SendError> {
    // Files are a third larger inside the letter.
    let most = limit.0.saturating_mul(3).checked_div(2).unwrap_or(LARGEST).clamp(1 << 20, LARGEST);
    files::part(&get(account, object, Age::Old, most, net).await?, part)
}

impl Announced {
    fn age(&self, now: DateTime<Utc>) -> Age {
        if self.at.is_some_and(|at| now - at > FRESH) { Age::Old } else { Age::Fresh }
    }
}

async fn get(
    account: &Account,
    object: &Object,
    age: Age,
    most: usize,
    net: &net::Client,
) -> Result<Bytes, SendError> {
    let path = format!("/{}/{}", object.bucket, encoded(&object.key));
    let request = signed(account, S3, Method::GET, &path, Vec::new())?.limits(Limits {
        total: TIME,
        answer: most,
        ..Limits::default()
    });
    let answer = net.send(request).await.map_err(|failure| repeatable(SendError::from_failure(&failure)))?;
    if answer.status.is_success() { Ok(answer.body) } else { Err(refused(&answer, object, age)) }
}

/// Fetching twice does no harm.
fn repeatable(error: SendError) -> SendError {
    match error {
        SendError::Unknown(why) => SendError::Later {
            after: None,
            scope: crate::Scope::Account,
            reason: Refusal::new("platform_unreachable", why, NextStep::Wait),
        },
        other => other,
    }
}

fn refused(answer: &Response, object: &Object, age: Age) -> SendError {
    let status = answer.status.as_u16();
    let says = |code: &str, detail: String| {
        Refusal::new(code, detail, NextStep::Reconnect).platform_code(i64::from(status))
    };
    let Object { bucket, key } = object;
    let body = String::from_utf8_lossy(&answer.body);
    let gone = format!("{key} does not lie in the bucket {bucket} any more");
    match (status, element(&body, "Code")) {
        (404, _) => SendError::Refused(says("letter_gone", format!("{gone}."))),
        (403, "AccessDenied") if is_gone(element(&body, "Message"), age) => SendError::Refused(says(
            "letter_gone",
            format!(
                "{gone}, as it seems: Amazon says that it may not be read, which a key that may not list the bucket is told of what is gone. \
                 Allow s3:ListBucket on arn:aws:s3:::{bucket} to be sure, and s3:GetObject on arn:aws:s3:::{bucket}/* if it lies there; \
                 then replay its callback."
            ),
        )),
        (403, "AccessDenied") => SendError::AccountBroken(says(
            "bucket_closed",
            format!(
                "The access key may not read the bucket {bucket}. Allow s3:GetObject on arn:aws:s3:::{bucket}/*, and s3:ListBucket on \
                 arn:aws:s3:::{bucket}."
            ),
        )),
        (403, code) if code != "RequestTimeTooSkewed" => SendError::AccountBroken(says(
            "token_rejected",
            format!(
                "Amazon S3 does not accept the access key ({}).",
                if code.is_empty() { "403" } else { code }
            ),
        )),
        _ => SendError::Later {
            after: answer.retry_after(),
            scope: crate::Scope::Account,
            reason: says("platform_unavailable", format!("Amazon S3 answered {status}.")),
        },
    }
}

/// Whether a letter that may not be read is gone. Amazon names what is not allowed, but not to everybody.
fn is_gone(words: &str, age: Age) -> bool {
    let names = |action: &str| words.contains(action);
    names("s3:ListBucket") || (age == Age::Old && !names("s3:GetObject") && !names("kms:"))
}

/// The text of an XML element that stands in it once; empty if there is none.
fn element<'a>(xml: &'a str, name: &str) -> &'a str {
    let inside = xml.split_once(&format!("<{name}>")).map(|(_, rest)| rest);
    inside.and_then(|rest| rest.split_once(&format!("</{name}>"))).map_or("", |(text, _)| text)
}

/// As Amazon wants a path: everything but letters, digits and `-._~/` by its bytes.
fn encoded(key: &str) -> String {
    key.bytes().fold(String::with_capacity(key.len()), |mut path, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            path.push(char::from(byte));
        } else {
            path.push_str(&format!("%{byte:02X}"));
        }
        path
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Age, announced, element, encoded, is_gone};

    #[test]
    fn a_path_is_written_as_amazon_signs_it() {
        assert_eq!(encoded("in/2026-01/ä b+c~"), "in/2026-01/%C3%A4%20b%2Bc~");
    }

    #[test]
    fn a_letter_that_may_not_be_read_is_gone_or_kept_back() {
        let list = "User: arn:aws:iam::1:user/hub is not authorized to perform: s3:ListBucket on resource: \"arn:aws:s3:::letters\"";
        let get = "User: arn:aws:iam::1:user/hub is not authorized to perform: s3:GetObject on resource: \"arn:aws:s3:::letters/in/1\"";
        for (words, age, gone) in [
            (list, Age::Fresh, true),
            (list, Age::Old, true),
            (get, Age::Fresh, false),
            (get, Age::Old, false),
            ("is not authorized to perform: kms:Decrypt", Age::Old, false),
            ("Access Denied", Age::Fresh, false),
            ("Access Denied", Age::Old, true),
        ] {
            assert_eq!(is_gone(words, age), gone, "{words} {age:?}");
        }
        let body =
            "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";
        assert_eq!((element(body, "Code"), element(body, "Message")), ("AccessDenied", "Access Denied"));
        assert_eq!((element("{}", "Code"), element("<Code>x", "Code")), ("", ""));
    }

    #[test]
    fn only_names_of_buckets_are_gone_to() {
        let told = |bucket: &str, key: &str| json!({"receipt": {"recipients": ["a@b.example"], "action": {"type": "S3", "bucketName": bucket, "objectKey": key}}});
        assert_eq!(
            announced(&told("letters.acme", "in/1")).unwrap().recipient.as_deref(),
            Some("a@b.example")
        );
        for (bucket, key) in [
            ("", "in/1"),
            ("../../x", "in/1"),
            ("a@evil.example", "in/1"),
            ("letters", ""),
            ("a..b", "x"),
            ("letters", "../other/x"),
            ("letters", "in/./x"),
        ] {
            assert!(announced(&told(bucket, key)).is_none(), "{bucket} {key}");
        }
    }
}
