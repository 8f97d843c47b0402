//! Stripe's own idea of a currency's smallest unit, which is not ISO 4217's everywhere
//! (<https://docs.stripe.com/currencies#zero-decimal>).

use crate::{
    currency::{Currency, UnknownCurrency},
    money::{Money, MoneyError},
};

const ZERO_DECIMAL: &str = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF";
/// The last digit is always 0.
const THREE_DECIMAL: &str = "BHD JOD KWD OMR TND";

/// Why an amount of Stripe's is none of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum UnitsError {
    #[error(transparent)]
    Currency(#[from] UnknownCurrency),
    #[error(transparent)]
    Amount(#[from] MoneyError),
}

/// Two for all others: ISK and UGX, too, which have no smaller unit.
fn digits(currency: Currency) -> u32 {
    let listed = |list: &str| list.split_ascii_whitespace().any(|code| code == currency.as_str());
    match currency {
        _ if listed(ZERO_DECIMAL) => 0,
        _ if listed(THREE_DECIMAL) => 3,
        _ => 2,
    }
}

/// # Errors
/// Stripe has no such amount: an odd fils of Kuwait, a cent of an ariary.
pub(super) fn of(money: Money) -> Result<i64, MoneyError> {
    let digits = digits(money.currency);
    let units = money.in_units(digits)?;
    if digits == 3 && units % 10 != 0 {
        return Err(MoneyError::Inexact(money.currency, money.decimal().to_string()));
    }
    Ok(units)
}

/// `code` is in lower case, as Stripe writes it.
pub(super) fn money(units: i64, code: &str) -> Result<Money, UnitsError> {
    let currency: Currency = code.parse()?;
    Ok(Money::of_units(units, digits(currency), currency)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn units(minor: i64, code: &str) -> Option<i64> {
        of(Money::new(minor, code.parse().unwrap())).ok()
    }

    #[test]
    fn amounts_are_written_in_stripes_units_or_not_at_all() {
        assert_eq!(units(1_050, "BRL"), Some(1_050));
        assert_eq!(units(500, "JPY"), Some(500));
        assert_eq!(units(500, "CLP"), Some(500));
        // Two digits at ISO, none at Stripe.
        assert_eq!(units(500, "MGA"), Some(5));
        assert_eq!(units(501, "MGA"), None);
        // None at ISO, two at Stripe.
        assert_eq!([units(5, "ISK"), units(5, "UGX")], [Some(500), Some(500)]);
        assert_eq!(units(1_230, "KWD"), Some(1_230));
        assert_eq!(units(1_234, "KWD"), None, "the last digit must be 0");
        assert_eq!(units(i64::MAX, "ISK"), None);
    }

    #[test]
    fn an_amount_that_the_currency_has_not_is_refused() {
        assert_eq!(money(500, "isk").unwrap().minor, 5);
        assert!(money(501, "isk").is_err());
        assert!(matches!(money(1, "btc"), Err(UnitsError::Currency(_))));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            minor in -1_000_000_000_000_i64..1_000_000_000_000,
            code in prop::sample::select(vec!["BRL", "USD", "JPY", "CLP", "MGA", "ISK", "UGX", "KWD", "TND", "HUF", "TWD"]),
        ) {
            let asked = Money::new(minor, code.parse().unwrap());
            if let Ok(units) = of(asked) {
                prop_assert_eq!(money(units, &asked.currency.lower()), Ok(asked));
            } else {
                prop_assert!(["MGA", "KWD", "TND"].contains(&code));
            }
        }

        #[test]
        fn what_is_read_is_written_again(units: i64, code in prop::sample::select(vec!["brl", "jpy", "mga", "isk", "kwd"])) {
            if let Ok(read) = money(units, code)
                && let Ok(written) = of(read)
            {
                prop_assert_eq!(written, units);
            }
        }
    }
}
