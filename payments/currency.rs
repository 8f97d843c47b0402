//! Currencies by their ISO 4217 codes.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// One that is in use. Written `BRL`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

/// No code of a currency in use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no currency `{0}`")]
pub struct UnknownCurrency(String);

/// Active codes of ISO 4217 for money, by how many digits stand behind the point.
const WITHOUT_MINOR: &str = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
const THREE_DIGITS: &str = "BHD IQD JOD KWD LYD OMR TND";
const TWO_DIGITS: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP \
    CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT \
    LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON \
    RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD \
    XCG YER ZAR ZMW ZWG";

impl Currency {
    /// Upper case.
    pub fn as_str(&self) -> &str {
        // Only ASCII letters get in.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// As some platforms write it.
    pub fn lower(&self) -> String {
        self.as_str().to_ascii_lowercase()
    }

    /// How many digits of an amount in the smallest unit stand behind the point.
    pub fn digits(self) -> u32 {
        match self.as_str() {
            code if listed(WITHOUT_MINOR, code) => 0,
            code if listed(THREE_DIGITS, code) => 3,
            _ => 2,
        }
    }
}

fn listed(list: &str, code: &str) -> bool {
    list.split_ascii_whitespace().any(|one| one == code)
}

impl FromStr for Currency {
    type Err = UnknownCurrency;

    /// In either case.
    fn from_str(text: &str) -> Result<Self, UnknownCurrency> {
        let code = text.to_ascii_uppercase();
        let known = [WITHOUT_MINOR, TWO_DIGITS, THREE_DIGITS].iter().any(|list| listed(list, &code));
        let bytes = <[u8; 3]>::try_from(code.as_bytes()).ok().filter(|_| known);
        bytes.map(Self).ok_or_else(|| UnknownCurrency(text.chars().take(20).collect()))
    }
}

impl TryFrom<String> for Currency {
    type Error = UnknownCurrency;

    fn try_from(text: String) -> Result<Self, UnknownCurrency> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.as_str().to_owned()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_known_in_either_case_and_nothing_else_is() {
        assert_eq!("brl".parse::<Currency>().unwrap().as_str(), "BRL");
        for wrong in ["", "BR", "BRLX", "XXX", "B R", "bitcoin", "ÄÖÜ", "CLP DJF"] {
            assert!(wrong.parse::<Currency>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn digits_follow_the_standard() {
        let digits = |code: &str| code.parse::<Currency>().unwrap().digits();
        assert_eq!(["JPY", "CLP", "BRL", "MGA", "KWD"].map(digits), [0, 0, 2, 2, 3]);
    }

    #[test]
    fn no_code_is_listed_twice() {
        let mut all: Vec<_> = [WITHOUT_MINOR, TWO_DIGITS, THREE_DIGITS]
            .iter()
            .flat_map(|list| list.split_ascii_whitespace())
            .collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
        assert!(all.iter().all(|code| code.len() == 3));
    }
}
