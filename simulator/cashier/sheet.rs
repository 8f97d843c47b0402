//! The page on which a payer pays: what is asked, by whom, and buttons for what a payer can do. Plain HTML, without scripts.

use axum::{
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};

use super::qr;

/// What stands on it.
#[derive(Default)]
pub(crate) struct Sheet {
    /// The provider.
    pub(crate) brand: &'static str,
    /// Its colour, as CSS writes it.
    pub(crate) colour: &'static str,
    pub(crate) merchant: String,
    pub(crate) amount: String,
    /// What is sold, each with its price.
    pub(crate) lines: Vec<(String, String)>,
    /// How things stand, in a sentence.
    pub(crate) state: String,
    /// What went wrong just now.
    pub(crate) alert: Option<String>,
    /// A code to copy.
    pub(crate) code: Option<(&'static str, String)>,
    /// The code is shown as a picture, too.
    pub(crate) picture: bool,
    /// Ways to pay: the value, and what people call it.
    pub(crate) means: Vec<(&'static str, &'static str)>,
    /// The first one is what most people want.
    pub(crate) buttons: Vec<(&'static str, &'static str)>,
    /// A link away from here: the address, and what it says.
    pub(crate) back: Option<(String, String)>,
}

const STYLE: &str = "
:root{color-scheme:light dark;--ground:#f4f5f7;--paper:#fff;--ink:#1b1f27;--soft:#5d6675;--line:#d9dde4}
@media(prefers-color-scheme:dark){:root{--ground:#14171c;--paper:#1d2128;--ink:#eef0f4;--soft:#a5aebd;--line:#363d49}}
*{box-sizing:border-box}body{margin:0;min-height:100vh;display:grid;place-items:start center;padding:1.5rem 1rem;background:var(--ground);
color:var(--ink);font:16px/1.5 system-ui,sans-serif}main{width:100%;max-width:27rem;background:var(--paper);border:1px solid var(--line);
border-radius:14px;padding:1.5rem;box-shadow:0 6px 24px #0001}header{display:flex;justify-content:space-between;color:var(--soft);font-size:.875rem}
header b{color:var(--brand)}h1{font-size:1.125rem;margin:1rem 0 0;font-weight:600}.amount{font-size:2.25rem;font-weight:700;margin:0 0 .75rem;
letter-spacing:-.02em}ul{list-style:none;margin:0 0 1rem;padding:.75rem 0;border-block:1px solid var(--line)}li{display:flex;
justify-content:space-between;gap:1rem}p{margin:.75rem 0}.alert{padding:.625rem .75rem;border-radius:8px;background:#c0262618;border:1px solid #c02626}
fieldset{border:1px solid var(--line);border-radius:10px;margin:0 0 1rem;padding:.5rem .875rem .75rem}legend{color:var(--soft);font-size:.875rem}
label{display:flex;gap:.625rem;align-items:center;min-height:2.5rem}img{display:block;width:14rem;max-width:100%;margin:0 auto 1rem;border-radius:8px}
textarea{width:100%;min-height:6rem;font:13px/1.4 ui-monospace,monospace;
color:inherit;background:var(--ground);border:1px solid var(--line);border-radius:8px;padding:.5rem}button{width:100%;min-height:2.875rem;
margin-top:.5rem;border-radius:10px;border:1px solid var(--line);background:transparent;color:inherit;font:inherit;cursor:pointer}
button.first{background:var(--brand);border-color:var(--brand);color:#fff;font-weight:600}button:hover{filter:brightness(1.08)}
:focus-visible{outline:3px solid var(--brand);outline-offset:2px}footer{margin-top:1.25rem;color:var(--soft);font-size:.8125rem}a{color:inherit}";

impl Sheet {
    pub(crate) fn answer(&self) -> Response {
        let status = if self.alert.is_some() { StatusCode::CONFLICT } else { StatusCode::OK };
        let headers = [
            (header::CACHE_CONTROL, "no-store"),
            (
                header::CONTENT_SECURITY_POLICY,
                "default-src 'none'; style-src 'unsafe-inline'; img-src data: 'self'",
            ),
        ];
        (status, headers, Html(self.html())).into_response()
    }

    fn html(&self) -> String {
        let lines: String = self
            .lines
            .iter()
            .map(|(what, price)| {
                format!("<li><span>{}</span><span>{}</span></li>", escaped(what), escaped(price))
            })
            .collect();
        let lines = if lines.is_empty() { lines } else { format!("<ul>{lines}</ul>") };
        let alert = self
            .alert
            .as_ref()
            .map(|text| format!("<p class=\"alert\" role=\"alert\">{}</p>", escaped(text)));
        let code = self.code.as_ref().map(|(name, code)| {
            let picture = if self.picture { picture(code) } else { String::new() };
            format!(
                "{picture}<label for=\"code\">{name}</label><textarea id=\"code\" readonly>{}</textarea>",
                escaped(code)
            )
        });
        let back = self
            .back
            .as_ref()
            .map(|(url, text)| format!("<p><a href=\"{}\">{}</a></p>", escaped(url), escaped(text)));
        format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
             <title>{brand}: {amount} to {merchant}</title><style>:root{{--brand:{colour}}}{STYLE}</style></head><body><main>\
             <header><b>{brand}</b><span>Test mode</span></header><h1>Pay {merchant}</h1><p class=\"amount\">{amount}</p>{lines}\
             {alert}<p role=\"status\">{state}</p>{code}{form}{back}\
             <footer>This is a played {brand}. No money moves.</footer></main></body></html>",
            brand = self.brand,
            colour = self.colour,
            merchant = escaped(&self.merchant),
            amount = escaped(&self.amount),
            alert = alert.unwrap_or_default(),
            state = escaped(&self.state),
            code = code.unwrap_or_default(),
            form = self.form(),
            back = back.unwrap_or_default(),
        )
    }

    fn form(&self) -> String {
        if self.buttons.is_empty() {
            return String::new();
        }
        let means: String = self
            .means
            .iter()
            .enumerate()
            .map(|(at, (value, name))| {
                let checked = if at == 0 { " checked" } else { "" };
                format!(
                    "<label><input type=\"radio\" name=\"means\" value=\"{value}\"{checked}> {name}</label>"
                )
            })
            .collect();
        let means = match means.is_empty() {
            true => means,
            false => format!("<fieldset><legend>Pay with</legend>{means}</fieldset>"),
        };
        let buttons: String = self
            .buttons
            .iter()
            .enumerate()
            .map(|(at, (value, name))| {
                let class = if at == 0 { " class=\"first\"" } else { "" };
                format!("<button name=\"act\" value=\"{value}\"{class}>{name}</button>")
            })
            .collect();
        format!("<form method=\"post\">{means}{buttons}</form>")
    }
}

fn picture(code: &str) -> String {
    let png = STANDARD.encode(qr::png(code));
    format!("<img src=\"data:image/png;base64,{png}\" alt=\"The code as a picture, for a bank's app\">")
}

/// Safe as text and inside quotes.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
