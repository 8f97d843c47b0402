//! What every handler and worker may use.

use std::sync::Arc;

use crate::{
    access::{throttle::Throttle, token::Tokens},
    config::Config,
    db::Db,
    forgeries::Forgeries,
    inbox::integration::Integrations,
    ingest::Ingest,
    payment::account::PaymentAccounts,
    realtime::connections::Connections,
    store::Store,
    vault::Vault,
};

/// Cheap to clone; axum's state.
#[derive(Clone)]
pub struct App {
    pub db: Db,
    pub config: Arc<Config>,
    pub vault: Vault,
    pub net: net::Client,
    /// Signs and reads access tokens.
    pub tokens: Tokens,
    /// How often somebody may knock at the auth routes.
    pub throttle: Throttle,
    /// Media files.
    pub store: Store,
    /// Integrations with their accounts unsealed, by id.
    pub integrations: Integrations,
    /// Accounts at payment providers, unsealed, by id.
    pub payment_accounts: PaymentAccounts,
    pub forgeries: Forgeries,
    /// Takes what platforms say.
    pub ingest: Ingest,
    pub connections: Connections,
}
