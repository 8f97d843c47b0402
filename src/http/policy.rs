//! Where pages may load from and talk to (Content-Security-Policy): to where they came from. The inbox alone may also reach what the sound
//! of calls needs, and only while somebody has connected an account for it.

use std::time::{Duration, Instant};

use axum::http::HeaderValue;
use channels::call::BrowserSources;
use tokio::sync::Mutex;
use url::Url;

use crate::{app::App, error::Result};

/// How long an account that was just connected may wait for its sound; pages are loaded by everybody who comes.
const FRESH: Duration = Duration::from_secs(10);

/// The policy of the inbox, known for a moment.
#[derive(Default)]
pub struct InboxPolicy {
    known: Mutex<Option<(Instant, HeaderValue)>>,
}

impl InboxPolicy {
    /// A page that comes without its sound is better than none: the database may be away.
    pub async fn now(&self, app: &App) -> HeaderValue {
        let mut known = self.known.lock().await;
        if let Some((since, policy)) = known.as_ref()
            && since.elapsed() < FRESH
        {
            return policy.clone();
        }
        let public_url = &app.config.server.public_url;
        let policy = match connected(app).await {
            Ok(sources) => policy(public_url, &sources),
            Err(error) => {
                tracing::warn!(%error, "the inbox is served without the sound of calls");
                // Known for a moment as well: nobody waits again for a database that is away.
                policy(public_url, &[])
            }
        };
        *known = Some((Instant::now(), policy.clone()));
        policy
    }
}

/// What the accounts need that stand behind their platforms' own addresses; others are not heard in the browser.
async fn connected(app: &App) -> Result<Vec<BrowserSources>> {
    let channels: Vec<String> = sqlx::query_scalar(
        "select distinct channel from integrations
         where deleted_at is null and status <> 'paused' and coalesce(account ->> 'api_base_url', '') = ''",
    )
    .fetch_all(app.db.system())
    .await?;
    let found = channels.iter().filter_map(|id| channels::find(id));
    Ok(found.map(|channel| channel.browser_sources()).collect())
}

/// `public_url` is named for the socket as well: older browsers do not count it as the page's own address.
pub fn policy(public_url: &Url, sources: &[BrowserSources]) -> HeaderValue {
    let scheme = if public_url.scheme() == "https" { "wss" } else { "ws" };
    let port = public_url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let socket = public_url.host_str().map(|host| format!(" {scheme}://{host}{port}")).unwrap_or_default();
    let more = |of: fn(&BrowserSources) -> &'static [&'static str]| -> String {
        sources.iter().flat_map(of).map(|source| format!(" {source}")).collect()
    };
    let text = format!(
        "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:{media}; style-src 'self' 'unsafe-inline'; \
         connect-src 'self'{socket}{connect}; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
        media = more(|one| one.media),
        connect = more(|one| one.connect),
    );
    // Hosts of addresses and names in the code: nothing in them cannot stand in a header.
    HeaderValue::from_str(&text).unwrap_or(const { HeaderValue::from_static("default-src 'self'") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(url: &str, sources: &[BrowserSources]) -> String {
        policy(&Url::parse(url).unwrap(), sources).to_str().unwrap().to_owned()
    }

    #[test]
    fn pages_talk_to_where_they_came_from() {
        let plain = written("https://hub.example", &[]);
        assert!(plain.contains("connect-src 'self' wss://hub.example; "), "{plain}");
        assert!(plain.contains("media-src 'self' blob:; "), "{plain}");
        assert!(written("http://localhost:8080/x", &[]).contains("connect-src 'self' ws://localhost:8080; "));
    }

    #[test]
    fn what_calls_need_is_added() {
        let sources = BrowserSources {
            connect: &["https://a.example", "wss://b.example"],
            media: &["https://c.example"],
        };
        let policy = written("https://hub.example", &[sources, BrowserSources::default()]);
        assert!(policy.contains("wss://hub.example https://a.example wss://b.example; "), "{policy}");
        assert!(policy.contains("media-src 'self' blob: https://c.example; "), "{policy}");
    }
}
