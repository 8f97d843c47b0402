//! Telephone numbers in one writing, so that they compare.

/// The one form of a person's number, whichever channel or member wrote it: E.164 with plus, mobile numbers as they are dialled
/// today. `None` for what is no number with its country.
pub fn normal(written: &str) -> Option<String> {
    e164(written).and_then(|number| dialled(&number))
}

/// E.164 with plus, from what people write with the country: `+49 (0) 30 1234567`. `None` for what is no such number.
pub(crate) fn e164(written: &str) -> Option<String> {
    let number = phonenumber::parse(None, written.trim()).ok()?;
    let text = number.format().mode(phonenumber::Mode::E164).to_string();
    let digits = text.strip_prefix('+')?;
    ((7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(text)
}

/// One form for the digits of numbers that WhatsApp knows in two: Brazil's mobile numbers get their ninth digit, Argentina's
/// their 9 after the country, Mexico's lose their 1.
pub(crate) fn whatsapp_key(wa_id: &str) -> String {
    let digits = wa_id.trim_start_matches('+');
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return digits.to_owned();
    }
    match (digits.len(), digits.get(..2), digits.get(2..)) {
        (12, Some("55"), Some(rest)) if matches!(rest.as_bytes().get(2), Some(b'6'..=b'9')) => {
            format!("55{}9{}", &rest[..2], &rest[2..])
        }
        (12, Some("54"), Some(rest)) if !rest.starts_with('9') => format!("549{rest}"),
        (13, Some("52"), Some(rest)) if rest.starts_with('1') => format!("52{}", &rest[1..]),
        _ => digits.to_owned(),
    }
}

/// A WhatsApp id as people dial it. Argentina's landlines must not get a mobile's 9.
pub(crate) fn dialled(wa_id: &str) -> Option<String> {
    let digits = wa_id.trim_start_matches('+');
    let phone = digits.len() >= 5 && digits.len() <= 15 && digits.bytes().all(|byte| byte.is_ascii_digit());
    phone.then(|| {
        if digits.starts_with("54") { format!("+{digits}") } else { format!("+{}", whatsapp_key(digits)) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_in_one_way() {
        for (written, expected) in [
            ("+1 (500) 555-0006", Some("+15005550006")),
            ("+49 30 1234567", Some("+49301234567")),
            ("+49 (0)30 1234567", Some("+49301234567")),
            (" +5511987654321 ", Some("+5511987654321")),
            ("030 1234567", None),
            ("12345", None),
            ("BANK", None),
            ("", None),
            ("+", None),
        ] {
            assert_eq!(e164(written).as_deref(), expected, "{written}");
        }
    }
}
