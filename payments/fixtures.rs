//! Recorded cases: files below `fixtures/payments/` with what is `given` and what is `read` from it. `UPDATE_FIXTURES=1` writes what
//! was read; look at it critically before it is committed.

use std::{fs, path::PathBuf};

use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

use crate::{
    charge::Charge,
    money::Money,
    provider::{Look, Notice},
    standing::Standing,
};

#[derive(Deserialize)]
struct Case {
    given: Box<RawValue>,
    read: Value,
}

/// Every case of a folder.
pub(crate) fn walk(folder: &str, read: impl Fn(&str) -> Value) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/payments").join(folder);
    #[expect(clippy::disallowed_methods, reason = "tests have no configuration")]
    let update = std::env::var("UPDATE_FIXTURES").is_ok();
    let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    let mut wrong = Vec::new();
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(&file).unwrap();
        let case: Case = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let found = read(case.given.get());
        if found == case.read {
            continue;
        }
        if update {
            let pretty = serde_json::to_string_pretty(&found).unwrap().replace('\n', "\n  ");
            fs::write(&file, format!("{{\n  \"given\": {},\n  \"read\": {pretty}\n}}\n", case.given))
                .unwrap();
        } else {
            wrong.push(format!("{name}\n read {found}\n want {}", case.read));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A look as a case shows it, with the books of a request for `asked` that it makes.
pub(crate) fn shown(look: &Look, asked: &str) -> Value {
    let (code, amount) = asked.split_once(' ').unwrap();
    let asked = Money::read(amount, code.parse().unwrap()).unwrap();
    let offer = look
        .offer
        .as_ref()
        .map(|offer| json!({ "id": offer.id, "request": offer.request, "state": offer.state }));
    let state = look.offer.as_ref().map(|offer| {
        let standing = Standing::of(asked, offer.state, &look.charges).unwrap();
        json!({ "state": standing.state, "kept": standing.kept().unwrap().to_string(), "mismatch": standing.mismatch })
    });
    json!({ "offer": offer, "charges": look.charges.iter().map(charge).collect::<Vec<_>>(), "request": state })
}

/// Without what is empty.
fn charge(charge: &Charge) -> Value {
    let mut value = serde_json::to_value(charge).unwrap();
    let fields = value.as_object_mut().unwrap();
    for (name, money) in
        [("amount", charge.amount), ("captured", charge.captured), ("refunded", charge.refunded)]
    {
        fields.insert(name.to_owned(), money.to_string().into());
    }
    if let Some(fee) = charge.fee {
        fields.insert("fee".to_owned(), fee.to_string().into());
    }
    fields.retain(|_, value| !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty()));
    value
}

pub(crate) fn noticed(notices: &[Notice]) -> Value {
    let one = |notice: &Notice| json!({ "id": notice.id, "kind": notice.kind, "about": notice.about });
    notices.iter().map(one).collect()
}
