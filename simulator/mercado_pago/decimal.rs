//! Amounts as JSON numbers in whole units, exactly: made from and read into whole numbers of the smallest unit.

use serde_json::Value;

use crate::cashier::amount::decimal;

/// A JSON number: `159.9`, `50`.
pub(super) fn number(minor: i64, digits: u32) -> Value {
    let unit = 10_i64.pow(digits);
    if minor % unit == 0 {
        return Value::from(minor / unit);
    }
    // Fewer than 15 digits are written back as they were read.
    serde_json::from_str(&decimal(minor, digits)).unwrap_or_default()
}

/// A JSON number in minor units; `None` for what is no number or has more digits than the currency.
pub(super) fn minor(number: &Value, digits: u32) -> Option<i64> {
    let Value::Number(number) = number else { return None };
    let text = number.to_string();
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let rest = rest.trim_end_matches('0');
    let digits = digits as usize;
    if rest.len() > digits || !rest.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    format!("{whole}{rest:0<digits$}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_as_they_are() {
        for (minor_units, text) in
            [(15_990, "159.9"), (5000, "50"), (1, "0.01"), (110, "1.1"), (99_999_999, "999999.99")]
        {
            let written = number(minor_units, 2);
            assert_eq!(written.to_string(), text);
            assert_eq!(minor(&written, 2), Some(minor_units));
        }
        assert_eq!(number(1500, 0).to_string(), "1500");
        assert_eq!(minor(&serde_json::json!(1.005), 2), None);
        assert_eq!(minor(&serde_json::json!("1"), 2), None);
    }

    #[test]
    fn every_cent_survives() {
        assert!((0..200_000).all(|cents| minor(&number(cents, 2), 2) == Some(cents)));
    }
}
