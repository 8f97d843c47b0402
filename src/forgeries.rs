//! Refused callbacks: nothing of theirs is stored, but they are counted and shown to the admin.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, NaiveDate, Utc};
use webhooks::Forged;

use crate::{
    db::Db,
    error::Result,
    ids::{IntegrationId, OrganizationId},
    inbox::integration::Integration,
};

type Key = (OrganizationId, IntegrationId, NaiveDate, &'static str);

/// Counts in memory; a flood of forgeries costs one statement per second and integration.
#[derive(Clone, Default)]
pub struct Forgeries(Arc<Mutex<HashMap<Key, Tally>>>);

#[derive(Clone, Copy)]
struct Tally {
    count: i64,
    last_at: DateTime<Utc>,
    last_address: IpAddr,
}

impl Forgeries {
    pub fn note(&self, integration: &Integration, forged: Forged, address: IpAddr) {
        let now = Utc::now();
        let key = (integration.organization_id, integration.id, now.date_naive(), reason(forged));
        let mut tallies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let tally = tallies.entry(key).or_insert(Tally { count: 0, last_at: now, last_address: address });
        *tally = Tally { count: tally.count + 1, last_at: now, last_address: address };
    }

    /// Adds the counts to the table. Called about once a second by the server.
    pub async fn flush(&self, db: &Db) -> Result<()> {
        let tallies = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        for ((organization, integration, day, reason), tally) in tallies {
            let mut tx = db.begin(organization).await?;
            sqlx::query(
                "insert into forgeries (organization_id, integration_id, day, reason, count, last_at, last_address)
                 values ($1, $2, $3, $4, $5, $6, $7)
                 on conflict (organization_id, integration_id, day, reason) do update set
                     count = forgeries.count + excluded.count, last_at = excluded.last_at, last_address = excluded.last_address",
            )
            .bind(organization)
            .bind(integration)
            .bind(day)
            .bind(reason)
            .bind(tally.count)
            .bind(tally.last_at)
            .bind(tally.last_address.to_string())
            .execute(tx.sql())
            .await?;
            tx.commit().await?;
        }
        Ok(())
    }
}

fn reason(forged: Forged) -> &'static str {
    match forged {
        Forged::Missing => "missing",
        Forged::Malformed => "malformed",
        Forged::Mismatch => "mismatch",
        Forged::Stale => "stale",
        Forged::Unconfigured(_) => "unconfigured",
    }
}
