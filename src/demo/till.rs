//! The demo's accounts at the played payment providers.

use std::collections::BTreeMap;

use account::{API_BASE_URL, Account};
use payments::Provider;
use secrecy::{ExposeSecret, SecretString};
use simulator::{Cashier, Simulator};

use super::local;
use crate::{
    accounts,
    app::App,
    error::{Error, Result},
    ids::{OrganizationId, PaymentAccountId},
    payment::{account::place, account_admin},
};

/// One account at each provider. Those of an earlier start are told to the providers, which have forgotten them.
pub(super) async fn open(
    app: &App,
    simulator: &Simulator,
    organization: OrganizationId,
    moved: impl Fn(&str) -> Option<String>,
) -> Result<()> {
    for cashier in simulator.cashiers() {
        let Some(provider) = payments::find(cashier.provider()) else { continue };
        match known(app, organization, provider).await? {
            Some(id) => adopt(app, organization, cashier.as_ref(), id, &moved).await?,
            None => connect(app, organization, cashier.as_ref(), provider).await?,
        }
    }
    Ok(())
}

async fn known(
    app: &App,
    organization: OrganizationId,
    provider: &dyn Provider,
) -> Result<Option<PaymentAccountId>> {
    Ok(sqlx::query_scalar(
        "select id from payment_accounts where organization_id = $1 and provider = $2 and deleted_at is null order by created_at limit 1",
    )
    .bind(organization)
    .bind(provider.id())
    .fetch_optional(app.db.system())
    .await?)
}

async fn connect(
    app: &App,
    organization: OrganizationId,
    cashier: &dyn Cashier,
    provider: &'static dyn Provider,
) -> Result<()> {
    let fields = cashier.open_account("Northwind");
    let filled = provider.account_form().fill(fields.clone());
    let account: Account =
        filled.map_err(|faults| Error::Internal(format!("demo account at {}: {faults:?}", provider.id())))?;
    let checked = provider.check(&account, &app.net).await;
    let mut tx = app.db.begin(organization).await?;
    let name = format!("{} (played)", provider.name());
    let id = account_admin::create(app, &mut tx, provider, &name, &account).await?;
    account_admin::note_check(&mut tx, id, &checked).await?;
    tx.commit().await?;
    // The key by which the provider knows whose page the address is entered on.
    let key = ["secret_key", "access_token"].into_iter().find_map(|name| fields.get(name));
    cashier.enter_webhook(key.map_or("", String::as_str), &webhook_url(app, provider, id));
    Ok(())
}

async fn adopt(
    app: &App,
    organization: OrganizationId,
    cashier: &dyn Cashier,
    id: PaymentAccountId,
    moved: impl Fn(&str) -> Option<String>,
) -> Result<()> {
    let found = app.payment_accounts.of(organization, id).await?;
    let mut account = found.account.clone();
    if let Some(address) = moved(account.text(API_BASE_URL)) {
        account.set(API_BASE_URL, SecretString::from(address));
    }
    let fields: BTreeMap<String, String> =
        account.fields().map(|(name, value)| (name.to_owned(), value.expose_secret().to_owned())).collect();
    cashier.adopt_account(&fields, &webhook_url(app, found.provider, id));
    let (open, sealed) =
        accounts::seal(&app.vault, place(organization, id), &found.provider.account_form(), &account)?;
    let mut tx = app.db.begin(organization).await?;
    sqlx::query(
        "update payment_accounts set account = $3, sealed = $4 where organization_id = $1 and id = $2",
    )
    .bind(organization)
    .bind(id)
    .bind(open)
    .bind(sealed)
    .execute(tx.sql())
    .await?;
    tx.commit().await?;
    app.payment_accounts.forget(id);
    Ok(())
}

/// Where the played provider reaches this process.
fn webhook_url(app: &App, provider: &dyn Provider, id: PaymentAccountId) -> String {
    format!("{}/webhooks/{}/{id}", local(app), provider.id())
}
