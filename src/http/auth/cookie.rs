//! The refresh token's cookie: for the auth routes only, out of reach of scripts, never sent along from another site.

use axum::http::{HeaderMap, header};
use url::Url;

use crate::access::{secret::OneTimeSecret, session::REFRESH_DAYS};

const NAME: &str = "switchboard_refresh";

pub fn set(token: &OneTimeSecret, public_url: &Url) -> String {
    write(token.text(), i64::from(REFRESH_DAYS) * 24 * 60 * 60, public_url)
}

pub fn clear(public_url: &Url) -> String {
    write("", 0, public_url)
}

/// The refresh token that a browser brings.
pub fn read(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == NAME && !value.is_empty()).then_some(value))
}

fn write(value: &str, seconds: i64, public_url: &Url) -> String {
    let secure = if public_url.scheme() == "https" { "; Secure" } else { "" };
    format!("{NAME}={value}; Path=/api/v1/auth; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_cookie_is_read() {
        let headers = |value: &str| HeaderMap::from_iter([(header::COOKIE, value.parse().unwrap())]);
        assert_eq!(read(&headers("a=1; switchboard_refresh=xyz; b=2")), Some("xyz"));
        assert_eq!(read(&headers("not_switchboard_refresh=xyz")), None);
        assert_eq!(read(&headers("switchboard_refresh=")), None);
    }

    #[test]
    fn it_is_secure_where_the_hub_is() {
        assert!(clear(&Url::parse("https://hub.example").unwrap()).ends_with("; Secure"));
        assert!(!clear(&Url::parse("http://localhost:8080").unwrap()).contains("Secure"));
    }
}
