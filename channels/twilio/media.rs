//! Files that callbacks point to: pictures of customers, recordings of calls. Twilio's address leads on to a store elsewhere,
//! which must not see the token.

use std::time::Duration;

use net::{Limits, Request, Response};
use serde_json::Value;
use url::{Host, Url};

use super::{account, api, errors};
use crate::{Account, FetchedMedia, MediaLimit, Refusal, Scope, SendError, error::NextStep};

const REDIRECTS_MAX: usize = 5;
/// Files travel slower than messages.
const FILE_TIME: Duration = Duration::from_secs(120);

pub(super) async fn fetch(
    account: &Account,
    reference: &Value,
    limit: MediaLimit,
    net: &net::Client,
) -> Result<FetchedMedia, SendError> {
    let address = reference.get("url").and_then(Value::as_str).and_then(|url| Url::parse(url).ok());
    let address =
        address.ok_or_else(|| unavailable("Twilio gave no usable address for the file.", NextStep::None))?;
    let answer = download(account, &address, limit, true, net).await?;
    // Accounts may leave their media open, and refuse whoever comes with the token of a parent or a former one.
    let answer = match answer.status.as_u16() {
        401 | 403 => download(account, &address, limit, false, net).await?,
        _ => answer,
    };
    let answer = settled(answer)?;
    let header = |name| answer.headers.get(name).and_then(|value| value.to_str().ok());
    let mime = header(net::header::CONTENT_TYPE).map(str::to_owned);
    let file_name = header(net::header::CONTENT_DISPOSITION).and_then(file_name);
    Ok(FetchedMedia { mime, file_name, bytes: answer.body })
}

async fn download(
    account: &Account,
    address: &Url,
    limit: MediaLimit,
    authorized: bool,
    net: &net::Client,
) -> Result<Response, SendError> {
    let mut url = address.clone();
    for _ in 0..=REDIRECTS_MAX {
        let limits = Limits { total: FILE_TIME, answer: limit.0, ..Limits::default() };
        let mut request = Request::get(url.clone()).limits(limits);
        if authorized && may_see_token(account, &url) {
            request = request.header("authorization", account::authorization(account));
        }
        let answer = net.send(request).await.map_err(|failure| match failure {
            net::Failure::TooLarge(limit) => api::refused(
                "media_too_large",
                format!("The file is larger than {limit} bytes."),
                NextStep::None,
            ),
            other => api::again(SendError::from_failure(&other)),
        })?;
        if !answer.status.is_redirection() {
            return Ok(answer);
        }
        let target = answer.headers.get(net::header::LOCATION).and_then(|value| value.to_str().ok());
        url = target
            .and_then(|target| url.join(target).ok())
            .ok_or_else(|| unavailable("Twilio's address for the file leads nowhere.", NextStep::None))?;
    }
    Err(unavailable("Twilio's address for the file leads in circles.", NextStep::None))
}

fn settled(answer: Response) -> Result<Response, SendError> {
    let later = |detail: &str| SendError::Later {
        after: answer.retry_after(),
        scope: Scope::Conversation,
        reason: Refusal::new("media_unavailable", detail, NextStep::Retry),
    };
    match answer.status.as_u16() {
        200..=299 => Ok(answer),
        // A recording's file follows its callback after a moment.
        404 => Err(later("Twilio does not have the file, or not yet.")),
        401 | 403 => Err(unavailable(
            "Twilio does not give the file out, with or without the token.",
            NextStep::Reconnect,
        )),
        410 => Err(unavailable("Twilio no longer has the file.", NextStep::None)),
        _ => Err(match errors::of(&answer) {
            SendError::AccountBroken(reason) => SendError::Refused(reason),
            other => api::again(other),
        }),
    }
}

/// Twilio's own hosts over TLS, and the API of whatever stands in for them.
fn may_see_token(account: &Account, url: &Url) -> bool {
    if account.api_base("https://api.twilio.com").is_ok_and(|base| base.origin() == url.origin()) {
        return url.path().contains("/2010-04-01/");
    }
    let Some(Host::Domain(host)) = url.host() else { return false };
    url.scheme() == "https"
        && host.strip_suffix("twilio.com").is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// The name in `inline; filename="photo.jpg"`.
fn file_name(disposition: &str) -> Option<String> {
    let (_, name) = disposition.split_once("filename=")?;
    let name = name.split(';').next()?.trim().trim_matches('"');
    (!name.is_empty()).then(|| name.to_owned())
}

fn unavailable(detail: &str, step: NextStep) -> SendError {
    api::refused("media_unavailable", detail, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_twilio_sees_the_token() {
        let account = Account::new([]);
        for (url, expected) in [
            ("https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1", true),
            ("https://mcs.us1.twilio.com/v1/x", true),
            ("http://api.twilio.com/x", false),
            ("https://s3-external-1.amazonaws.com/media.twiliocdn.com/x", false),
            ("https://eviltwilio.com/x", false),
            ("https://twilio.com.evil.example/x", false),
        ] {
            assert_eq!(may_see_token(&account, &url.parse().unwrap()), expected, "{url}");
        }
        assert_eq!(file_name(r#"inline; filename="photo.jpg""#).as_deref(), Some("photo.jpg"));
        assert_eq!(file_name("inline"), None);
    }
}
