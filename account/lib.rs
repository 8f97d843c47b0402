//! The account that an organization connects on a platform, be it one that carries messages or money: the form that an admin fills in
//! ([`Form`]), and the filled-in fields with the secrets unsealed for the length of a call ([`Account`]). Knows no platform.

use std::{collections::BTreeMap, fmt};

use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use url::Url;

/// The fields that an account has, in the order in which a form shows them.
#[derive(Clone, Debug, Serialize)]
pub struct Form {
    pub fields: Vec<Field>,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = AccountField))]
pub struct Field {
    pub name: &'static str,
    pub label: &'static str,
    pub kind: FieldKind,
    pub required: bool,
    /// Sealed in the database and masked in every answer.
    pub secret: bool,
    /// One sentence: where to find the value.
    pub help: &'static str,
    /// The only values that are taken, where they are few; in any case, stored as they stand here.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub choices: &'static [Choice],
    /// What it belongs to, where a form is long: neighbours of one section are shown together, folded until they are wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub section: Option<&'static str>,
}

/// One of few values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = AccountFieldChoice))]
pub struct Choice {
    pub value: &'static str,
    /// What people read.
    pub label: &'static str,
}

pub const YES_NO: &[Choice] = &[Choice::of("yes", "Yes"), Choice::of("no", "No")];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = AccountFieldKind))]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    Text,
    Url,
    /// A whole number from 1 on.
    Number,
    /// A text of several lines.
    Lines,
    /// An IANA name: `Europe/Berlin`.
    TimeZone,
    /// `#rrggbb`.
    Colour,
}

/// The option every account has: an origin that stands in for the platform's own.
pub const API_BASE_URL: &str = "api_base_url";

/// What is wrong with a filled-in form: field name and a sentence for the admin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FormFault {
    pub field: String,
    pub detail: String,
}

/// A filled-in account. `Debug` shows the names of the fields only.
#[derive(Clone)]
pub struct Account {
    fields: BTreeMap<String, SecretString>,
    /// Not a field: the hub knows it.
    webhook_url: Option<Url>,
}

impl Field {
    pub const fn text(name: &'static str, label: &'static str, help: &'static str) -> Self {
        Self {
            name,
            label,
            kind: FieldKind::Text,
            required: true,
            secret: false,
            help,
            choices: &[],
            section: None,
        }
    }

    pub const fn secret(name: &'static str, label: &'static str, help: &'static str) -> Self {
        Self { secret: true, ..Self::text(name, label, help) }
    }

    pub const fn lines(name: &'static str, label: &'static str, help: &'static str) -> Self {
        Self { kind: FieldKind::Lines, ..Self::text(name, label, help) }
    }

    fn refuses(&self, c: char) -> bool {
        c.is_control() && !(self.kind == FieldKind::Lines && matches!(c, '\n' | '\r'))
    }

    pub const fn time_zone(name: &'static str, label: &'static str, help: &'static str) -> Self {
        Self { kind: FieldKind::TimeZone, ..Self::text(name, label, help) }
    }

    pub const fn colour(name: &'static str, label: &'static str, help: &'static str) -> Self {
        Self { kind: FieldKind::Colour, ..Self::text(name, label, help) }
    }

    pub const fn number(name: &'static str, label: &'static str, help: &'static str) -> Self {
        Self { kind: FieldKind::Number, ..Self::text(name, label, help) }
    }

    #[must_use]
    pub const fn optional(mut self) -> Self {
        self.required = false;
        self
    }

    /// Takes one of these, and nothing else.
    #[must_use]
    pub const fn one_of(mut self, choices: &'static [Choice]) -> Self {
        self.choices = choices;
        self
    }

    /// Those of one section of the form.
    pub fn section<const N: usize>(name: &'static str, fields: [Self; N]) -> impl Iterator<Item = Self> {
        fields.into_iter().map(move |field| Self { section: Some(name), ..field })
    }

    /// How the value is stored that was chosen; `None` where there is no such choice.
    fn chosen<'a>(&self, value: &'a str) -> Option<&'a str> {
        if self.choices.is_empty() {
            return Some(value);
        }
        self.choices.iter().map(|choice| choice.value).find(|choice| choice.eq_ignore_ascii_case(value))
    }

    /// What is wrong with a value that is filled in, for the admin.
    fn fault(&self, value: &str) -> Option<&'static str> {
        if value.len() > 4096 || value.chars().any(|c| self.refuses(c)) {
            return Some("This value is too long or holds control characters.");
        }
        let (taken, otherwise) = match self.kind {
            FieldKind::Text | FieldKind::Lines => (true, ""),
            FieldKind::Url => {
                (Url::parse(value).is_ok(), "This is not an address such as https://host:port.")
            }
            FieldKind::Number => {
                (value.parse().is_ok_and(|number: u32| number > 0), "This is not a whole number from 1 on.")
            }
            FieldKind::TimeZone => {
                (value.parse::<chrono_tz::Tz>().is_ok(), "This is no time zone such as Europe/Berlin.")
            }
            FieldKind::Colour => (is_colour(value), "Write the colour as #rrggbb, for instance #2563eb."),
        };
        (!taken).then_some(otherwise)
    }

    const fn api_base_url() -> Self {
        let field = Self::text(
            API_BASE_URL,
            "API address",
            "Only for a self-hosted or test server: scheme, host and port that stand in for the platform's.",
        );
        Self { kind: FieldKind::Url, ..field }.optional()
    }
}

impl Choice {
    pub const fn of(value: &'static str, label: &'static str) -> Self {
        Self { value, label }
    }
}

/// `#rrggbb`.
pub fn is_colour(text: &str) -> bool {
    text.strip_prefix('#')
        .is_some_and(|digits| digits.len() == 6 && digits.chars().all(|c| c.is_ascii_hexdigit()))
}

impl Form {
    /// The platform's own fields and the API address that every account has.
    pub fn new(mut fields: Vec<Field>) -> Self {
        fields.push(Field::api_base_url());
        Self { fields }
    }

    /// Trims the values, drops empty ones, and names every fault at once: missing, unknown or malformed fields.
    pub fn fill(&self, given: BTreeMap<String, String>) -> Result<Account, Vec<FormFault>> {
        let fault = |field: &str, detail: &str| FormFault { field: field.into(), detail: detail.into() };
        let mut faults: Vec<_> = given
            .keys()
            .filter(|name| !self.fields.iter().any(|field| field.name == name.as_str()))
            .map(|name| fault(name, "There is no such field."))
            .collect();
        let mut fields = BTreeMap::new();
        for field in &self.fields {
            match given.get(field.name).map(|value| value.trim()).filter(|value| !value.is_empty()) {
                None if field.required => faults.push(fault(field.name, "This field is required.")),
                None => {}
                Some(value) => match (field.fault(value), field.chosen(value)) {
                    (Some(detail), _) => faults.push(fault(field.name, detail)),
                    (None, Some(value)) => {
                        fields.insert(field.name.to_owned(), SecretString::from(value));
                    }
                    (None, None) => {
                        let values: Vec<_> = field.choices.iter().map(|choice| choice.value).collect();
                        faults.push(fault(field.name, &format!("This is one of: {}.", values.join(", "))));
                    }
                },
            }
        }
        if faults.is_empty() { Ok(Account { fields, webhook_url: None }) } else { Err(faults) }
    }

    /// Names of the secret fields.
    pub fn secrets(&self) -> impl Iterator<Item = &'static str> {
        self.fields.iter().filter(|field| field.secret).map(|field| field.name)
    }
}

impl Account {
    /// From stored values, which were checked when they were filled in.
    pub fn new(fields: impl IntoIterator<Item = (String, SecretString)>) -> Self {
        Self { fields: fields.into_iter().collect(), webhook_url: None }
    }

    /// The account of an integration that is called back at this address.
    #[must_use]
    pub fn called_at(mut self, webhook_url: Url) -> Self {
        self.webhook_url = Some(webhook_url);
        self
    }

    /// Where the platform calls the hub for this account, for those that are told with every message. `None` before the
    /// integration has an address.
    pub fn webhook_url(&self) -> Option<&Url> {
        self.webhook_url.as_ref()
    }

    /// A field's value, empty when it was not filled in.
    pub fn text(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", |value| value.expose_secret())
    }

    /// A secret field, empty when it was not filled in: an empty secret verifies nothing.
    pub fn secret(&self, name: &str) -> SecretString {
        self.fields.get(name).cloned().unwrap_or_else(|| SecretString::from(""))
    }

    pub fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    pub fn set(&mut self, name: &str, value: SecretString) {
        self.fields.insert(name.to_owned(), value);
    }

    /// Where the platform's API lives for this account: the override, or `official`.
    pub fn api_base(&self, official: &str) -> Result<Url, url::ParseError> {
        if self.has(API_BASE_URL) { Url::parse(self.text(API_BASE_URL)) } else { Url::parse(official) }
    }

    /// Every filled-in field, for sealing.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &SecretString)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value))
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Account").field(&self.fields.keys().collect::<Vec<_>>()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> Form {
        Form::new(vec![
            Field::text("token", "Token", "Where it is."),
            Field::text("theme", "Theme", "Empty: light.")
                .optional()
                .one_of(const { &[Choice::of("light", "Light"), Choice::of("dark", "Dark")] }),
            Field::time_zone("zone", "Time zone", "Empty: UTC.").optional(),
            Field::colour("colour", "Colour", "Empty: blue.").optional(),
        ])
    }

    fn filled(fields: &[(&str, &str)]) -> Result<Account, Vec<FormFault>> {
        form().fill(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn a_choice_is_stored_as_it_is_offered_and_nothing_else_is_taken() {
        let chosen = |theme| filled(&[("token", "t"), ("theme", theme)]);
        assert_eq!(
            chosen(" Dark ").ok().map(|account| account.text("theme").to_owned()).as_deref(),
            Some("dark")
        );
        assert!(chosen("").is_ok_and(|account| !account.has("theme")));
        let fault = FormFault { field: "theme".into(), detail: "This is one of: light, dark.".into() };
        assert_eq!(chosen("blue").err(), Some(vec![fault]));
    }

    #[test]
    fn time_zones_and_colours_are_looked_at() {
        let taken = |name, value| filled(&[("token", "t"), (name, value)]).is_ok();
        assert!(taken("zone", "Europe/Berlin") && taken("zone", "UTC") && taken("zone", ""));
        assert!(!taken("zone", "Berlin") && !taken("zone", "+02:00"));
        assert!(taken("colour", "#25a3EB") && !taken("colour", "red") && !taken("colour", "#25a3e"));
    }

    #[test]
    fn a_form_tells_choices_and_sections_only_where_there_are_some() {
        let fields =
            Field::section("Look", [Field::text("a", "A", "a").one_of(const { &[Choice::of("x", "An x")] })])
                .collect();
        let told = serde_json::to_value(Form::new(fields)).unwrap_or_default();
        assert_eq!(told["fields"][0]["section"], "Look");
        assert_eq!(told["fields"][0]["choices"], serde_json::json!([{"value": "x", "label": "An x"}]));
        assert!(told["fields"][1].get("section").is_none() && told["fields"][1].get("choices").is_none());
    }
}
