//! A table of contacts, taken in.

use axum::{
    extract::Request,
    http::{StatusCode, header},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    access::{agent::Agent, permission::May},
    app::App,
    error::{Error, Problem, Problems, Result},
    http::{
        extract::{self, Json},
        page::Page,
    },
    inbox::contact_import::{self, ImportedRow},
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(import))
}

/// Takes contacts from CSV (UTF-8, up to 1 MB and 5,000 rows). The first line names the columns: `name`, `phone`, `email`; every
/// other column becomes an attribute, but those that only the export has are passed over. A row changes the contact that has its
/// phone, else the one that has its e-mail address, else makes a new one; empty cells change nothing. Each row has its own
/// outcome: a faulty one is skipped and its neighbours are taken.
#[utoipa::path(post, path = "/contacts/import", operation_id = "import_contacts", tag = "contacts",
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = Page<ImportedRow>), Problems))]
async fn import(agent: Agent, request: Request) -> Result<Json<Page<ImportedRow>>> {
    // Asked before the table is taken; no transaction stays open while it comes.
    agent.begin(May::WriteContacts).await?;
    let rows = contact_import::read(&table(request).await?)?;
    let (mut tx, member) = agent.begin(May::WriteContacts).await?;
    let imported = contact_import::store(&mut tx, &member, rows).await?;
    tx.commit().await?;
    Ok(Json(Page::whole(imported)))
}

async fn table(request: Request) -> Result<String> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("text/csv") {
        let detail = "Send a table, with the header Content-Type: text/csv.";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail).into());
    }
    let text = String::from_utf8(extract::body(request, &()).await?.into())
        .map_err(|error| Error::bad_request("not_utf8", format!("The table is not UTF-8: {error}.")))?;
    if text.contains('\0') {
        return Err(Error::bad_request("nul_character", "The table holds a NUL character."));
    }
    Ok(text)
}
