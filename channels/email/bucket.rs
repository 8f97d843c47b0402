//! Letters that are too large to be told of by Amazon SNS: SES puts them into S3 and tells only where they lie. They are fetched with the
//! account's key. <https://docs.aws.amazon.com/ses/latest/dg/receiving-email-action-s3.html>

use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
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
    })
}

/// Fetches what was announced: what is read as if it had been heard.
pub(super) async fn fetch(
    account: &Account,
    reference: &Value,
    net: &net::Client,
) -> Result<Bytes, SendError> {
    let announced: Announced = serde_json::from_value(reference.clone()).map_err(|_| files::gone())?;
    let letter = get(account, &announced.object, LARGEST, net).await?;
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
    let Announced { object, recipient, checked } = announced;
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
    files::part(&get(account, object, most, net).await?, part)
}

async fn get(account: &Account, object: &Object, most: usize, net: &net::Client) -> Result<Bytes, SendError> {
    let path = format!("/{}/{}", object.bucket, encoded(&object.key));
    let request = signed(account, S3, Method::GET, &path, Vec::new())?.limits(Limits {
        total: TIME,
        answer: most,
        ..Limits::default()
    });
    let answer = net.send(request).await.map_err(|failure| repeatable(SendError::from_failure(&failure)))?;
    if answer.status.is_success() { Ok(answer.body) } else { Err(refused(&answer, object)) }
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

fn refused(answer: &Response, object: &Object) -> SendError {
    let status = answer.status.as_u16();
    let says = |code: &str, detail: String| {
        Refusal::new(code, detail, NextStep::Reconnect).platform_code(i64::from(status))
    };
    let Object { bucket, key } = object;
    match status {
        // Also where the letter is gone, for a key that may not list the bucket.
        403 if !String::from_utf8_lossy(&answer.body).contains("RequestTimeTooSkewed") => {
            SendError::AccountBroken(says(
                "bucket_closed",
                format!(
                    "The access key may not read the bucket {bucket}. Allow s3:GetObject on arn:aws:s3:::{bucket}/*, and s3:ListBucket on \
                 arn:aws:s3:::{bucket}."
                ),
            ))
        }
        404 => SendError::Refused(says(
            "letter_gone",
            format!("{key} does not lie in the bucket {bucket} any more."),
        )),
        _ => SendError::Later {
            after: answer.retry_after(),
            scope: crate::Scope::Account,
            reason: says("platform_unavailable", format!("Amazon S3 answered {status}.")),
        },
    }
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

    use super::{announced, encoded};

    #[test]
    fn a_path_is_written_as_amazon_signs_it() {
        assert_eq!(encoded("in/2026-01/ä b+c~"), "in/2026-01/%C3%A4%20b%2Bc~");
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
