//! What a deal sells, line by line.

use payments::{Currency, Money};
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::{Error, Result};

/// Most lines of one deal.
pub const MOST: usize = 100;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, garde::Validate)]
#[serde(deny_unknown_fields)]
#[schema(as = DealLine)]
pub struct Line {
    #[garde(length(chars, min = 1, max = 200))]
    pub name: String,
    /// The business's own number for it.
    #[serde(default)]
    #[garde(inner(length(chars, max = 100)))]
    pub sku: Option<String>,
    /// Up to three digits behind the point, as a text: `1.5`.
    #[schema(value_type = String, example = "2")]
    #[garde(custom(fits))]
    pub quantity: Decimal,
    /// Price of one, in the smallest unit of the deal's currency.
    #[garde(range(min = 0, max = 1_000_000_000_000))]
    pub unit_minor: i64,
}

fn fits(value: &Decimal, (): &()) -> garde::Result {
    let within =
        *value > Decimal::ZERO && *value <= Decimal::from(1_000_000) && value.normalize().scale() <= 3;
    if within { Ok(()) } else { Err(garde::Error::new("more than 0, at most 1,000,000, in steps of 0.001")) }
}

/// Each line is rounded to the smallest unit, halves up; their sum is exact.
pub fn sum(lines: &[Line], currency: Currency) -> Result<Money> {
    let too_large = || Error::invalid_field("lines", "Their sum is too large.");
    let mut minor: i64 = 0;
    for line in lines {
        let exact = line.quantity.checked_mul(Decimal::from(line.unit_minor)).ok_or_else(too_large)?;
        let whole = exact.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
        let whole = i64::try_from(whole).map_err(|_| too_large())?;
        minor = minor.checked_add(whole).ok_or_else(too_large)?;
    }
    Ok(Money::new(minor, currency))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(quantity: &str, unit_minor: i64) -> Line {
        Line { name: "Thing".into(), sku: None, quantity: quantity.parse().unwrap(), unit_minor }
    }

    #[test]
    fn lines_add_up_to_the_smallest_unit() {
        let real: Currency = "BRL".parse().unwrap();
        let minor = |lines: &[Line]| sum(lines, real).unwrap().minor;
        assert_eq!(minor(&[]), 0);
        assert_eq!(minor(&[line("2", 1_050), line("1", 999)]), 3_099);
        assert_eq!(minor(&[line("0.333", 1_000)]), 333);
        // Halves go up, line by line.
        assert_eq!(minor(&[line("0.5", 1), line("0.5", 1)]), 2);
        assert_eq!(minor(&[line("1.10", 100)]), 110);
        assert!(sum(&vec![line("1000000", 1_000_000_000_000); 10], real).is_err());
    }

    #[test]
    fn quantities_have_bounds() {
        for (text, fits) in [
            ("1", true),
            ("0.001", true),
            ("1.5000", true),
            ("0", false),
            ("-1", false),
            ("0.0001", false),
            ("1000001", false),
        ] {
            assert_eq!(super::fits(&text.parse().unwrap(), &()).is_ok(), fits, "{text}");
        }
    }
}
