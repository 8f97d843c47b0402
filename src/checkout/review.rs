//! Compares the last days with what the provider lists, and puts right what differs: callbacks that never came, payments that were made
//! elsewhere, amounts that were changed there.

use std::collections::BTreeMap;

use chrono::{TimeDelta, Utc};
use payments::{Charge, Look, merged};

use super::{Turn, account, failed, take};
use crate::{
    app::App,
    error::Result,
    ids::{OrganizationId, PaymentAccountId},
    payment::{account::PaymentAccount, charge, review},
};

/// How far back each comparison reaches.
const REACH: TimeDelta = TimeDelta::days(7);
/// Pages of one comparison; more than that is found by the callbacks or not at all.
const PAGES: usize = 200;

pub(super) async fn carry_out(app: &App, organization: OrganizationId, id: PaymentAccountId) -> Result<Turn> {
    let Some(account) = account(app, organization, id).await? else { return Ok(Turn::Done) };
    let since = Utc::now() - REACH;
    let (mut charges, mut repaired, mut cursor) = (0, 0, None::<String>);
    for _ in 0..PAGES {
        let began = Utc::now();
        let page = account.provider.charges(&account.account, since, cursor.as_deref(), &app.net).await;
        let page = match page {
            Ok(page) => page,
            Err(error) => {
                note(app, &account, charges, repaired, Some(&error.to_string())).await?;
                return failed(app, &account, error).await;
            }
        };
        charges += page.charges.len();
        let differing = differing(app, &account, page.charges).await?;
        repaired += differing.len();
        if !differing.is_empty() {
            take(app, &account, &Look { offer: None, charges: differing }, began).await?;
        }
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    note(app, &account, charges, repaired, None).await?;
    Ok(Turn::Done)
}

/// Those of which we know nothing, or something else.
async fn differing(app: &App, account: &PaymentAccount, listed: Vec<Charge>) -> Result<Vec<Charge>> {
    let ids: Vec<String> = listed.iter().map(|charge| charge.id.clone()).collect();
    let mut tx = app.db.begin(account.organization_id).await?;
    let known: BTreeMap<String, Charge> = charge::owners(&mut tx, account.id, &ids)
        .await?
        .into_iter()
        .map(|(id, _, charge)| (id, charge))
        .collect();
    let differs = |charge: &Charge| match known.get(&charge.id) {
        Some(known) => merged(Some(known), charge) != *known,
        None => charge.captured.is_positive(),
    };
    Ok(listed.into_iter().filter(differs).collect())
}

async fn note(
    app: &App,
    account: &PaymentAccount,
    charges: usize,
    repaired: usize,
    error: Option<&str>,
) -> Result<()> {
    let mut tx = app.db.begin(account.organization_id).await?;
    review::note(&mut tx, account.id, charges, repaired, error).await?;
    Ok(tx.commit().await?)
}
