//! The number and the business account as objects that can be looked at.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use serde_json::{Value, json};

use super::{
    Player,
    graph::{Call, GraphError, ok},
    world::Number,
};

/// `/{id}`: a number, or the address of a file.
pub(super) async fn get(State(player): State<Arc<Player>>, call: Call) -> Response {
    if player.world().media.contains_key(&call.object) {
        return super::media::address(player, call).await;
    }
    let work = async {
        let id = player.caller(&call)?;
        let world = player.world();
        let number = world.numbers.get(&id).ok_or_else(|| GraphError::unknown_object(&id))?;
        if call.object == number.id {
            ok(shown(number))
        } else {
            ok(json!({ "id": number.business_account_id, "name": number.name, "currency": "EUR" }))
        }
    };
    player.answer("phone_number", work).await
}

/// `/{waba}/phone_numbers`
pub(super) async fn list(State(player): State<Arc<Player>>, call: Call) -> Response {
    let work = async {
        let id = player.caller(&call)?;
        let world = player.world();
        let numbers: Vec<Value> = world.numbers.get(&id).map(shown).into_iter().collect();
        ok(json!({ "data": numbers, "paging": { "cursors": { "before": "QVFI", "after": "QVFI" } } }))
    };
    player.answer("phone_numbers", work).await
}

fn shown(number: &Number) -> Value {
    json!({
        "id": number.id,
        "display_phone_number": format!("+{}", number.display),
        "verified_name": number.name,
        "code_verification_status": "VERIFIED",
        "quality_rating": "GREEN",
        "platform_type": "CLOUD_API",
        "throughput": { "level": "STANDARD" },
        "status": "CONNECTED",
    })
}
