//! What Stripe takes: currencies with their least amounts, and amounts of eight digits.

use serde_json::Value;

use super::{form, refused::Refused};

/// With the least that can be charged, in the smallest unit. The last column of Stripe's list of settlement currencies is left out.
const CURRENCIES: [(&str, i64); 24] = [
    ("brl", 50),
    ("usd", 50),
    ("eur", 50),
    ("gbp", 30),
    ("cad", 50),
    ("aud", 50),
    ("chf", 50),
    ("mxn", 1000),
    ("jpy", 50),
    ("krw", 100),
    ("clp", 100),
    ("pyg", 1),
    ("vnd", 10_000),
    ("ars", 50),
    ("cop", 50),
    ("pen", 50),
    ("uyu", 50),
    ("sek", 300),
    ("nok", 300),
    ("dkk", 250),
    ("pln", 200),
    ("inr", 50),
    ("kwd", 10),
    ("bhd", 10),
];
const THREE_DECIMALS: [&str; 5] = ["bhd", "jod", "kwd", "omr", "tnd"];
const MOST: i64 = 99_999_999;

/// The means a payment may be made by, each with the only currency it knows.
const MEANS: [(&str, Option<&str>); 4] =
    [("card", None), ("boleto", Some("brl")), ("pix", Some("brl")), ("link", None)];

pub(super) fn currency<'a>(form: &'a Value, name: &str) -> Result<&'a str, Refused> {
    let code = form::needed(form, name)?;
    if CURRENCIES.iter().any(|(known, _)| code.eq_ignore_ascii_case(known)) {
        return Ok(code);
    }
    let known: Vec<_> = CURRENCIES.iter().map(|(code, _)| *code).collect();
    let said =
        format!("Invalid currency: {code}. Stripe currently supports these currencies: {}", known.join(", "));
    Err(Refused::invalid(name, said))
}

/// An amount that can be charged; `currency` in lower case.
pub(super) fn chargeable(amount: i64, currency: &str, param: &str) -> Result<(), Refused> {
    let least = CURRENCIES.iter().find(|(code, _)| *code == currency).map_or(1, |(_, least)| *least);
    if amount < 0 {
        return Err(Refused::coded(
            "parameter_invalid_integer",
            param,
            "Invalid non-negative integer".to_owned(),
        ));
    }
    if amount < least {
        let said = format!("Amount must be at least {least} {currency}, in the smallest currency unit.");
        return Err(Refused::coded("amount_too_small", param, said));
    }
    if amount > MOST {
        let said = format!("Amount must be no more than {MOST} {currency}, in the smallest currency unit.");
        return Err(Refused::coded("amount_too_large", param, said));
    }
    if THREE_DECIMALS.contains(&currency) && amount % 10 != 0 {
        let said = format!("Amounts in {currency} must be a multiple of 10: the last digit must be 0.");
        return Err(Refused::invalid(param, said));
    }
    Ok(())
}

/// `payment_method_types`, or those that the account's settings choose.
pub(super) fn means(form: &Value, currency: &str) -> Result<Vec<String>, Refused> {
    let param = "payment_method_types";
    let Some(list) = form::find(form, param).and_then(Value::as_array) else {
        let usual =
            MEANS.iter().filter(|(name, only)| *name != "link" && only.is_none_or(|only| only == currency));
        return Ok(usual.map(|(name, _)| (*name).to_owned()).collect());
    };
    let mut means = Vec::new();
    for one in list.iter().filter_map(Value::as_str) {
        let known = MEANS.iter().find(|(name, _)| *name == one);
        let Some((name, only)) = known else {
            return Err(Refused::invalid(param, format!("Invalid payment_method_types: {one} is not known")));
        };
        if only.is_some_and(|only| only != currency) {
            let said = format!(
                "The payment method `{name}` cannot be used with currency `{currency}`: it supports only `{}`.",
                only.unwrap_or_default()
            );
            return Err(Refused::invalid(param, said));
        }
        means.push((*name).to_owned());
    }
    Ok(means)
}

/// What Stripe keeps: 3.99 % and 39 centavos of cards, 1.19 % of Pix, 3.45 of a boleto.
pub(super) fn fee(means: &str, amount: i64) -> i64 {
    let share = |basis_points: i64| (amount * basis_points + 5000) / 10_000;
    let fee = match means {
        "pix" => share(119),
        "boleto" => 345,
        _ => share(399) + 39,
    };
    fee.min(amount)
}
