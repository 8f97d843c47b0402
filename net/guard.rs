//! Which addresses the hub may call. Private, loopback, link-local and other special ranges are refused
//! unless the operator allows them, so that no form field turns the hub into a probe of its own network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// Whether addresses outside the public internet may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Private {
    Refused,
    /// `SWITCHBOARD_ALLOW_PRIVATE_ADDRESSES=true`, and the demo, whose platforms live on loopback.
    Allowed,
}

/// Why an address was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the address must begin with https:// or http:// and name a host")]
    NotHttp,
    #[error("the address names no host")]
    NoHost,
    #[error("the address points into a private network")]
    Private,
}

/// Checks what can be seen without asking the DNS. Names that resolve to private addresses are refused
/// when the connection is made.
pub fn check(url: &Url, private: Private) -> Result<(), Refusal> {
    if !matches!(url.scheme(), "https" | "http") {
        return Err(Refusal::NotHttp);
    }
    outside(&url.host().ok_or(Refusal::NotHttp)?, private)
}

/// As [`check`], for a host without an address around it: a mail server's.
pub fn check_host(host: &str, private: Private) -> Result<(), Refusal> {
    // The URL rules know every way to write an address: `2130706433`, `0x7f.1`, `[::1]`.
    let bare_v6 = host.contains(':') && !host.starts_with('[');
    let written = if bare_v6 { format!("[{host}]") } else { host.to_owned() };
    let url = Url::parse(&format!("http://{written}/")).map_err(|_| Refusal::NoHost)?;
    let plain = url.username().is_empty() && url.port().is_none() && url.path() == "/";
    if !plain || url.query().is_some() || url.fragment().is_some() {
        return Err(Refusal::NoHost);
    }
    outside(&url.host().ok_or(Refusal::NoHost)?, private)
}

fn outside(host: &Host<&str>, private: Private) -> Result<(), Refusal> {
    let inside = match host {
        Host::Ipv4(ip) => !is_public(IpAddr::V4(*ip)),
        Host::Ipv6(ip) => !is_public(IpAddr::V6(*ip)),
        Host::Domain(name) => *name == "localhost" || name.ends_with(".localhost"),
    };
    if inside && private == Private::Refused { Err(Refusal::Private) } else { Ok(()) }
}

/// Whether an address belongs to the public internet.
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => ip.to_ipv4_mapped().map_or_else(|| is_public_v6(ip), is_public_v4),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_broadcast()
        || ip.is_multicast()
        || ip.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b)) // shared address space, RFC 6598
        || (a == 192 && b == 0 && c == 0) // protocol assignments, RFC 6890
        || (a == 198 && (18..20).contains(&b)); // benchmarking, RFC 2544
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [first, second, ..] = ip.segments();
    // Everything in use on the internet lies in 2000::/3; inside it some blocks carry IPv4 or nothing.
    (first & 0xe000) == 0x2000
        && !(first == 0x2001 && second < 0x0200) // Teredo and protocol assignments
        && !(first == 0x2001 && second == 0x0db8) // documentation
        && first != 0x2002 // 6to4
}

/// Resolves names and drops every address that must not be called, so that a name which changes
/// between check and connect still cannot point inside.
#[derive(Clone, Debug)]
pub(crate) struct GuardedResolver {
    pub(crate) private: Private,
}

impl GuardedResolver {
    pub(crate) async fn lookup(self, host: String) -> Result<Vec<SocketAddr>, std::io::Error> {
        let found = tokio::net::lookup_host((host.as_str(), 0)).await?;
        let allowed: Vec<_> =
            found.filter(|addr| self.private == Private::Allowed || is_public(addr.ip())).collect();
        if allowed.is_empty() {
            return Err(std::io::Error::new(std::io::ErrorKind::PermissionDenied, Refusal::Private));
        }
        Ok(allowed)
    }
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let lookup = self.clone().lookup(name.as_str().to_owned());
        Box::pin(async move { Ok(Box::new(lookup.await?.into_iter()) as Addrs) })
    }
}

impl reqwest012::dns::Resolve for GuardedResolver {
    fn resolve(&self, name: reqwest012::dns::Name) -> reqwest012::dns::Resolving {
        let lookup = self.clone().lookup(name.as_str().to_owned());
        Box::pin(async move { Ok(Box::new(lookup.await?.into_iter()) as reqwest012::dns::Addrs) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_ranges_are_not_public() {
        for ip in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "198.18.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "::ffff:10.0.0.1",
            "2002:a00::1",
            "2001:db8::1",
        ] {
            assert!(!is_public(ip.parse().unwrap()), "{ip}");
        }
        for ip in ["8.8.8.8", "157.240.0.1", "2a03:2880::1", "::ffff:8.8.8.8"] {
            assert!(is_public(ip.parse().unwrap()), "{ip}");
        }
    }

    #[test]
    fn hosts_are_checked_like_urls() {
        for host in ["localhost", "127.1", "0x7f.1", "::1", "[::1]", "fe80::1", "10.0.0.1"] {
            assert_eq!(check_host(host, Private::Refused), Err(Refusal::Private), "{host}");
            assert_eq!(check_host(host, Private::Allowed), Ok(()), "{host}");
        }
        for host in ["", "a b", "user@mail.example.org", "mail.example.org:25", "mail.example.org/x", "a?b"] {
            assert_eq!(check_host(host, Private::Allowed), Err(Refusal::NoHost), "{host}");
        }
        assert_eq!(check_host("mail.example.org", Private::Refused), Ok(()));
    }

    #[test]
    fn urls_that_point_inside_are_refused() {
        for url in [
            "http://localhost:9",
            "http://a.localhost",
            "http://[::1]/",
            "http://2130706433/",
            "http://0x7f.1/",
        ] {
            assert_eq!(check(&url.parse().unwrap(), Private::Refused), Err(Refusal::Private), "{url}");
            assert_eq!(check(&url.parse().unwrap(), Private::Allowed), Ok(()), "{url}");
        }
        assert_eq!(check(&"ftp://example.org".parse().unwrap(), Private::Allowed), Err(Refusal::NotHttp));
        assert_eq!(check(&"https://graph.facebook.com".parse().unwrap(), Private::Refused), Ok(()));
    }
}
