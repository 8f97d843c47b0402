//! What each role may do, asked of every route.

use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::harness::{
    client::{Answer, Session},
    hub::Hub,
    openapi::{Document, Operation},
    tenant::Tenant,
};

/// What concerns nobody but oneself. A viewer's reading moves their own mark and never the customer's receipts.
const OF_ONESELF: [&str; 5] =
    ["update_me", "log_out", "end_session", "create_organization", "read_conversation"];

/// The least role for what this house's own nouns change; every other change needs at least an agent.
const LEAST: [(&str, &str); 21] = [
    ("add_team_member", "manager"),
    ("create_deal_field", "manager"),
    ("create_label", "manager"),
    ("create_payment_account", "admin"),
    ("create_team", "manager"),
    ("create_trello_connection", "admin"),
    ("delete_conversation", "admin"),
    ("delete_deal_field", "manager"),
    ("delete_label", "manager"),
    ("delete_team", "manager"),
    ("invite_user", "admin"),
    ("link_payment_charge", "manager"),
    ("refund_payment", "manager"),
    ("remove_team_member", "manager"),
    ("remove_user", "admin"),
    ("set_team_members", "manager"),
    ("update_deal_field", "manager"),
    ("update_label", "manager"),
    ("update_organization", "admin"),
    ("update_team", "manager"),
    ("update_user", "admin"),
];

const ROLES: [&str; 5] = ["viewer", "agent", "manager", "admin", "owner"];

struct House {
    _hub: Hub,
    document: Document,
    tenant: Tenant,
    members: Vec<(&'static str, Session)>,
}

impl House {
    async fn with_every_role() -> Self {
        let hub = Hub::start().await;
        let document = Document::of(&hub).await;
        let tenant = Tenant::settle(&hub, "quixote").await;
        let mut members = Vec::new();
        for role in ROLES {
            members.push((role, hub.invite(&tenant.owner, &format!("the-{role}"), role).await));
        }
        Self { _hub: hub, document, tenant, members }
    }

    async fn status(&self, operation: &Operation, by: &Session) -> u16 {
        let body = self.tenant.sample_body(&self.document, operation);
        let path = self.tenant.path(operation);
        let answer = match operation.upload {
            true => Answer::of(form(by.request(operation.method.clone(), &path))).await,
            false => by.send(operation.method.clone(), &path, body.as_ref()).await,
        };
        if answer.status == 403 {
            assert_eq!(answer.body["code"], "forbidden", "{}", operation.id);
        }
        answer.status.as_u16()
    }
}

/// A multipart form with one small file.
fn form(request: RequestBuilder) -> RequestBuilder {
    let part =
        "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nhello\r\n--x--\r\n";
    request.header("content-type", "multipart/form-data; boundary=x").body(part)
}

#[tokio::test]
async fn a_viewer_changes_nothing() {
    let house = House::with_every_role().await;
    let (_, viewer) = &house.members[0];
    let (mut walked, mut allowed) = (0, Vec::new());
    for operation in house.document.operations() {
        if operation.method == "GET" || operation.open || OF_ONESELF.contains(&operation.id.as_str()) {
            continue;
        }
        walked += 1;
        let status = house.status(&operation, viewer).await;
        if status != 403 {
            allowed.push(format!("{} ({status})", operation.id));
        }
    }
    assert!(allowed.is_empty(), "a viewer may {allowed:?}");
    assert!(walked > 20, "{walked} routes walked");
}

#[tokio::test]
async fn below_its_least_role_a_change_is_forbidden() {
    let house = House::with_every_role().await;
    for operation in house.document.operations() {
        let Some((_, least)) = LEAST.iter().find(|(id, _)| *id == operation.id) else { continue };
        for (role, member) in house.members.iter().take_while(|(role, _)| role != least) {
            assert_eq!(house.status(&operation, member).await, 403, "{role} may {}", operation.id);
        }
    }
}

#[tokio::test]
async fn from_its_least_role_on_a_change_is_allowed() {
    let house = House::with_every_role().await;
    let operations = house.document.operations();
    for (id, least) in LEAST {
        let operation =
            operations.iter().find(|one| one.id == id).unwrap_or_else(|| panic!("no operation {id}"));
        // Deleting comes last where several follow each other, so the others still meet something.
        for (role, member) in house.members.iter().skip_while(|(role, _)| *role != least) {
            assert_ne!(house.status(operation, member).await, 403, "{role} may not {id}");
        }
    }
}

#[tokio::test]
async fn everybody_reads_what_a_viewer_reads() {
    let house = House::with_every_role().await;
    let reads = house.document.operations().into_iter().filter(|operation| operation.method == "GET");
    for operation in reads {
        let mut allowed = false;
        for (role, member) in &house.members {
            let status = house.status(&operation, member).await;
            assert!(!allowed || status != 403, "{role} may not {}, which a lesser role may", operation.id);
            allowed |= status != 403;
        }
        assert!(allowed, "nobody may {}", operation.id);
    }
}

/// Agents see what is theirs, their teams' and nobody's, unless the organization opens it up.
#[tokio::test]
async fn agents_see_their_own_part() {
    let house = House::with_every_role().await;
    let (tenant, owner) = (&house.tenant, &house.tenant.owner);
    let (_, agent) = &house.members[1];
    let path = format!("/conversations/{}", tenant.id("conversation").unwrap());
    let seen = async |by: &Session| {
        let listed = by.get("/conversations").await.expect(200).body["data"].as_array().unwrap().len();
        let status = by.get(&path).await.status.as_u16();
        assert_eq!(listed == 1, status == 200, "the list and the thing itself agree");
        status == 200
    };
    let assign = async |change: Value| drop(owner.patch(&path, &change).await.expect(200));

    assert!(seen(agent).await, "nobody has it");
    assign(json!({"assignee_id": owner.user_id})).await;
    assert!(!seen(agent).await, "somebody else has it");
    assign(json!({"assignee_id": agent.user_id})).await;
    assert!(seen(agent).await, "it is theirs");
    assign(json!({"assignee_id": null, "team_id": tenant.id("team").unwrap()})).await;
    assert!(!seen(agent).await, "a team has it that they are not in");
    let members = format!("/teams/{}/members", tenant.id("team").unwrap());
    owner.post(&members, &json!({"user_id": agent.user_id})).await.expect(200);
    assert!(seen(agent).await, "their team has it");

    assign(json!({"assignee_id": owner.user_id, "team_id": null})).await;
    assert!(!seen(agent).await);
    for (role, member) in house.members.iter().filter(|(role, _)| *role != "agent") {
        assert!(seen(member).await, "a {role} sees all");
    }
    owner.patch("/organizations/current", &json!({"agents_see_all": true})).await.expect(200);
    assert!(seen(agent).await, "the organization has opened up");
}
