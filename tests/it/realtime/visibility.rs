//! Who hears what: decided when an event is told, from the event and the member as they are then.

use std::time::{Duration, Instant};

use serde_json::json;
use switchboard::{
    ids::{ConversationId, TeamId},
    realtime::event::{EventKind, NewEvent, Subject},
};

use super::{conversation, n, nobodys, organization, socket::Socket, tell, user};
use crate::harness::{client::Session, hub::Hub};

/// What a membership's change may take to be felt.
const SOON: Duration = Duration::from_secs(10);

async fn team_with(hub: &Hub, member: &Session) -> TeamId {
    let team = TeamId::new();
    let mut sql = hub.sql().await;
    sqlx::query("insert into teams (organization_id, id, name) values ($1, $2, $2::text)")
        .bind(organization(member))
        .bind(team)
        .execute(&mut sql)
        .await
        .unwrap();
    sqlx::query("insert into team_members (organization_id, team_id, user_id) values ($1, $2, $3)")
        .bind(organization(member))
        .bind(team)
        .bind(user(member))
        .execute(&mut sql)
        .await
        .unwrap();
    team
}

fn subject(assignee: Option<&Session>, team_id: Option<TeamId>) -> Subject {
    Subject { conversation_id: ConversationId::new(), assignee_id: assignee.map(user), team_id }
}

#[tokio::test]
async fn an_agent_hears_their_own_their_teams_and_nobodys() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let stranger = hub.found("Talho", "zoe").await;
    let rui = hub.invite(&ana, "rui", "agent").await;
    let eva = hub.invite(&ana, "eva", "agent").await;
    let viewer = hub.invite(&ana, "leo", "viewer").await;
    let team = team_with(&hub, &rui).await;
    let mut sockets = Vec::new();
    for session in [&ana, &rui, &eva, &viewer, &stranger] {
        sockets.push(Socket::of(&hub, session).await);
    }
    let home = organization(&ana);
    tell(&hub.app, home, Some(subject(Some(&rui), None)), 1).await;
    tell(&hub.app, home, Some(subject(Some(&eva), Some(team))), 2).await;
    tell(&hub.app, home, Some(subject(Some(&eva), None)), 3).await;
    tell(&hub.app, home, Some(nobodys()), 4).await;
    tell(&hub.app, home, Some(subject(None, Some(TeamId::new()))), 5).await;
    tell(&hub.app, home, None, 9).await;
    tell(&hub.app, organization(&stranger), None, 90).await;
    for (socket, expected) in sockets.iter_mut().zip([
        vec![1, 2, 3, 4, 5, 9],
        vec![1, 2, 4, 9],
        vec![2, 3, 4, 9],
        vec![1, 2, 3, 4, 5, 9],
        vec![90],
    ]) {
        let mut heard = Vec::new();
        while heard.last() != expected.last() {
            heard.push(n(&socket.next_event().await));
        }
        assert_eq!(heard, expected);
    }
}

#[tokio::test]
async fn what_is_taken_away_is_heard_once_and_then_no_more() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let rui = hub.invite(&ana, "rui", "agent").await;
    let eva = hub.invite(&ana, "eva", "agent").await;
    let before = conversation(&hub, organization(&ana), Some(user(&rui)), None).await;
    let after = Subject { assignee_id: Some(user(&eva)), ..before };
    let (mut from, mut to) = (Socket::of(&hub, &rui).await, Socket::of(&hub, &eva).await);
    let join = json!({"conversation_id": before.conversation_id});
    from.say("join_conversation", join.clone()).await;
    assert_eq!(from.next_viewers().await, [rui.user_id.as_str()]);
    to.say("join_conversation", join.clone()).await;
    assert_eq!(to.next_of("error").await["data"]["code"], "not_found");

    sqlx::query("update conversations set assignee_id = $2 where id = $1")
        .bind(before.conversation_id)
        .bind(user(&eva))
        .execute(&mut hub.sql().await)
        .await
        .unwrap();
    let mut tx = hub.app.db.begin(organization(&ana)).await.unwrap();
    let assigned = NewEvent::about(EventKind::ConversationAssigned, after, &json!({"n": 1}));
    tx.tell(assigned.also_for([user(&rui)]));
    tx.commit().await.unwrap();
    tell(&hub.app, organization(&ana), Some(after), 2).await;
    tell(&hub.app, organization(&ana), None, 3).await;
    assert_eq!(n(&from.next_of("conversation_assigned").await), 1);
    assert_eq!(n(&from.next_event().await), 3);
    for number in 1..=3 {
        assert_eq!(n(&to.next_event().await), number);
    }

    // Put out of the room as well: typing is no longer heard.
    to.say("join_conversation", join).await;
    assert_eq!(to.next_viewers().await, [eva.user_id.as_str()]);
    to.say("typing_start", json!({"conversation_id": before.conversation_id})).await;
    from.say("typing_start", json!({"conversation_id": before.conversation_id})).await;
    assert_eq!(from.next_of("error").await["data"]["code"], "forbidden");
}

#[tokio::test]
async fn coming_back_shows_only_what_one_may_see() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let rui = hub.invite(&ana, "rui", "agent").await;
    let mut socket = Socket::of(&hub, &rui).await;
    let cursor = socket.position().await;
    drop(socket);
    tell(&hub.app, organization(&ana), Some(subject(Some(&ana), None)), 1).await;
    tell(&hub.app, organization(&ana), Some(subject(Some(&rui), None)), 2).await;
    let (mut socket, answer) = Socket::resume(&hub.url, &rui, &cursor).await;
    // That somebody joined may be told once more: a position is held back by whatever else runs in the cluster.
    let (mut again, mut event) = (0, socket.next_event().await);
    while event["type"] == "settings_updated" {
        (again, event) = (again + 1, socket.next_event().await);
    }
    assert_eq!(n(&event), 2);
    assert_eq!(answer["data"]["replayed"], again + 1, "{answer}");
}

#[tokio::test]
async fn a_change_of_teams_and_role_is_felt_soon() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let rui = hub.invite(&ana, "rui", "agent").await;
    let mut socket = Socket::of(&hub, &rui).await;
    let team = team_with(&hub, &rui).await;
    let begun = Instant::now();
    let heard = async {
        loop {
            if socket.next_of("new_message").await["data"]["n"] == 7 {
                return;
            }
        }
    };
    let told = async {
        loop {
            tell(&hub.app, organization(&ana), Some(subject(None, Some(team))), 7).await;
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    tokio::select! {
        () = heard => {}
        () = told => {}
    }
    assert!(begun.elapsed() < SOON);

    sqlx::query("update members set deactivated_at = now() where user_id = $1")
        .bind(user(&rui))
        .execute(&mut hub.sql().await)
        .await
        .unwrap();
    // A settings event makes the review come at once.
    let mut tx = hub.app.db.begin(organization(&ana)).await.unwrap();
    tx.tell(NewEvent::everybody(EventKind::SettingsUpdated, &json!({"what": "members"})));
    let begun = Instant::now();
    tx.commit().await.unwrap();
    assert_eq!(socket.closed().await, Some(4401));
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
}
