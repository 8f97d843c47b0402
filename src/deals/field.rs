//! Fields that an organization gives its deals and companies: attributes with a type. An attribute that is no such field stays free.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::{
    db::Tx,
    error::{Error, FieldError, Result},
    ids::DealFieldId,
    realtime::event::{EventKind, NewEvent},
};

/// Most fields of an organization's deals, and of its companies.
const MOST: i64 = 40;

#[derive(Clone, Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct DealField {
    pub id: DealFieldId,
    pub about: About,
    /// The attribute's name.
    pub key: String,
    pub label: String,
    pub kind: FieldKind,
    /// Of a choice, in their order.
    pub choices: Vec<String>,
    /// No deal is won without it.
    pub required_when_won: bool,
    pub version: i32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = DealFieldAbout)]
pub enum About {
    #[default]
    Deal,
    Account,
}

/// How a value is written: a text, a number, `2027-03-31`, one of the choices, `true` or `false`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = DealFieldKind)]
pub enum FieldKind {
    Text,
    Number,
    Date,
    Choice,
    YesNo,
}

/// A field to be made.
#[derive(Clone, Debug)]
pub struct Plan {
    pub about: About,
    pub key: String,
    pub label: String,
    pub kind: FieldKind,
    pub choices: Vec<String>,
    pub required_when_won: bool,
}

/// What is to be changed; `None` leaves a part as it is. Key and kind stay.
#[derive(Clone, Debug, Default)]
pub struct Change {
    pub label: Option<String>,
    pub choices: Option<Vec<String>>,
    pub required_when_won: Option<bool>,
    /// Where it stands among the others, from 0.
    pub position: Option<i32>,
    /// Refused with the current state when the field has another version.
    pub version: Option<i32>,
}

const SELECT: &str =
    "select id, about, key, label, kind, choices, required_when_won, version, created_at, updated_at
    from deal_fields where organization_id = $1";

/// All of them, in their order, those of deals first.
pub async fn list(tx: &mut Tx) -> Result<Vec<DealField>> {
    let sql = format!("{SELECT} order by about desc, position, id");
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(tx.organization()).fetch_all(tx.sql()).await?)
}

pub async fn find(tx: &mut Tx, id: DealFieldId) -> Result<DealField> {
    let found: Option<DealField> = sqlx::query_as(sqlx::AssertSqlSafe(format!("{SELECT} and id = $2")))
        .bind(tx.organization())
        .bind(id)
        .fetch_optional(tx.sql())
        .await?;
    found.ok_or_else(|| Error::not_found("field"))
}

/// 409 when the key is taken.
pub async fn create(tx: &mut Tx, plan: &Plan) -> Result<DealField> {
    sound(plan.about, plan.kind, &plan.choices, plan.required_when_won)?;
    let id = DealFieldId::new();
    let made = sqlx::query(
        "insert into deal_fields (organization_id, id, about, key, label, kind, choices, required_when_won, position)
         select $1, $2, $3, $4, $5, $6, $7, $8, coalesce(max(position) + 1, 0)
         from deal_fields where organization_id = $1 and about = $3 having count(*) < $9",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(plan.about)
    .bind(&plan.key)
    .bind(&plan.label)
    .bind(plan.kind)
    .bind(&plan.choices)
    .bind(plan.required_when_won)
    .bind(MOST)
    .execute(tx.sql())
    .await
    .map_err(taken)?;
    if made.rows_affected() == 0 {
        return Err(Error::unprocessable("too_many_fields", format!("There are at most {MOST} fields.")));
    }
    told(tx);
    find(tx, id).await
}

/// What deals have already is not touched; a choice that is no more stays until it is changed. 409 when the version is another.
pub async fn change(tx: &mut Tx, id: DealFieldId, change: &Change) -> Result<DealField> {
    sqlx::query("select from deal_fields where organization_id = $1 and id = $2 for update")
        .bind(tx.organization())
        .bind(id)
        .execute(tx.sql())
        .await?;
    let before = find(tx, id).await?;
    if change.version.is_some_and(|version| version != before.version) {
        return Err(Error::version_conflict(&before));
    }
    let choices = change.choices.as_ref().unwrap_or(&before.choices);
    let required = change.required_when_won.unwrap_or(before.required_when_won);
    sound(before.about, before.kind, choices, required)?;
    sqlx::query(
        "update deal_fields set label = coalesce($3, label), choices = $4, required_when_won = $5, version = version + 1, updated_at = now()
         where organization_id = $1 and id = $2",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(change.label.as_deref())
    .bind(choices)
    .bind(required)
    .execute(tx.sql())
    .await?;
    if let Some(position) = change.position {
        move_to(tx, &before, position).await?;
    }
    told(tx);
    find(tx, id).await
}

/// The values stay, as free attributes.
pub async fn delete(tx: &mut Tx, id: DealFieldId) -> Result<()> {
    find(tx, id).await?;
    sqlx::query("delete from deal_fields where organization_id = $1 and id = $2")
        .bind(tx.organization())
        .bind(id)
        .execute(tx.sql())
        .await?;
    told(tx);
    Ok(())
}

/// What is to be set is written as its field says; `null` empties any.
pub(super) async fn check(
    tx: &mut Tx,
    about: About,
    change: Option<&Map<String, Value>>,
    errors: &mut Vec<FieldError>,
) -> Result<()> {
    let Some(change) = change.filter(|change| !change.is_empty()) else { return Ok(()) };
    let fields = list(tx).await?;
    for field in fields.iter().filter(|field| field.about == about) {
        let Some(value) = change.get(&field.key).filter(|value| !value.is_null()) else { continue };
        if let Some(detail) = misfit(field, value) {
            errors.push(FieldError { field: format!("attributes.{}", field.key), detail });
        }
    }
    Ok(())
}

/// A won deal has what is required of won ones. With `touched` only these are looked at.
pub(super) async fn complete(
    tx: &mut Tx,
    attributes: &Map<String, Value>,
    touched: Option<&Map<String, Value>>,
) -> Result<()> {
    if touched.is_some_and(Map::is_empty) {
        return Ok(());
    }
    let fields = list(tx).await?;
    let missing: Vec<_> = fields
        .iter()
        .filter(|field| field.about == About::Deal && field.required_when_won)
        .filter(|field| touched.is_none_or(|touched| touched.contains_key(&field.key)))
        .filter(|field| attributes.get(&field.key).is_none_or(|value| value == ""))
        .map(|field| field.label.as_str())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let detail = format!("A won deal needs: {}. Fill it in first.", missing.join(", "));
    Err(Error::unprocessable("fields_missing", detail))
}

/// In words, where the value does not fit.
fn misfit(field: &DealField, value: &Value) -> Option<String> {
    let date = |text: &str| text.len() == 10 && text.parse::<NaiveDate>().is_ok();
    let fits = match field.kind {
        FieldKind::Text => value.is_string(),
        FieldKind::Number => value.is_number(),
        FieldKind::Date => value.as_str().is_some_and(date),
        FieldKind::Choice => value.as_str().is_some_and(|text| field.choices.iter().any(|one| one == text)),
        FieldKind::YesNo => value.is_boolean(),
    };
    let wanted = match field.kind {
        FieldKind::Text => "a text".to_owned(),
        FieldKind::Number => "a number".to_owned(),
        FieldKind::Date => "a day, such as 2027-03-31".to_owned(),
        FieldKind::Choice => format!("one of: {}", field.choices.join(", ")),
        FieldKind::YesNo => "true or false".to_owned(),
    };
    (!fits).then(|| format!("{} is {wanted}.", field.label))
}

fn sound(about: About, kind: FieldKind, choices: &[String], required: bool) -> Result<()> {
    if (kind == FieldKind::Choice) == choices.is_empty() {
        return Err(Error::invalid_field("choices", "A choice has choices, and nothing else has."));
    }
    if choices.iter().enumerate().any(|(place, one)| choices[..place].contains(one)) {
        return Err(Error::invalid_field("choices", "A choice is there twice."));
    }
    if required && about == About::Account {
        return Err(Error::invalid_field("required_when_won", "Companies are not won."));
    }
    Ok(())
}

async fn move_to(tx: &mut Tx, field: &DealField, position: i32) -> Result<()> {
    sqlx::query(
        "update deal_fields f set position = placed.n
         from (select id, row_number() over (order by place) - 1 as n
               from (select id, (row_number() over (order by position, id) - 1) * 2 as place from deal_fields
                     where organization_id = $1 and about = $4 and id <> $2
                     union all select $2, $3::bigint * 2 - 1) as places) as placed
         where f.organization_id = $1 and f.id = placed.id",
    )
    .bind(tx.organization())
    .bind(field.id)
    .bind(position)
    .bind(field.about)
    .execute(tx.sql())
    .await?;
    Ok(())
}

fn told(tx: &mut Tx) {
    tx.tell(NewEvent::everybody(EventKind::SettingsUpdated, &json!({"what": "deal_fields"})));
}

fn taken(error: sqlx::Error) -> Error {
    match Error::from(error) {
        error if error.breaks("deal_fields_key") => {
            Error::conflict("key_taken", "There is a field with this key already.")
        }
        error => error,
    }
}
