//! Asking for money: the request and its message are one transaction, and a job has the provider make a page for it.

use chrono::{DateTime, TimeDelta, Utc};
use payments::{Item, Method, Money};
use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    account::PaymentAccount,
    history,
    order::PaymentOrder,
    show::{self, Payment},
    words,
};
use crate::{
    access::agent::Member,
    db::Tx,
    deals::{deal::Deal, line::Line},
    error::{Error, Result},
    ids::{ContactId, PaymentId},
    inbox::{
        conversation::Locked,
        send::{self, Sent},
    },
    payment::books,
};

/// More than anybody asks for in a chat, in the smallest unit.
const LARGEST: i64 = 100_000_000_000;

/// A request to be made.
pub struct Plan<'a> {
    pub account: &'a PaymentAccount,
    pub amount: Money,
    pub description: String,
    pub items: Vec<SoldItem>,
    pub methods: Vec<Method>,
    pub expires_in: Option<TimeDelta>,
    /// One that the member sees, locked.
    pub conversation: Option<&'a Locked>,
    pub deal: Option<&'a Deal>,
    pub contact: Option<ContactId>,
    /// Of the message; unique in the conversation.
    pub client_id: String,
}

/// What is sold, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SoldItem {
    pub title: String,
    pub quantity: u32,
    /// For one, in the smallest unit.
    pub minor: i64,
}

/// Writes the request down, with its message, and orders its page. A repeated `client_id` is the request that it was.
pub async fn ask(tx: &mut Tx, member: &Member, plan: Plan<'_>) -> Result<Payment> {
    let expires_at = check(&plan)?;
    let id = PaymentId::new();
    let deal = plan.deal.map(|deal| deal.id);
    let contact = plan.conversation.map(|place| place.contact_id).or(plan.contact);
    insert(tx, member, id, &plan, contact, expires_at).await?;
    if let Some(place) = plan.conversation {
        let text = words::request(&plan.description, plan.amount, None, None);
        let card = books::card(&show::load(tx, id).await?);
        match send::request_payment(tx, member, place, &plan.client_id, text, card).await? {
            Sent::New(message, _) => {
                sqlx::query("update payments set message_id = $3 where organization_id = $1 and id = $2")
                    .bind(tx.organization())
                    .bind(id)
                    .bind(message.id)
                    .execute(tx.sql())
                    .await?;
            }
            Sent::Repeated(message) => return repeated(tx, id, message.id).await,
        }
    }
    let facts = json!({"amount": plan.amount, "deal_id": deal});
    history::note(tx, id, Some(member.user_id), "asked", &facts).await?;
    tx.enqueue(PaymentOrder::Ask { payment_id: id }.job());
    let payment = show::load(tx, id).await?;
    books::tell(tx, &payment);
    Ok(payment)
}

async fn insert(
    tx: &mut Tx,
    member: &Member,
    id: PaymentId,
    plan: &Plan<'_>,
    contact: Option<ContactId>,
    expires_at: DateTime<Utc>,
) -> Result<()> {
    sqlx::query(
        "insert into payments (organization_id, id, account_id, conversation_id, deal_id, contact_id, amount, currency, description, items,
                               methods, expires_at, created_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(tx.organization())
    .bind(id)
    .bind(plan.account.id)
    .bind(plan.conversation.map(|place| place.id))
    .bind(plan.deal.map(|deal| deal.id))
    .bind(contact)
    .bind(plan.amount.minor)
    .bind(plan.amount.currency.as_str())
    .bind(&plan.description)
    .bind(json!(plan.items))
    .bind(plan.methods.iter().map(|method| method.as_str()).collect::<Vec<_>>())
    .bind(expires_at)
    .bind(member.user_id)
    .execute(tx.sql())
    .await?;
    Ok(())
}

async fn repeated(tx: &mut Tx, new: PaymentId, message: crate::ids::MessageId) -> Result<Payment> {
    let organization = tx.organization();
    sqlx::query("delete from payments where organization_id = $1 and id = $2")
        .bind(organization)
        .bind(new)
        .execute(tx.sql())
        .await?;
    let first: Option<PaymentId> =
        sqlx::query_scalar("select id from payments where organization_id = $1 and message_id = $2")
            .bind(organization)
            .bind(message)
            .fetch_optional(tx.sql())
            .await?;
    match first {
        Some(first) => show::load(tx, first).await,
        None => Err(Error::conflict("client_id_taken", "Another message has this client_id.")),
    }
}

/// Every fault that the caller can mend; answers when the request ends.
fn check(plan: &Plan<'_>) -> Result<DateTime<Utc>> {
    let Plan { account, amount, .. } = plan;
    match account.status.as_str() {
        "broken" => {
            let detail = "The provider refuses this account. An admin has to reconnect it.";
            return Err(Error::unprocessable("payment_account_broken", detail));
        }
        "paused" => {
            let detail = "This payment account is paused.";
            return Err(Error::unprocessable("payment_account_paused", detail));
        }
        _ => {}
    }
    if amount.minor <= 0 {
        return Err(Error::invalid_field("amount", "Ask for more than nothing."));
    }
    if amount.minor > LARGEST {
        return Err(Error::invalid_field("amount", "This is too much for one payment."));
    }
    if let Some(only) = account.currency.filter(|only| *only != amount.currency) {
        return Err(Error::invalid_field("amount.currency", format!("This account takes {only} only.")));
    }
    let abilities = account.provider.abilities();
    let refused = plan.methods.iter().find(|method| !abilities.takes(**method, amount.currency));
    if let Some(method) = refused {
        let detail =
            format!("{} has no {} in {}.", account.provider.name(), method.as_str(), amount.currency);
        return Err(Error::invalid_field("methods", detail));
    }
    if plan.methods.is_empty() {
        return Err(Error::invalid_field("methods", "Choose how it can be paid."));
    }
    let usual = TimeDelta::minutes(abilities.usual_minutes.into());
    let open = plan.expires_in.unwrap_or(usual);
    if open < abilities.shortest() || open > abilities.longest() {
        let (shortest, longest) = (abilities.shortest_minutes, abilities.longest_minutes);
        let detail = format!("With {} it is from {shortest} to {longest}.", account.provider.name());
        return Err(Error::invalid_field("expires_in_minutes", detail));
    }
    Ok(Utc::now() + open)
}

/// What a deal sells, as a provider lists it. Parts of a thing are one item with its own price.
pub fn items(lines: &[Line], currency: payments::Currency) -> Result<Vec<SoldItem>> {
    let item = |line: &Line| {
        let total = crate::deals::line::sum(std::slice::from_ref(line), currency)?.minor;
        let whole = line.quantity.fract().is_zero().then(|| line.quantity.to_u32()).flatten();
        Ok(match whole {
            Some(quantity) => SoldItem { title: line.name.clone(), quantity, minor: line.unit_minor },
            None => SoldItem {
                title: format!("{} × {}", line.name, plain(line.quantity)),
                quantity: 1,
                minor: total,
            },
        })
    };
    lines.iter().map(item).collect()
}

fn plain(quantity: Decimal) -> Decimal {
    quantity.normalize()
}

impl SoldItem {
    pub fn item(&self, currency: payments::Currency) -> Item {
        Item { title: self.title.clone(), quantity: self.quantity, price: Money::new(self.minor, currency) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_thing_are_one_item_and_the_sum_stays() {
        let line = |name: &str, quantity: &str, unit_minor| Line {
            name: name.into(),
            sku: None,
            quantity: quantity.parse().unwrap(),
            unit_minor,
        };
        let currency = "BRL".parse().unwrap();
        let lines = [line("Cake", "2", 1050), line("Cheese", "0.333", 1000)];
        let sold = items(&lines, currency).unwrap();
        assert_eq!(sold[0], SoldItem { title: "Cake".into(), quantity: 2, minor: 1050 });
        assert_eq!(sold[1], SoldItem { title: "Cheese × 0.333".into(), quantity: 1, minor: 333 });
        let total: i64 = sold.iter().map(|one| i64::from(one.quantity) * one.minor).sum();
        assert_eq!(total, crate::deals::line::sum(&lines, currency).unwrap().minor);
    }
}
