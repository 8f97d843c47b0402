//! What the customer reads.

use payments::{Currency, Money};

/// An amount as people in the currency's country write it.
pub fn amount(money: Money) -> String {
    let text = money.decimal().to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let (symbol, point, mark) = signs(money.currency);
    let whole = grouped(whole, mark);
    if fraction.is_empty() { format!("{symbol}{whole}") } else { format!("{symbol}{whole}{point}{fraction}") }
}

/// Before the number, before the fraction, between thousands.
fn signs(currency: Currency) -> (String, &'static str, &'static str) {
    match currency.as_str() {
        "BRL" => ("R$ ".into(), ",", "."),
        "USD" => ("$".into(), ".", ","),
        "EUR" => ("€ ".into(), ",", "."),
        "GBP" => ("£".into(), ".", ","),
        "JPY" => ("¥".into(), ".", ","),
        code @ ("ARS" | "CLP" | "COP" | "UYU") => (format!("{code} "), ",", "."),
        code => (format!("{code} "), ".", ","),
    }
}

fn grouped(digits: &str, mark: &str) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |rest| ("-", rest));
    let mut text = String::from(sign);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push_str(mark);
        }
        text.push(digit);
    }
    text
}

/// The request's text. With a button the page's address is left to that.
pub fn request(description: &str, money: Money, url: Option<&str>, pix: Option<&str>) -> String {
    let mut lines = vec![format!("{description}\n*{}*", amount(money))];
    if let Some(code) = pix {
        lines.push(format!("Pix:\n{code}"));
    }
    lines.extend(url.map(str::to_owned));
    lines.join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_as_in_their_country() {
        let money = |minor, code: &str| amount(Money::new(minor, code.parse().unwrap()));
        assert_eq!(money(123_456_789, "BRL"), "R$ 1.234.567,89");
        assert_eq!(money(1050, "USD"), "$10.50");
        assert_eq!(money(1000, "JPY"), "¥1,000");
        assert_eq!(money(1_234_567, "KWD"), "KWD 1,234.567");
        assert_eq!(money(-5, "EUR"), "€ -0,05");
    }

    #[test]
    fn a_request_says_what_is_paid_and_where() {
        let money = Money::new(1050, "BRL".parse().unwrap());
        assert_eq!(
            request("Cake", money, Some("https://pay.example/1"), None),
            "Cake\n*R$ 10,50*\n\nhttps://pay.example/1"
        );
        assert_eq!(request("Cake", money, None, Some("000201")), "Cake\n*R$ 10,50*\n\nPix:\n000201");
    }
}
