//! Delivers callbacks to the hub as the platforms do: real HTTP, real headers, repeated until taken.

use std::time::Duration;

use crate::ActError;

/// Posts callbacks. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Poster {
    http: reqwest::Client,
}

/// The hub's answer to one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    pub status: u16,
    pub body: String,
    /// Seconds that the hub asked to wait.
    pub retry_after: Option<u64>,
}

impl Default for Poster {
    fn default() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        #[expect(clippy::disallowed_methods, reason = "the platforms are not the hub")]
        let http = reqwest::Client::builder().timeout(Duration::from_secs(20)).build().unwrap_or_default();
        Self { http }
    }
}

impl Poster {
    /// One attempt; status 0 stands for no answer.
    pub async fn post(&self, url: &str, headers: &[(&str, String)], body: Vec<u8>) -> Taken {
        let mut request = self.http.post(url).header("content-type", "application/json").body(body);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        Self::answer(request).await
    }

    /// One attempt with a form.
    pub async fn post_form(&self, url: &str, headers: &[(&str, String)], body: Vec<u8>) -> Taken {
        let form = "application/x-www-form-urlencoded; charset=UTF-8";
        let mut request = self.http.post(url).header("content-type", form).body(body);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        Self::answer(request).await
    }

    /// A file that the platform fetches itself because it was sent as a link.
    pub async fn fetch(&self, url: &str) -> Option<(bytes::Bytes, Option<String>)> {
        let answer = self.http.get(url).send().await.ok().filter(|answer| answer.status().is_success())?;
        let mime =
            answer.headers().get("content-type").and_then(|value| value.to_str().ok()).map(str::to_owned);
        Some((answer.bytes().await.ok()?, mime))
    }

    /// Whether somebody is there; 0 without an answer.
    pub async fn head(&self, url: &str) -> u16 {
        self.http.head(url).send().await.map_or(0, |answer| answer.status().as_u16())
    }

    /// A handshake.
    pub async fn get(&self, url: &str, query: &[(&str, &str)]) -> Taken {
        Self::answer(self.http.get(url).query(query)).await
    }

    /// Repeats with a growing pause until the hub answers 2xx.
    pub async fn deliver(
        &self,
        url: &str,
        headers: &[(&str, String)],
        body: Vec<u8>,
        attempts: u32,
    ) -> Result<Taken, ActError> {
        let mut last = 0;
        for attempt in 0..attempts {
            if attempt > 0 {
                tokio::time::sleep(Duration::from_millis(200 << attempt.min(6))).await;
            }
            let taken = self.post(url, headers, body.clone()).await;
            if (200..300).contains(&taken.status) {
                return Ok(taken);
            }
            last = taken.status;
        }
        Err(ActError::NotTaken(last))
    }

    async fn answer(request: reqwest::RequestBuilder) -> Taken {
        match request.send().await {
            Ok(answer) => {
                let status = answer.status().as_u16();
                let wait = answer.headers().get("retry-after").and_then(|value| value.to_str().ok());
                let retry_after = wait.and_then(|value| value.parse().ok());
                Taken { status, body: answer.text().await.unwrap_or_default(), retry_after }
            }
            Err(_) => Taken { status: 0, body: String::new(), retry_after: None },
        }
    }
}
