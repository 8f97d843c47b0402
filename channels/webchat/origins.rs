//! Which pages may show a window.

use url::{Host, Origin, Url};

/// The word for programs, which send no `Origin`.
const APPS: &str = "apps";
const EVERY: &str = "*";

/// Whether the list names this origin; `None` is a caller that has none.
pub(super) fn allows(list: &str, origin: Option<&str>) -> bool {
    let Some(origin) = origin else { return entries(list).any(|entry| entry == APPS) };
    let Some((scheme, host, port)) = Url::parse(origin).ok().and_then(|url| tuple(&url)) else {
        return false;
    };
    entries(list).any(|entry| {
        if entry == EVERY {
            return true;
        }
        let Some((pattern, wild)) = parse(entry) else { return false };
        let Some((wanted_scheme, wanted, wanted_port)) = tuple(&pattern) else { return false };
        let fits = match wild {
            true => host.strip_suffix(&wanted).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')),
            false => host == wanted,
        };
        fits && scheme == wanted_scheme && port == wanted_port
    })
}

/// The entries that mean nothing.
pub(super) fn faults(list: &str) -> Vec<&str> {
    entries(list).filter(|entry| ![APPS, EVERY].contains(entry) && parse(entry).is_none()).collect()
}

fn entries(list: &str) -> impl Iterator<Item = &str> {
    list.split([',', ' ', ';']).map(str::trim).filter(|entry| !entry.is_empty())
}

/// An origin, and whether it stands for everything below it.
fn parse(entry: &str) -> Option<(Url, bool)> {
    let wild = entry.contains("://*.");
    let url = Url::parse(&entry.replacen("://*.", "://", 1)).ok()?;
    let bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
    (bare && tuple(&url).is_some()).then_some((url, wild))
}

fn tuple(url: &Url) -> Option<(String, String, u16)> {
    match url.origin() {
        Origin::Tuple(scheme, Host::Domain(host), port) => Some((scheme, host, port)),
        Origin::Tuple(scheme, host, port) => Some((scheme, host.to_string(), port)),
        Origin::Opaque(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_named_is_allowed() {
        let list = "https://shop.example, https://*.shop.example https://pay.example:8443";
        for origin in [
            "https://shop.example",
            "https://a.shop.example",
            "https://a.b.shop.example",
            "https://pay.example:8443",
        ] {
            assert!(allows(list, Some(origin)), "{origin}");
        }
        for origin in [
            "http://shop.example",
            "https://shop.example:444",
            "https://evilshop.example",
            "https://shop.example.evil.example",
            "https://pay.example",
            "null",
            "",
        ] {
            assert!(!allows(list, Some(origin)), "{origin}");
        }
        assert!(!allows(list, None));
        assert!(allows("https://shop.example, apps", None));
        assert!(allows("*", Some("https://any.example")) && !allows("*", None));
        assert!(!allows("", Some("https://shop.example")));
    }

    #[test]
    fn what_means_nothing_is_named() {
        assert_eq!(
            faults("https://a.example, shop.example, *, apps, https://a.example/path"),
            ["shop.example", "https://a.example/path"]
        );
    }
}
