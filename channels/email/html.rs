//! A letter's HTML, made safe to show: no scripts, forms, frames, styles or handlers, nothing fetched from elsewhere that would tell
//! the sender when it was read. Small pictures of the letter itself stay in their places.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use ammonia::Builder;
use base64::{Engine, engine::general_purpose::STANDARD};
use mail_parser::{Message, MessagePart, MimeHeaders, PartType};
use url::Url;

/// Bytes of the largest picture that is put into the HTML itself.
const PICTURE_MAX: usize = 100 << 10;
/// Bytes of HTML that are read; letters beyond it are machines' work.
const HTML_MAX: usize = 1 << 20;

/// Pictures by Content-ID, as addresses that hold their bytes.
pub(super) type Pictures = HashMap<String, String>;

pub(super) fn pictures(message: &Message<'_>) -> Pictures {
    message.parts.iter().filter_map(picture).collect()
}

/// A picture's Content-ID and the address that holds it, if it is small enough.
fn picture(part: &MessagePart<'_>) -> Option<(String, String)> {
    let id = part.content_id()?.trim_matches(['<', '>', ' ']).to_owned();
    let (PartType::Binary(bytes) | PartType::InlineBinary(bytes)) = &part.body else { return None };
    let kind = part.content_type()?;
    let subtype = kind.subtype()?.to_ascii_lowercase();
    let shown = kind.ctype().eq_ignore_ascii_case("image")
        && matches!(subtype.as_str(), "png" | "jpeg" | "jpg" | "gif" | "webp")
        && (1..=PICTURE_MAX).contains(&bytes.len());
    shown.then(|| (id, format!("data:image/{subtype};base64,{}", STANDARD.encode(bytes))))
}

/// Safe to put into a page.
pub(super) fn sanitised(html: &str, pictures: Pictures) -> String {
    let html = cut_at(html, HTML_MAX);
    let pictures = Arc::new(pictures);
    Builder::default()
        .add_url_schemes(["cid", "data"])
        .url_relative(ammonia::UrlRelative::Deny)
        .attribute_filter(move |element, attribute, value| match (element, attribute) {
            ("img", "src") => {
                cid(value).and_then(|id| pictures.get(&id)).map(|data| Cow::Owned(data.clone()))
            }
            (_, "href" | "cite" | "src" | "background" | "longdesc") => {
                let scheme = value.split(':').next().unwrap_or_default().trim().to_ascii_lowercase();
                matches!(scheme.as_str(), "http" | "https" | "mailto" | "tel").then_some(Cow::Borrowed(value))
            }
            _ => Some(Cow::Borrowed(value)),
        })
        .clean(html)
        .to_string()
        .replace('\0', "")
}

/// The Content-ID that an address names, percent-encoded or not.
pub(super) fn cid(address: &str) -> Option<String> {
    let id = Url::parse(address.trim()).ok().filter(|url| url.scheme() == "cid")?;
    let encoded = id.path().replace('+', "%2B");
    let decoded = url::form_urlencoded::parse(encoded.as_bytes()).next()?.0.into_owned();
    Some(decoded.trim_matches(['<', '>']).to_owned())
}

/// Where the earlier letters begin that a program has put below the new text.
pub(super) fn quote_start(html: &str) -> Option<usize> {
    let lower = html.to_ascii_lowercase();
    let marks = [
        "class=\"gmail_quote",
        "<blockquote type=\"cite\"",
        "id=\"divrplyfwdmsg\"",
        "id=\"appendonsend\"",
        "class=\"yahoo_quoted",
        "class=\"moz-cite-prefix\"",
        "class=\"protonmail_quote\"",
        "id=\"mail-editor-reference-message-container\"",
    ];
    let found = marks.into_iter().filter_map(|mark| lower.find(mark)).min()?;
    lower[..=found].rfind('<')
}

fn cut_at(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean(html: &str) -> String {
        sanitised(html, Pictures::from([("logo@x".to_owned(), "data:image/png;base64,AA==".to_owned())]))
    }

    #[test]
    fn nothing_that_acts_is_left() {
        for bad in [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "<a href=\"javascript:alert(1)\">x</a>",
            "<a href=\"data:text/html,x\">x</a>",
            "<iframe src=\"https://evil.example\"></iframe>",
            "<form action=\"https://evil.example\"><input name=a></form>",
            "<p style=\"background:url(https://evil.example)\">x</p>",
            "<svg><a xlink:href=\"javascript:alert(1)\"></a></svg>",
            "<meta http-equiv=refresh content=\"0;url=https://evil.example\">",
            "<blockquote cite=\"javascript:alert(1)\">x</blockquote>",
        ] {
            let safe = clean(bad);
            for word in
                ["script", "onerror", "data:text", "evil", "<form", "<iframe", "<svg", "<meta", "style"]
            {
                assert!(!safe.contains(word), "{bad} became {safe}");
            }
        }
    }

    #[test]
    fn own_pictures_stay_and_foreign_ones_go() {
        assert!(clean("<img src=\"cid:logo@x\">").contains("data:image/png;base64,AA=="));
        assert!(clean("<img src=\"cid:logo%40x\">").contains("data:image/png;base64,AA=="));
        assert!(!clean("<img src=\"cid:other\">").contains("src"));
        assert!(!clean("<img src=\"https://track.example/1.gif\">").contains("track"));
        assert!(clean("<a href=\"https://example.org/?a=1\">x</a>").contains("https://example.org/?a=1"));
    }
}
