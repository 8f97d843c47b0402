//! Amounts as providers write them. They are whole numbers of the smallest unit until they are written.

/// How many digits of `currency` (in either case) stand behind the point.
pub(crate) fn digits(currency: &str) -> u32 {
    const NONE: [&str; 17] = [
        "BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF",
        "XPF", "COP", "HUF",
    ];
    const THREE: [&str; 5] = ["BHD", "JOD", "KWD", "OMR", "TND"];
    match currency.to_ascii_uppercase().as_str() {
        // Stripe takes two digits of these.
        "COP" | "HUF" => 2,
        code if NONE.contains(&code) => 0,
        code if THREE.contains(&code) => 3,
        _ => 2,
    }
}

/// `159.90`
pub(crate) fn decimal(minor: i64, digits: u32) -> String {
    let unit = 10_u64.pow(digits);
    let (whole, rest) = (minor.unsigned_abs() / unit, minor.unsigned_abs() % unit);
    let sign = if minor < 0 { "-" } else { "" };
    match digits {
        0 => format!("{sign}{whole}"),
        digits => format!("{sign}{whole}.{rest:0width$}", width = digits as usize),
    }
}

/// As people in Brazil read it: `R$ 1.599,90`; other currencies with their code.
pub(crate) fn shown(minor: i64, currency: &str) -> String {
    let text = decimal(minor, digits(currency));
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            grouped.push('.');
        }
        grouped.push(digit);
    }
    let rest = if rest.is_empty() { String::new() } else { format!(",{rest}") };
    match currency.to_ascii_uppercase().as_str() {
        "BRL" => format!("R$ {grouped}{rest}"),
        code => format!("{code} {grouped}{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_commas() {
        assert_eq!(shown(159_990, "brl"), "R$ 1.599,90");
        assert_eq!(shown(1500, "JPY"), "JPY 1.500");
    }
}
