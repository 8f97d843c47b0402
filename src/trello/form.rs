//! What an admin fills in: the three values of a Power-Up's page at Trello.

use account::{Field, Form};

pub const API_KEY: &str = "api_key";
pub const TOKEN: &str = "token";
pub const API_SECRET: &str = "api_secret";

pub fn form() -> Form {
    Form::new(vec![
        Field::text(API_KEY, "API key", "On trello.com/power-ups/admin, under your Power-Up: API key."),
        Field::secret(
            TOKEN,
            "Token",
            "The link beside the API key makes one. Choose never to expire, and read and write.",
        ),
        Field::secret(API_SECRET, "API secret", "Below the API key: it proves that callbacks are Trello's."),
    ])
}
