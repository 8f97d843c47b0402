//! What is logged and in which form.

use tracing_subscriber::EnvFilter;

use super::variables::Variables;

const DEFAULT_FILTER: &str = "info,sqlx=warn,hyper=warn,object_store=warn";

#[derive(Debug, Clone)]
pub struct Log {
    /// `SWITCHBOARD_LOG`: levels by module, in `tracing-subscriber`'s form (`info,switchboard=debug`).
    pub filter: String,
    /// `SWITCHBOARD_LOG_FORMAT`: `text` for people, `json` for collectors.
    pub format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

impl Log {
    pub(super) fn read(variables: &mut Variables<'_>) -> Self {
        let mut filter =
            variables.text("SWITCHBOARD_LOG", DEFAULT_FILTER).unwrap_or(DEFAULT_FILTER.to_owned());
        if let Err(error) = EnvFilter::try_new(&filter) {
            variables.fault("SWITCHBOARD_LOG", format!("not a log filter: {error}"));
            DEFAULT_FILTER.clone_into(&mut filter);
        }
        let format = match variables.text("SWITCHBOARD_LOG_FORMAT", "text").as_deref() {
            None | Some("text") => LogFormat::Text,
            Some("json") => LogFormat::Json,
            Some(other) => {
                let problem = format!("expected text or json, found `{other}`");
                variables.fault("SWITCHBOARD_LOG_FORMAT", problem);
                LogFormat::Text
            }
        };
        Self { filter, format }
    }
}
