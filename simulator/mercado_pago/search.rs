//! `GET /v1/payments/search`: by reference and by time, with limit and offset.

use chrono::{DateTime, Months, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{
    books::{Account, Payment},
    refused::Refused,
    view,
};

const MOST: usize = 1000;

pub(super) fn search(account: &mut Account, query: &[(String, String)]) -> Result<Value, Refused> {
    let field = |name: &str| query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let number = |name: &str, usual: usize| match field(name) {
        None => Ok(usual),
        Some(text) => text.parse().map_err(|_| Refused::bad(1, format!("{name} must be a number"))),
    };
    let (limit, offset) = (number("limit", 30)?, number("offset", 0)?);
    if limit > MOST {
        return Err(Refused::bad(1, format!("limit must not be above {MOST}")));
    }
    let range = time_of(field("range").unwrap_or("date_created"))?;
    let begin = field("begin_date").map(moment).transpose()?;
    let end = field("end_date").map(moment).transpose()?;
    let wanted = |one: &&Payment| {
        let at = range(one);
        let same = |name: &str, value: Option<&str>| field(name).is_none_or(|asked| Some(asked) == value);
        begin.is_none_or(|begin| at.is_some_and(|at| at >= begin))
            && end.is_none_or(|end| at.is_some_and(|at| at <= end))
            && same("external_reference", one.external_reference.as_deref())
            && same("status", Some(one.status))
            && same("id", Some(&one.id.to_string()))
    };
    let mut found: Vec<_> = account.payments.values().filter(wanted).collect();
    let by = time_of(field("sort").unwrap_or("date_created"))?;
    found.sort_by_key(|one| (by(one), one.id));
    match field("criteria") {
        None | Some("desc") => found.reverse(),
        Some("asc") => {}
        Some(_) => return Err(Refused::bad(1, "criteria must be asc or desc")),
    }
    let total = found.len();
    let page: Vec<_> =
        found.into_iter().skip(offset).take(limit).map(|one| view::payment(account, one)).collect();
    Ok(json!({ "paging": { "total": total, "limit": limit, "offset": offset }, "results": page }))
}

/// One of a payment's dates.
type Dated = fn(&Payment) -> Option<DateTime<Utc>>;

fn time_of(name: &str) -> Result<Dated, Refused> {
    match name {
        "date_created" => Ok(|one| Some(one.created)),
        "date_last_updated" => Ok(|one| Some(one.updated)),
        "date_approved" => Ok(|one| one.approved),
        "money_release_date" => Ok(|one| one.approved.map(|at| at + TimeDelta::days(14))),
        _ => Err(Refused::bad(1, format!("{name} is not a date of payments"))),
    }
}

/// `NOW`, `NOW-1DAYS`, `NOW+2HOURS`, or a date with its time and zone.
fn moment(text: &str) -> Result<DateTime<Utc>, Refused> {
    let read = || {
        let Some(rest) = text.strip_prefix("NOW") else {
            return DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc());
        };
        let now = Utc::now();
        if rest.is_empty() {
            return Some(now);
        }
        let (sign, rest) = rest.split_at_checked(1)?;
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (count, unit) = rest.split_at(digits);
        let count: i32 = count.parse().ok()?;
        let count = match sign {
            "-" => -count,
            "+" => count,
            _ => return None,
        };
        let time = match unit.trim_end_matches('S') {
            "DAY" => TimeDelta::days(count.into()),
            "HOUR" => TimeDelta::hours(count.into()),
            "MINUTE" => TimeDelta::minutes(count.into()),
            "MONTH" | "YEAR" => {
                let months = count.unsigned_abs() * if unit.starts_with("YEAR") { 12 } else { 1 };
                let months = Months::new(months);
                return if count < 0 {
                    now.checked_sub_months(months)
                } else {
                    now.checked_add_months(months)
                };
            }
            _ => return None,
        };
        now.checked_add_signed(time)
    };
    read().ok_or_else(|| Refused::bad(1, format!("Invalid date: {text}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_relative_or_whole() {
        let ago = |text| {
            let then = moment(text).unwrap();
            (Utc::now() - then).num_hours()
        };
        assert_eq!((ago("NOW"), ago("NOW-1DAYS"), ago("NOW-30MINUTES"), ago("NOW-2DAY")), (0, 24, 0, 48));
        assert!((28 * 24..=31 * 24).contains(&ago("NOW-1MONTHS")));
        let whole = moment("2026-01-31T23:59:59.000-03:00").unwrap();
        assert_eq!(whole.to_rfc3339(), "2026-02-01T02:59:59+00:00");
        for bad in ["", "now", "NOW-DAYS", "NOW*1DAYS", "NOW-1WEEKS", "2026-01-31", "NOW-99999999999DAYS"] {
            assert!(moment(bad).is_err(), "{bad}");
        }
    }
}
