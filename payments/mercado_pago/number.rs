//! Amounts as Mercado Pago writes them: decimal numbers of whole units, kept as the text that they are. They never pass through a
//! binary fraction, in which 159.9 does not exist.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use serde_json::value::RawValue;

use crate::{
    currency::Currency,
    money::{Money, MoneyError},
};

/// A JSON number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Number(String);

impl Number {
    /// With as many digits as it needs: currencies without a point are refused one.
    pub(super) fn of(money: Money) -> Self {
        Self(money.decimal().normalize().to_string())
    }

    pub(super) fn money(&self, currency: Currency) -> Result<Money, MoneyError> {
        Money::read(&self.0, currency)
    }
}

impl<'de> Deserialize<'de> for Number {
    /// Numbers, and numbers that stand in quotes.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let text = raw.get().trim_matches('"');
        // Long enough for any amount, short enough to be shown.
        let numeric = !text.is_empty()
            && text.len() <= 40
            && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | 'e' | 'E'));
        if numeric { Ok(Self(text.to_owned())) } else { Err(de::Error::custom("not an amount")) }
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.0.clone()).map_err(ser::Error::custom)?.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn currency(code: &str) -> Currency {
        code.parse().unwrap()
    }

    #[test]
    fn amounts_are_numbers_with_the_digits_that_they_need() {
        let written =
            |minor, code| serde_json::to_string(&Number::of(Money::new(minor, currency(code)))).unwrap();
        assert_eq!(written(15_990, "BRL"), "159.9");
        assert_eq!(written(1, "BRL"), "0.01");
        assert_eq!(written(15_000, "COP"), "150");
        assert_eq!(written(15_990, "CLP"), "15990");
    }

    #[test]
    fn what_no_binary_fraction_holds_is_read_exactly() {
        let read = |text: &str, code| serde_json::from_str::<Number>(text).unwrap().money(currency(code));
        assert_eq!(read("92233720368547758.07", "BRL").unwrap().minor, i64::MAX);
        assert_eq!(read("159.9", "BRL").unwrap().minor, 15_990);
        assert_eq!(read("\"0.1\"", "BRL").unwrap().minor, 10);
        assert_eq!(read("1e3", "CLP").unwrap().minor, 1_000);
        assert!(read("5.9841", "BRL").is_err() && read("0.5", "CLP").is_err());
        for wrong in ["null", "true", "\"a\"", "[]", "{}", "\"\""] {
            assert!(serde_json::from_str::<Number>(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(minor: i64, code in prop::sample::select(vec!["BRL", "CLP", "ARS", "COP", "UYU", "PEN", "MXN"])) {
            let money = Money::new(minor, currency(code));
            let text = serde_json::to_string(&Number::of(money)).unwrap();
            prop_assert_eq!(serde_json::from_str::<Number>(&text).unwrap().money(money.currency), Ok(money));
        }
    }
}
