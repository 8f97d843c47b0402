//! Whether a letter comes from whom it says: what the receiving mail server found out by SPF, DKIM and DMARC, as it writes it into
//! `Authentication-Results` (RFC 8601). Servers write on top: what stands further down may be the sender's own words.

use mail_parser::Message;

use super::{account::CHECKING_SERVER, address};
use crate::Account;

/// One finding: `dkim`, `pass`, and the domain that it speaks of.
struct Finding {
    method: String,
    result: String,
    domain: Option<String>,
}

/// A sentence for the agent if the sender may be somebody else. `told` are a provider's findings, which count before the letter's own.
pub(super) fn doubt(account: &Account, message: &Message<'_>, told: Option<&str>) -> Option<String> {
    let from = address::list(message.from()).into_iter().next()?;
    let domain = address::key(&from.address)?.rsplit_once('@')?.1.to_owned();
    let findings = match told {
        Some(told) => findings(told),
        None => findings(&of_server(message, account.text(CHECKING_SERVER))?),
    };
    let failed = failed(&findings, &domain)?;
    Some(format!(
        "The mail server could not confirm that this letter comes from {domain} ({failed} failed). Its sender may be forged."
    ))
}

/// The topmost words of that server; of any if none is named.
fn of_server(message: &Message<'_>, server: &str) -> Option<String> {
    let mut all = address::headers(message, "Authentication-Results").into_iter();
    if server.is_empty() {
        return all.next();
    }
    all.find(|words| {
        let name = words.split(';').next().unwrap_or_default().split_whitespace().next().unwrap_or_default();
        name.eq_ignore_ascii_case(server)
    })
}

fn failed(findings: &[Finding], domain: &str) -> Option<&'static str> {
    let any = |method: &str, results: &[&str]| {
        findings.iter().any(|one| one.method == method && results.contains(&one.result.as_str()))
    };
    if any("dmarc", &["pass", "bestguesspass"]) {
        return None;
    }
    if any("dmarc", &["fail"]) {
        return Some("DMARC");
    }
    let aligned = |one: &Finding| {
        let named = one.domain.as_deref();
        one.result == "pass" && named.is_none_or(|named| is_aligned(named, domain))
    };
    if findings.iter().any(|one| matches!(one.method.as_str(), "spf" | "dkim") && aligned(one)) {
        return None;
    }
    // A forwarded letter fails one of them, and a list's letter the other; neither of the two is left here.
    if any("dkim", &["fail"]) && !any("spf", &["pass"]) {
        return Some("DKIM");
    }
    (any("spf", &["fail", "softfail"]) && !any("dkim", &["pass"])).then_some("SPF")
}

/// The same domain, or one within the other.
fn is_aligned(one: &str, other: &str) -> bool {
    let within = |inner: &str, outer: &str| {
        outer.contains('.')
            && inner.strip_suffix(outer).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    within(one, other) || within(other, one)
}

fn findings(words: &str) -> Vec<Finding> {
    let bare = without_comments(words).to_ascii_lowercase();
    bare.split(';').filter_map(finding).collect()
}

/// `dkim=pass header.d=example.org header.s=a`; the server's own name in front is none.
fn finding(words: &str) -> Option<Finding> {
    let mut pairs = words.split_whitespace().filter_map(|word| word.split_once('='));
    let (method, result) = pairs.next()?;
    let named = |(name, value): (&str, &str)| {
        let speaks = matches!(name, "header.d" | "header.i" | "header.from" | "smtp.mailfrom" | "smtp.helo");
        let domain = value.trim_matches('"').rsplit('@').next().unwrap_or_default();
        (speaks && !domain.is_empty()).then(|| domain.to_owned())
    };
    Some(Finding {
        method: method.split('/').next().unwrap_or_default().to_owned(),
        result: result.to_owned(),
        domain: pairs.find_map(named),
    })
}

fn without_comments(words: &str) -> String {
    let mut depth = 0_usize;
    let mut kept = String::with_capacity(words.len());
    for c in words.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            c if depth == 0 => kept.push(c),
            _ => {}
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(words: &str) -> Option<&'static str> {
        failed(&findings(words), "acme.example")
    }

    #[test]
    fn what_servers_say_is_understood() {
        for good in [
            "mx.google.com; dkim=pass header.i=@acme.example header.s=a header.b=AbC; spf=softfail (google.com: x) smtp.mailfrom=a@other.example; dmarc=pass (p=NONE) header.from=acme.example",
            // Microsoft names no server.
            "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=acme.example; dkim=none (message not signed) header.d=none;dmarc=bestguesspass action=none header.from=acme.example;compauth=pass reason=109",
            "mx; spf=pass smtp.mailfrom=bounce.acme.example",
            "mx; dkim=pass header.d=list.example; spf=softfail smtp.mailfrom=acme.example",
            "mx; dkim=fail header.d=acme.example; spf=pass smtp.mailfrom=list.example",
            "mx; spf=none; dkim=temperror",
            "mx; none",
            "",
            ";;==;(((",
        ] {
            assert_eq!(said(good), None, "{good}");
        }
        for (bad, which) in [
            (
                "mx; spf=pass smtp.mailfrom=evil.example; dkim=pass header.d=evil.example; dmarc=fail header.from=acme.example",
                "DMARC",
            ),
            ("mx; DMARC=FAIL (p=reject dis=none)", "DMARC"),
            ("mx; dkim=fail header.d=acme.example", "DKIM"),
            ("mx; spf=fail smtp.mailfrom=acme.example; dkim=none", "SPF"),
            ("mx; spf=softfail smtp.mailfrom=acme.example", "SPF"),
            // A comment is no finding.
            ("mx; spf=fail (dkim=pass dmarc=pass) smtp.mailfrom=acme.example", "SPF"),
        ] {
            assert_eq!(said(bad), Some(which), "{bad}");
        }
    }

    #[test]
    fn domains_within_each_other_are_aligned() {
        assert!(
            is_aligned("mail.acme.example", "acme.example") && is_aligned("acme.example", "acme.example")
        );
        assert!(!is_aligned("notacme.example", "acme.example") && !is_aligned("example", "acme.example"));
    }
}
