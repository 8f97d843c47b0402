//! Small signs of a visitor's life: what was seen, and that they are writing.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use channels::message::MessageStatus;
use garde::Validate;
use serde::Deserialize;

use super::knock::Visit;
use crate::{error::Result, http::extract::Json, ids::MessageId, webchat::Door};

#[derive(Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub(super) struct SeenUpTo {
    #[garde(skip)]
    pub up_to: MessageId,
    /// Whether it was looked at, or only arrived.
    #[garde(skip)]
    pub state: SeenState,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum SeenState {
    Delivered,
    Read,
}

#[derive(Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub(super) struct TypingNow {
    #[garde(skip)]
    pub typing: bool,
}

impl From<SeenState> for MessageStatus {
    fn from(state: SeenState) -> Self {
        match state {
            SeenState::Delivered => Self::Delivered,
            SeenState::Read => Self::Read,
        }
    }
}

pub(super) async fn seen(
    State(door): State<Arc<Door>>,
    Visit(guest): Visit,
    Json(body): Json<SeenUpTo>,
) -> Result<StatusCode> {
    door.limits.sign(guest.visitor.id)?;
    door.see(&guest, body.up_to, body.state.into()).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn typing(
    State(door): State<Arc<Door>>,
    Visit(guest): Visit,
    Json(body): Json<TypingNow>,
) -> Result<StatusCode> {
    door.limits.sign(guest.visitor.id)?;
    door.type_at(&guest, body.typing).await?;
    Ok(StatusCode::NO_CONTENT)
}
