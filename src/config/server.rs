//! Where the hub listens, where it keeps its files, and how the world calls it.

use std::{net::SocketAddr, path::PathBuf};

use url::Url;

use super::variables::Variables;

const DEFAULT_BIND: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8080);

#[derive(Debug, Clone)]
pub struct Server {
    /// `SWITCHBOARD_BIND`: address and port to listen on.
    pub bind: SocketAddr,
    /// `SWITCHBOARD_DATA`: folder of the private database, the generated key and local media.
    pub data: PathBuf,
    /// `SWITCHBOARD_PUBLIC_URL`: what browsers and platforms call the hub; without a path, query or trailing slash.
    pub public_url: Url,
    /// `SWITCHBOARD_PROXY_HOPS`: how many reverse proxies in front add to `X-Forwarded-For`; 0 ignores the header.
    pub proxy_hops: u8,
    /// `SWITCHBOARD_DEMO`: seeds a demo organization and serves the simulator and the playground.
    pub demo: bool,
    /// `SWITCHBOARD_ALLOW_PRIVATE_ADDRESSES`: lets addresses that people type in point into private networks.
    pub allow_private_addresses: bool,
}

impl Server {
    pub(super) fn read(variables: &mut Variables<'_>) -> Self {
        let bind =
            variables.parsed("SWITCHBOARD_BIND", DEFAULT_BIND, "an address and port such as 0.0.0.0:8080");
        let data = variables.text("SWITCHBOARD_DATA", "./data").unwrap_or_else(|| "./data".to_owned());
        Self {
            bind,
            data: PathBuf::from(data),
            public_url: public_url(variables, bind.port()),
            proxy_hops: u8::try_from(variables.number("SWITCHBOARD_PROXY_HOPS", 0, 0, 8)).unwrap_or_default(),
            demo: variables.flag("SWITCHBOARD_DEMO"),
            allow_private_addresses: variables.flag("SWITCHBOARD_ALLOW_PRIVATE_ADDRESSES"),
        }
    }
}

fn public_url(variables: &mut Variables<'_>, port: u16) -> Url {
    const NAME: &str = "SWITCHBOARD_PUBLIC_URL";
    let default = local_url(port);
    let Some(text) = variables.text(NAME, "http://localhost:<port of SWITCHBOARD_BIND>") else {
        return default;
    };
    match Url::parse(&text) {
        Ok(url) if is_origin(&url) => url,
        Ok(_) => {
            variables.fault(NAME, "expected http:// or https:// with a host and nothing after it");
            default
        }
        Err(error) => {
            variables.fault(NAME, format!("not a URL: {error}"));
            default
        }
    }
}

fn is_origin(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none()
}

#[expect(clippy::expect_used, reason = "a literal origin with a port number always parses")]
fn local_url(port: u16) -> Url {
    Url::parse(&format!("http://localhost:{port}")).expect("a literal URL")
}
