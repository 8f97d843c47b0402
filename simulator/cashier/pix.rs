//! Pix's copy-and-paste code: fields of number, length and value, the last of which proves the others (Banco Central do Brasil, "Manual
//! de Padrões para Iniciação do Pix").

/// For a dynamic charge whose particulars lie at `location` (an address without its scheme). `amount` is in centavos; `merchant` and `town` go in as far as
/// their letters are plain.
pub(crate) fn code(location: &str, amount: i64, merchant: &str, town: &str) -> String {
    let account = [field("00", "br.gov.bcb.pix"), field("25", location)].concat();
    let body = [
        field("00", "01"),
        field("01", "12"),
        field("26", &account),
        field("52", "0000"),
        field("53", "986"),
        field("54", &format!("{}.{:02}", amount / 100, amount % 100)),
        field("58", "BR"),
        field("59", &plain(merchant, 25)),
        field("60", &plain(town, 15)),
        field("62", &field("05", "***")),
        "6304".to_owned(),
    ]
    .concat();
    let checksum = crc(body.as_bytes());
    format!("{body}{checksum:04X}")
}

fn field(number: &str, value: &str) -> String {
    format!("{number}{:02}{value}", value.len())
}

fn plain(text: &str, longest: usize) -> String {
    let kept: String =
        text.chars().filter(|c| c.is_ascii_alphanumeric() || *c == ' ').take(longest).collect();
    if kept.trim().is_empty() { "LOJA".to_owned() } else { kept.trim().to_uppercase() }
}

/// CRC-16/CCITT-FALSE.
fn crc(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xFFFF, |crc: u16, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| match crc & 0x8000 {
            0 => crc << 1,
            _ => (crc << 1) ^ 0x1021,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_catalogue() {
        assert_eq!(crc(b"123456789"), 0x29B1);
    }

    #[test]
    fn a_code_is_made_of_its_fields() {
        let code = code("pix.example.com/qr/1", 15_990, "Loja São João", "Recife");
        assert!(code.starts_with("00020101021226"));
        assert!(code.contains("5406159.90") && code.contains("5911LOJA SO JOO6006RECIFE"), "{code}");
        let (body, checksum) = code.split_at(code.len() - 4);
        assert_eq!(format!("{:04X}", crc(body.as_bytes())), checksum);
    }
}
