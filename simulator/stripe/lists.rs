//! Lists, newest first, with cursors and filters; and objects in the place of their ids, where that is asked for.

use serde_json::{Value, json};

use super::{
    books::{Account, number, text},
    form,
    refused::Refused,
};

pub(super) const TAKES: &[&str] = &[
    "limit",
    "starting_after",
    "ending_before",
    "created",
    "created[gt]",
    "created[gte]",
    "created[lt]",
    "created[lte]",
    "payment_intent",
    "charge",
    "status",
    "customer",
    "type",
    "types[#]",
    "delivery_success",
    "expand[#]",
];

/// A page of objects of a kind. `filters` are fields that can be asked for by their value.
pub(super) fn page(
    account: &Account,
    kind: &str,
    url: &str,
    form: &Value,
    filters: &[&str],
) -> Result<Value, Refused> {
    let limit = form::integer(form, "limit")?.unwrap_or(10);
    if !(1..=100).contains(&limit) {
        let said = "This value must be between 1 and 100.".to_owned();
        return Err(Refused::coded("parameter_invalid_integer", "limit", said));
    }
    let limit = usize::try_from(limit).unwrap_or(10);
    for name in ["payment_intent", "charge", "status", "customer", "type", "types", "delivery_success"] {
        if form::find(form, name).is_some() && !filters.contains(&name) {
            return Err(Refused::unknown_parameter(name));
        }
    }
    let bounds = created(form)?;
    let wanted = |object: &&Value| {
        let made = number(object, "created");
        let in_time = bounds.iter().all(|(bound, at)| match bound.as_str() {
            "gt" => made > *at,
            "gte" => made >= *at,
            "lt" => made < *at,
            "lte" => made <= *at,
            _ => made == *at,
        });
        in_time && filters.iter().all(|name| asked(form, name, object))
    };
    let all: Vec<_> = account.all(kind).filter(wanted).collect();
    let place = |name: &str| -> Result<Option<usize>, Refused> {
        let Some(id) = form::text(form, name)? else { return Ok(None) };
        let at = all.iter().position(|object| object["id"] == id);
        at.map(Some).ok_or_else(|| Refused::no_such(kind, id, name))
    };
    let (data, has_more) = match (place("starting_after")?, place("ending_before")?) {
        (Some(_), Some(_)) => {
            let said = "Received both starting_after and ending_before parameters. Please pass in only one.";
            return Err(Refused::invalid("starting_after", said.to_owned()));
        }
        (None, Some(before)) => (&all[before.saturating_sub(limit)..before], before > limit),
        (after, None) => {
            let rest = &all[after.map_or(0, |at| at + 1)..];
            (&rest[..rest.len().min(limit)], rest.len() > limit)
        }
    };
    Ok(json!({ "object": "list", "data": data, "has_more": has_more, "url": url }))
}

fn asked(form: &Value, name: &str, object: &Value) -> bool {
    match (name, form::find(form, name)) {
        // Events are kept whether they were delivered or not.
        (_, None) | ("delivery_success", _) => true,
        ("types", Some(list)) => list.as_array().is_some_and(|list| list.contains(&object["type"])),
        (name, Some(value)) => object[name] == *value,
    }
}

/// `created`, exactly or between bounds.
fn created(form: &Value) -> Result<Vec<(String, i64)>, Refused> {
    let Some(created) = form::find(form, "created") else { return Ok(vec![]) };
    let names: Vec<_> = match created {
        Value::Object(map) => map.keys().map(|bound| (bound.clone(), format!("created[{bound}]"))).collect(),
        _ => vec![("is".to_owned(), "created".to_owned())],
    };
    let read = |(bound, name): (String, String)| Ok((bound, form::integer(form, &name)?.unwrap_or_default()));
    names.into_iter().map(read).collect()
}

/// Puts objects in the place of ids: `latest_charge.balance_transaction`, in lists after `data.`.
pub(super) fn expand(account: &Account, mut answer: Value, form: &Value) -> Result<Value, Refused> {
    let asked = form::find(form, "expand").and_then(Value::as_array).cloned().unwrap_or_default();
    for path in asked.iter().filter_map(Value::as_str) {
        let parts: Vec<_> = path.split('.').collect();
        if parts.len() > 4 {
            return Err(Refused::invalid("expand", "You can expand up to four levels.".to_owned()));
        }
        place(account, &mut answer, &parts).map_err(|()| {
            Refused::invalid("expand", format!("This property cannot be expanded ({path})."))
        })?;
    }
    Ok(answer)
}

fn place(account: &Account, object: &mut Value, parts: &[&str]) -> Result<(), ()> {
    let Some((first, rest)) = parts.split_first() else { return Ok(()) };
    if let Value::Array(list) = object {
        return list.iter_mut().try_for_each(|one| place(account, one, parts));
    }
    if let Some(list) = beside(account, object, first) {
        object[*first] = list;
    }
    let field = object.get_mut(*first).ok_or(())?;
    match field {
        Value::Null | Value::Array(_) | Value::Object(_) => {}
        Value::String(id) => *field = account.get(id).cloned().ok_or(())?,
        _ => return Err(()),
    }
    // What is not there yet has nothing in it to expand.
    if field.is_null() { Ok(()) } else { place(account, field, rest) }
}

/// Lists that objects show only when they are asked to.
fn beside(account: &Account, object: &Value, name: &str) -> Option<Value> {
    let id = text(object, "id");
    let (data, url) = match (text(object, "object"), name) {
        ("checkout.session", "line_items") => {
            (account.said.get(id)?["items"].clone(), format!("/v1/checkout/sessions/{id}/line_items"))
        }
        ("charge", "refunds") => {
            let of_it = account.all("refund").filter(|refund| refund["charge"] == id);
            (of_it.cloned().collect(), format!("/v1/charges/{id}/refunds"))
        }
        _ => return None,
    };
    Some(json!({ "object": "list", "data": data, "has_more": false, "url": url }))
}
