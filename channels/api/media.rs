//! Files that a connected system names by their addresses.

use std::time::Duration;

use net::{Limits, Request};
use serde_json::Value;
use url::Url;

use crate::{FetchedMedia, MediaLimit, Refusal, Scope, SendError, error::NextStep};

const TIME: Duration = Duration::from_secs(180);
const REDIRECTS_MAX: usize = 3;

pub(super) async fn fetch(
    reference: &Value,
    limit: MediaLimit,
    net: &net::Client,
) -> Result<FetchedMedia, SendError> {
    let address = reference.get("url").and_then(Value::as_str).unwrap_or_default();
    let mut url = Url::parse(address).map_err(|_| gone("The file has no usable address."))?;
    for _ in 0..=REDIRECTS_MAX {
        let limits = Limits { total: TIME, answer: limit.0, ..Limits::default() };
        let answer =
            net.send(Request::get(url.clone()).limits(limits)).await.map_err(|failure| failed(&failure))?;
        let header = |name| answer.headers.get(name).and_then(|value| value.to_str().ok());
        if answer.status.is_redirection() {
            let target = header(net::header::LOCATION).and_then(|target| url.join(target).ok());
            url = target.ok_or_else(|| gone("The file's address leads nowhere."))?;
            continue;
        }
        return match answer.status.as_u16() {
            200..=299 => {
                let mime = header(net::header::CONTENT_TYPE).map(str::to_owned);
                Ok(FetchedMedia { bytes: answer.body, mime, file_name: None })
            }
            status @ (408 | 425 | 429 | 500..=599) => {
                Err(later(format!("The file's address answered {status}.")))
            }
            status => Err(gone(&format!("The file's address answered {status}."))),
        };
    }
    Err(gone("The file's address leads in circles."))
}

fn failed(failure: &net::Failure) -> SendError {
    match failure {
        net::Failure::TooLarge(_) => {
            SendError::Refused(Refusal::new("media_too_large", failure.to_string(), NextStep::None))
        }
        net::Failure::Refused(_) => gone(&failure.to_string()),
        other => later(other.to_string()),
    }
}

fn gone(detail: &str) -> SendError {
    SendError::Refused(Refusal::new("media_unavailable", detail, NextStep::None))
}

fn later(detail: String) -> SendError {
    let reason = Refusal::new("platform_unavailable", detail, NextStep::Retry);
    SendError::Later { after: None, scope: Scope::Conversation, reason }
}
