//! Addresses as people and programs write them, made comparable.

use mail_parser::{Address, Message};

use crate::{mail::Mailbox, party::PartyId};

/// Bytes of the longest address (RFC 5321).
const LONGEST: usize = 320;

/// What compares: lower case, without the part behind a plus only where [`base`] is asked for. `None` if it is no address.
pub(super) fn key(written: &str) -> Option<String> {
    let address = written.trim().trim_matches(['<', '>', '"', '\'']).trim_start_matches("mailto:");
    let (local, domain) = address.rsplit_once('@')?;
    let odd = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>' | ',' | ';' | '(' | ')');
    let whole = !local.is_empty() && !domain.is_empty() && !domain.starts_with('.') && !domain.contains('@');
    (whole && address.len() <= LONGEST && !address.contains(odd)).then(|| address.to_lowercase())
}

/// The address without its tag, and the tag: `a+b@c` is `a@c` and `b`.
pub(super) fn base(key: &str) -> (String, Option<String>) {
    match key.rsplit_once('@').and_then(|(local, domain)| Some((local.split_once('+')?, domain))) {
        Some(((local, tag), domain)) => (format!("{local}@{domain}"), Some(tag.to_owned())),
        None => (key.to_owned(), None),
    }
}

pub(super) fn party(address: &str) -> Option<PartyId> {
    let key = key(address)?;
    Some(PartyId { kind: "email".to_owned(), address: address.trim().to_owned(), key })
}

/// Those of a header that are addresses; groups are opened.
pub(super) fn list(header: Option<&Address<'_>>) -> Vec<Mailbox> {
    let found = header.into_iter().flat_map(Address::iter);
    found
        .filter_map(|one| {
            let address = one.address.as_deref().filter(|address| key(address).is_some())?;
            let name = one.name.as_deref().map(clean).filter(|name| !name.is_empty() && name != address);
            Some(Mailbox { name, address: address.trim().to_owned() })
        })
        .collect()
}

/// Every header of that name as it stands, unfolded.
pub(super) fn headers(message: &Message<'_>, name: &str) -> Vec<String> {
    let found = message.headers_raw().filter(|(found, _)| found.eq_ignore_ascii_case(name));
    found.map(|(_, value)| clean(value)).collect()
}

pub(super) fn header(message: &Message<'_>, name: &str) -> Option<String> {
    headers(message, name).into_iter().next()
}

/// One line without characters that nobody sees.
pub(super) fn clean(text: &str) -> String {
    let kept: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_compare_without_case_and_nonsense_is_none() {
        assert_eq!(key(" Ada@Example.ORG ").as_deref(), Some("ada@example.org"));
        assert_eq!(key("<ada@example.org>").as_deref(), Some("ada@example.org"));
        for nonsense in
            ["", "ada", "@example.org", "ada@", "a b@example.org", "a@b@", "a@b\r\nc", "x,y@z.org"]
        {
            assert_eq!(key(nonsense), None, "{nonsense}");
        }
        assert_eq!(base("a+b+c@d.org"), ("a@d.org".into(), Some("b+c".into())));
        assert_eq!(base("a@d.org"), ("a@d.org".into(), None));
    }
}
