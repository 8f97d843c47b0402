//! The table of contents: every path, grouped by who calls it.

use axum::Router;
use utoipa::{
    Modify, OpenApi,
    openapi::security::{Http, HttpAuthScheme, SecurityScheme},
};
use utoipa_axum::router::OpenApiRouter;

use crate::{
    app::App,
    error::{FieldError, Problem},
    http,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Switchboard",
        description = "One shared inbox for every place customers write. Lists answer `{data, next_cursor}`; problems are RFC 9457.",
        license(name = "MIT OR Apache-2.0")
    ),
    components(schemas(Problem, FieldError)),
    modifiers(&AccessToken),
    security(("bearer" = []))
)]
struct Document;

/// Every operation asks for an access token unless it says otherwise.
struct AccessToken;

impl Modify for AccessToken {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let bearer = Http::builder().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    }
}

/// Paths under `/api/v1`, for browsers and programs. One line per noun.
fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(http::accounts::routes())
        .merge(http::attachments::routes())
        .merge(http::auth::routes())
        .merge(http::bulk::routes())
        .merge(http::callbacks::routes())
        .merge(http::browser_phone::routes())
        .merge(http::calls::routes())
        .merge(http::contact_bulk::routes())
        .merge(http::contact_import::routes())
        .merge(http::contact_timeline::routes())
        .merge(http::contacts::routes())
        .merge(http::conversations::routes())
        .merge(http::deal_activities::routes())
        .merge(http::deal_bulk::routes())
        .merge(http::deal_fields::routes())
        .merge(http::deal_files::routes())
        .merge(http::deal_views::routes())
        .merge(http::deals::routes())
        .merge(http::install::routes())
        .merge(http::integrations::routes())
        .merge(http::labels::routes())
        .merge(http::merge_suggestions::routes())
        .merge(http::mirror::routes())
        .merge(http::organizations::routes())
        .merge(http::payment_accounts::routes())
        .merge(http::payment_review::routes())
        .merge(http::payments::routes())
        .merge(http::pipelines::routes())
        .merge(http::tasks::routes())
        .merge(http::teams::routes())
        .merge(http::trello::routes())
        .merge(http::users::routes())
        .merge(http::messages::routes())
}

/// The REST interface's description, OpenAPI 3.1.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let (_, document) =
        OpenApiRouter::with_openapi(Document::openapi()).nest("/api/v1", api()).split_for_parts();
    document
}

/// Everything the server answers.
pub fn router(app: App) -> Router {
    let (api, document) =
        OpenApiRouter::with_openapi(Document::openapi()).nest("/api/v1", api()).split_for_parts();
    let public_url = app.config.server.public_url.clone();
    let callbacks = http::incoming::router(&app);
    let socket = http::socket::router(&app);
    let visitors = http::webchat::router(&app);
    let pages = http::pages::router(app.config.server.demo);
    let routes = Router::new()
        .merge(api)
        .merge(socket)
        .merge(http::process::router(document))
        .merge(http::media::router())
        .merge(http::install::router())
        .merge(http::payment_callbacks::router())
        .merge(http::trello_callbacks::router())
        .merge(visitors)
        .merge(pages)
        .with_state(app);
    // Callbacks come by the thousand and are answered to programs: they have an edge of their own.
    http::edge::around(routes, &public_url).merge(callbacks)
}
