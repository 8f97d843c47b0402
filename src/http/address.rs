//! Where a request comes from, for limits and for the list of sessions.

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, header::USER_AGENT, request::Parts},
};

use crate::app::App;

/// The browser or program behind a request, as far as it can be known.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The peer, or what the outermost trusted proxy saw (`SWITCHBOARD_PROXY_HOPS`).
    pub address: IpAddr,
    /// At most 300 characters.
    pub user_agent: Option<String>,
}

impl FromRequestParts<App> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.ip());
        let address = forwarded(&parts.headers, app.config.server.proxy_hops).unwrap_or(peer);
        let user_agent = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
        Ok(Self {
            address: address.to_canonical(),
            user_agent: user_agent.map(|text| text.chars().take(300).collect()),
        })
    }
}

/// Each proxy appends the address that it saw, so that only the last `hops` entries can be believed.
fn forwarded(headers: &HeaderMap, hops: u8) -> Option<IpAddr> {
    let entries: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect();
    let at = entries.len().checked_sub(usize::from(hops))?;
    let entry = entries.get(at)?;
    entry.parse().ok().or_else(|| entry.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(values: &[&str], hops: u8) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        forwarded(&headers, hops).map(|address| address.to_string())
    }

    #[test]
    fn only_what_our_own_proxies_saw_is_believed() {
        assert_eq!(from(&["6.6.6.6, 1.2.3.4"], 1).as_deref(), Some("1.2.3.4"));
        assert_eq!(from(&["6.6.6.6, 1.2.3.4", "10.0.0.1"], 2).as_deref(), Some("1.2.3.4"));
        assert_eq!(from(&["1.2.3.4"], 0), None);
        assert_eq!(from(&["1.2.3.4"], 2), None);
        assert_eq!(from(&["rubbish"], 1), None);
        assert_eq!(from(&["[2001:db8::1]:443"], 1).as_deref(), Some("2001:db8::1"));
    }
}
