//! Sockets: the protocol, what each member sees, coming back, several servers.

mod leaving;
mod presence;
mod protocol;
mod resume;
mod servers;
mod slow;
pub mod socket;
mod visibility;

use serde_json::{Value, json};
use sqlx::Executor;
use switchboard::{
    app::App,
    ids::{ContactId, ConversationId, IntegrationId, OrganizationId, TeamId, UserId},
    realtime::event::{EventKind, NewEvent, Subject},
};

use crate::harness::{client::Session, hub::Hub};

pub fn organization(session: &Session) -> OrganizationId {
    session.organization_id.parse().unwrap()
}

fn user(session: &Session) -> UserId {
    session.user_id.parse().unwrap()
}

/// A conversation that exists in events only, seen by everybody.
fn nobodys() -> Subject {
    Subject { conversation_id: ConversationId::new(), assignee_id: None, team_id: None }
}

/// Commits one event and answers nothing: its id is what sockets hear.
async fn tell(app: &App, organization: OrganizationId, subject: Option<Subject>, n: u64) {
    let mut tx = app.db.begin(organization).await.unwrap();
    let data = json!({"n": n, "conversation_id": subject.map(|one| one.conversation_id)});
    tx.tell(match subject {
        Some(subject) => NewEvent::about(EventKind::NewMessage, subject, &data),
        None => NewEvent::everybody(EventKind::NewMessage, &data),
    });
    tx.commit().await.unwrap();
}

/// A conversation as a customer would have begun it.
async fn conversation(
    hub: &Hub,
    organization: OrganizationId,
    assignee: Option<UserId>,
    team: Option<TeamId>,
) -> Subject {
    let (integration, contact, id) = (IntegrationId::new(), ContactId::new(), ConversationId::new());
    let mut sql = hub.sql().await;
    sql.execute(
        sqlx::query(
            "insert into integrations (organization_id, id, channel, name, account_key, account, sealed)
             values ($1, $2, 'telegram', 'Shop', $2::text, '{}', '')",
        )
        .bind(organization)
        .bind(integration),
    )
    .await
    .unwrap();
    sql.execute(
        sqlx::query("insert into contacts (organization_id, id, name) values ($1, $2, 'Rui')")
            .bind(organization)
            .bind(contact),
    )
    .await
    .unwrap();
    sql.execute(
        sqlx::query(
            "insert into conversations (organization_id, id, integration_id, channel, contact_id, assignee_id, team_id)
             values ($1, $2, $3, 'telegram', $4, $5, $6)",
        )
        .bind(organization)
        .bind(id)
        .bind(integration)
        .bind(contact)
        .bind(assignee)
        .bind(team),
    )
    .await
    .unwrap();
    Subject { conversation_id: id, assignee_id: assignee, team_id: team }
}

fn n(frame: &Value) -> u64 {
    frame["data"]["n"].as_u64().unwrap_or_else(|| panic!("not one of ours: {frame}"))
}
