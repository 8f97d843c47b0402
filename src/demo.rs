//! The demo: an organization with people and conversations, on platforms that are played in this process. Only with
//! `SWITCHBOARD_DEMO=true`, and only in builds with the `playground` feature.

mod board;
mod playground;
mod room;
mod sales;
mod seed;
mod talks;
mod till;

use std::{collections::BTreeMap, io::Write, net::SocketAddr, sync::Arc};

use axum::Router;
use secrecy::{ExposeSecret, SecretString};
use simulator::Simulator;
use sqlx::Row;

use crate::{
    app::App,
    error::Result,
    ids::{IntegrationId, OrganizationId},
    inbox::integration,
};

pub use seed::{LOGINS, PASSWORD};

/// The played platforms. Kept for as long as the hub runs.
pub struct Demo {
    simulator: Arc<Simulator>,
}

impl Demo {
    /// Starts the platforms on a loopback port of their own.
    pub async fn start() -> std::io::Result<Self> {
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let simulator = Simulator::start(anywhere).await?;
        simulator.twilio.let_desk_answer();
        Ok(Self { simulator: Arc::new(simulator) })
    }

    /// What the playground page asks for.
    pub fn router(&self, app: &App) -> Router {
        playground::router(app.clone(), self.simulator.clone())
    }

    /// Call once requests are answered: seeds an empty hub, and on later starts tells the platforms, which have forgotten it, about
    /// the accounts that exist. A seeding that broke off goes on.
    pub async fn settle(&self, app: &App) -> Result<()> {
        self.simulator.known_as(&local(app), app.config.server.public_url.as_str());
        let found = seed::find(app).await?;
        if let Some((organization, _)) = found {
            self.adopt(app, organization).await?;
        }
        room::open(&self.simulator);
        if !matches!(found, Some((_, true))) {
            seed::plant(app, &self.simulator).await?;
        }
        match seed::find(app).await? {
            Some((organization, _)) => {
                till::open(app, &self.simulator, organization, |address| self.moved(address)).await
            }
            None => Ok(()),
        }
    }

    async fn adopt(&self, app: &App, organization: OrganizationId) -> Result<()> {
        let rows =
            sqlx::query("select id from integrations where organization_id = $1 and deleted_at is null")
                .bind(organization)
                .fetch_all(app.db.system())
                .await?;
        for row in rows {
            let id: IntegrationId = row.try_get("id")?;
            let Some(integration) = app.integrations.find(id).await? else { continue };
            let Some(player) = self.simulator.player(integration.channel.id().as_str()) else { continue };
            let mut account = integration.account.clone();
            if let Some(address) = self.moved(account.text(channels::account::API_BASE_URL)) {
                account.set(channels::account::API_BASE_URL, SecretString::from(address));
            }
            let fields: BTreeMap<String, String> = account
                .fields()
                .map(|(name, value)| (name.to_owned(), value.expose_secret().to_owned()))
                .collect();
            player.adopt_account(&fields, &webhook_url(app, &integration));
            let (open, sealed) =
                integration::seal(&app.vault, organization, id, integration.channel, &account)?;
            let mut tx = app.db.begin(organization).await?;
            sqlx::query(
                "update integrations set account = $3, sealed = $4 where organization_id = $1 and id = $2",
            )
            .bind(organization)
            .bind(id)
            .bind(open)
            .bind(sealed)
            .execute(tx.sql())
            .await?;
            tx.commit().await?;
            app.integrations.forget(id);
        }
        Ok(())
    }

    /// A played platform's address of an earlier start, with the port of this one.
    fn moved(&self, address: &str) -> Option<String> {
        let mut address: url::Url = address.parse().ok()?;
        let now: url::Url = self.simulator.base_url().parse().ok()?;
        address.set_port(now.port()).ok()?;
        Some(address.to_string().trim_end_matches('/').to_owned())
    }
}

/// Tells whoever started the hub where to look. Plain text on standard output, beside the log on standard error.
pub fn announce(public_url: &url::Url) {
    let address = public_url.as_str().trim_end_matches('/');
    let mut text = format!(
        "\n  Switchboard   {address}\n  Playground    {address}/playground   write as a customer\n\n  Log in with the password {PASSWORD}:\n"
    );
    for (email, name, role) in LOGINS {
        text.push_str(&format!("    {email:<22} {name} ({role:?})\n"));
    }
    // Nobody may be reading.
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Where the played platforms reach this process, whatever its public address is.
fn webhook_url(app: &App, integration: &integration::Integration) -> String {
    format!("{}/webhooks/{}/{}", local(app), integration.channel.id(), integration.id)
}

fn local(app: &App) -> String {
    format!("http://127.0.0.1:{}", app.config.server.bind.port())
}
