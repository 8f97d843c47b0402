//! Exact amounts. What is reckoned with is a whole number of the currency's smallest unit; nothing is ever rounded.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::currency::Currency;

/// An amount, which may be negative. Compare and add only what is of one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// In the currency's smallest unit: 1050 is R$ 10.50.
    pub minor: i64,
    /// Its ISO 4217 code.
    #[cfg_attr(feature = "schema", schema(value_type = String, example = "BRL"))]
    pub currency: Currency,
}

/// Why an amount cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    #[error("{0} and {1} are different currencies")]
    Currencies(Currency, Currency),
    #[error("the amount is too large")]
    TooLarge,
    /// It has a fraction of the smallest unit.
    #[error("{0} has no amount of {1}")]
    Inexact(Currency, String),
    #[error("`{0}` is not an amount")]
    Malformed(String),
}

impl Money {
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    pub const fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    pub const fn is_positive(&self) -> bool {
        self.minor > 0
    }

    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.with(other, i64::checked_add)
    }

    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.with(other, i64::checked_sub)
    }

    pub fn times(self, count: u32) -> Result<Self, MoneyError> {
        let minor = self.minor.checked_mul(i64::from(count)).ok_or(MoneyError::TooLarge)?;
        Ok(Self { minor, ..self })
    }

    /// Of amounts of this currency.
    pub fn sum(currency: Currency, amounts: impl IntoIterator<Item = Self>) -> Result<Self, MoneyError> {
        amounts.into_iter().try_fold(Self::zero(currency), Self::plus)
    }

    fn with(self, other: Self, reckon: fn(i64, i64) -> Option<i64>) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::Currencies(self.currency, other.currency));
        }
        let minor = reckon(self.minor, other.minor).ok_or(MoneyError::TooLarge)?;
        Ok(Self { minor, ..self })
    }

    /// In whole units of the currency.
    pub fn decimal(self) -> Decimal {
        Decimal::new(self.minor, self.currency.digits())
    }

    /// From an amount in whole units.
    ///
    /// # Errors
    /// It has digits that the currency has not.
    pub fn of_decimal(amount: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        scaled(amount, currency, currency.digits()).map(|minor| Self { minor, currency })
    }

    /// As a person or a platform writes it, with a point: `159.9`. An exponent, as JSON allows it, is read too.
    pub fn read(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let malformed = || MoneyError::Malformed(text.chars().take(40).collect());
        let amount = Decimal::from_str_exact(text)
            .or_else(|_| Decimal::from_scientific(text))
            .map_err(|_| malformed())?;
        Self::of_decimal(amount, currency)
    }

    /// In units of which 10 to the power of `digits` make a whole one: a platform's own idea of the smallest unit.
    pub fn in_units(self, digits: u32) -> Result<i64, MoneyError> {
        scaled(self.decimal(), self.currency, digits)
    }

    /// The opposite of [`Money::in_units`].
    pub fn of_units(units: i64, digits: u32, currency: Currency) -> Result<Self, MoneyError> {
        Self::of_decimal(Decimal::new(units, digits), currency)
    }
}

/// The amount times ten to the power of `digits`, which must be whole.
fn scaled(amount: Decimal, currency: Currency, digits: u32) -> Result<i64, MoneyError> {
    let scaled =
        amount.checked_mul(Decimal::from(10_u64.pow(digits))).ok_or(MoneyError::TooLarge)?.normalize();
    if scaled.scale() > 0 {
        return Err(MoneyError::Inexact(currency, amount.to_string()));
    }
    i64::try_from(scaled.mantissa()).map_err(|_| MoneyError::TooLarge)
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.currency, self.decimal())
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
    fn amounts_are_read_exactly_or_not_at_all() {
        let read = |text, code| Money::read(text, currency(code)).map(|money| money.minor);
        assert_eq!(read("159.9", "BRL"), Ok(15_990));
        assert_eq!(read("1.599E2", "BRL"), Ok(15_990));
        assert_eq!(read("-0.01", "BRL"), Ok(-1));
        assert_eq!(read("1.10", "JPY").unwrap_err().to_string(), "JPY has no amount of 1.10");
        assert_eq!(read("1.000", "JPY"), Ok(1));
        assert_eq!(read("0.001", "KWD"), Ok(1));
        assert!(matches!(read("0.005", "BRL"), Err(MoneyError::Inexact(..))));
        for malformed in ["", "1,50", "R$ 1", "NaN", "inf", "1e", "0x10"] {
            assert!(matches!(read(malformed, "BRL"), Err(MoneyError::Malformed(_))), "{malformed}");
        }
        assert_eq!(read("92233720368547758.08", "BRL"), Err(MoneyError::TooLarge));
    }

    #[test]
    fn currencies_do_not_mix_and_sums_do_not_wrap() {
        let (real, yen) = (Money::new(1, currency("BRL")), Money::new(1, currency("JPY")));
        assert!(matches!(real.plus(yen), Err(MoneyError::Currencies(..))));
        assert_eq!(Money::new(i64::MAX, currency("BRL")).plus(real), Err(MoneyError::TooLarge));
        assert_eq!(Money::new(i64::MAX, currency("BRL")).times(2), Err(MoneyError::TooLarge));
        assert_eq!(Money::sum(currency("BRL"), [real, real]), Ok(Money::new(2, currency("BRL"))));
    }

    #[test]
    fn a_platform_may_count_in_other_units() {
        let krona = Money::new(500, currency("ISK"));
        assert_eq!(krona.in_units(2), Ok(50_000));
        assert_eq!(Money::of_units(50_000, 2, currency("ISK")), Ok(krona));
        assert!(Money::of_units(50_001, 2, currency("ISK")).is_err());
        assert_eq!(Money::new(500, currency("MGA")).in_units(0), Ok(5));
        assert!(Money::new(501, currency("MGA")).in_units(0).is_err());
    }

    #[test]
    fn people_see_whole_units() {
        assert_eq!(Money::new(1_050, currency("BRL")).to_string(), "BRL 10.50");
        assert_eq!(Money::new(1_050, currency("JPY")).to_string(), "JPY 1050");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(minor: i64, code in prop::sample::select(vec!["BRL", "JPY", "KWD"])) {
            let money = Money::new(minor, currency(code));
            prop_assert_eq!(Money::read(&money.decimal().to_string(), money.currency), Ok(money));
            let json = serde_json::to_string(&money).unwrap();
            prop_assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), money);
        }

        #[test]
        fn any_text_gets_an_answer(text in ".{0,60}") {
            let _ = Money::read(&text, currency("BRL"));
        }
    }
}
