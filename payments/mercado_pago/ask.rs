//! Making the preference on whose page a request is paid, or the payment that shows a Pix code, and closing it.

use net::Method as Verb;
use url::Url;

use crate::{
    charge::Method,
    currency::Currency,
    error::ProviderError,
    mercado_pago::{
        client::Client,
        look,
        number::Number,
        sent::{
            BackUrls, Ended, Excluded, Moment, NewItem, NewMetadata, NewMethods, NewPayer, NewPayment,
            NewPixPayer, NewPreference, NewStatus,
        },
        wire::{Payment, Preference},
    },
    provider::{Ask, Offer},
};

/// All of the API's types of payment that can be shut out; the balance in an account of Mercado Pago cannot.
const TYPES: [&str; 6] =
    ["credit_card", "debit_card", "prepaid_card", "bank_transfer", "ticket", "digital_currency"];

/// Pix alone needs the payer's address; without one, it is paid on a page that offers nothing else.
pub(super) async fn ask(client: &Client<'_>, ask: &Ask) -> Result<Offer, ProviderError> {
    let key = ask.id.to_string();
    if let ([Method::Pix], Some(email)) = (ask.methods.as_slice(), &ask.payer.email) {
        let made: Payment = client.write(Verb::POST, &["v1", "payments"], &key, &pix(ask, email)).await?;
        return code(made, ask);
    }
    // Whether preferences know keys is not certain. One that is made twice is harmless: nobody was shown the first, and charges name
    // the request whichever they pay.
    let made: Preference =
        client.write(Verb::POST, &["checkout", "preferences"], &key, &preference(ask)).await?;
    let page =
        if client.is_sandbox() { made.sandbox_init_point.or(made.init_point) } else { made.init_point };
    let url = page.ok_or_else(|| ProviderError::Unknown("the preference has no page".to_owned()))?;
    Ok(Offer { id: made.id, url, pix: None, expires_at: made.expiration_date_to.or(Some(ask.expires_at)) })
}

fn code(made: Payment, ask: &Ask) -> Result<Offer, ProviderError> {
    if matches!(made.status.as_str(), "rejected" | "cancelled") {
        let code = made.status_detail.unwrap_or(made.status);
        return Err(ProviderError::Refused {
            code,
            detail: "Mercado Pago refused to make the Pix code.".to_owned(),
        });
    }
    let shown = made.point_of_interaction.and_then(|point| point.transaction_data);
    let (code, page) = shown.map_or((None, None), |shown| (shown.qr_code, shown.ticket_url));
    let page = page.or_else(|| made.transaction_details.and_then(|details| details.external_resource_url));
    match (code, page) {
        (Some(code), Some(url)) => Ok(Offer {
            id: made.id.0,
            url,
            pix: Some(code),
            expires_at: made.date_of_expiration.or(Some(ask.expires_at)),
        }),
        _ => Err(ProviderError::Refused {
            code: "no_pix_code".to_owned(),
            detail: "Mercado Pago answered without a Pix code.".to_owned(),
        }),
    }
}

pub(super) fn preference(ask: &Ask) -> NewPreference<'_> {
    let page = ask.return_url.as_str();
    let currency = ask.amount.currency;
    let payer = NewPayer { name: ask.payer.name.as_deref(), email: ask.payer.email.as_deref() };
    NewPreference {
        items: items(ask),
        payer: Some(payer).filter(|payer| payer.name.is_some() || payer.email.is_some()),
        external_reference: ask.id.to_string(),
        metadata: NewMetadata { switchboard_payment: ask.id.to_string() },
        notification_url: notification(&ask.callback_url),
        back_urls: BackUrls { success: page, pending: page, failure: page },
        // Refused with any other address.
        auto_return: (ask.return_url.scheme() == "https").then_some("approved"),
        expires: true,
        expiration_date_to: Moment(ask.expires_at),
        date_of_expiration: Moment(ask.expires_at),
        payment_methods: NewMethods { excluded_payment_types: excluded(&ask.methods, currency) },
        binary_mode: false,
    }
}

fn items(ask: &Ask) -> Vec<NewItem<'_>> {
    if ask.items.is_empty() {
        let item = NewItem {
            id: "1".to_owned(),
            title: &ask.description,
            quantity: 1,
            currency_id: ask.amount.currency.as_str(),
            unit_price: Number::of(ask.amount),
        };
        return vec![item];
    }
    let each = ask.items.iter().enumerate().map(|(at, item)| NewItem {
        id: (at + 1).to_string(),
        title: &item.title,
        quantity: item.quantity,
        currency_id: item.price.currency.as_str(),
        unit_price: Number::of(item.price),
    });
    each.collect()
}

fn excluded(wanted: &[Method], currency: Currency) -> Vec<Excluded> {
    let unwanted = |kind: &&'static str| !wanted.contains(&look::method(Some(kind), None, currency));
    TYPES.into_iter().filter(unwanted).map(|id| Excluded { id }).collect()
}

pub(super) fn pix<'a>(ask: &'a Ask, email: &'a str) -> NewPayment<'a> {
    NewPayment {
        transaction_amount: Number::of(ask.amount),
        description: &ask.description,
        payment_method_id: "pix",
        external_reference: ask.id.to_string(),
        metadata: NewMetadata { switchboard_payment: ask.id.to_string() },
        notification_url: notification(&ask.callback_url),
        date_of_expiration: Moment(ask.expires_at),
        payer: NewPixPayer { email, first_name: ask.payer.name.as_deref() },
    }
}

/// Without the word at its end, the older kind of notice comes as well, unsigned.
fn notification(callback: &Url) -> String {
    let mut url = callback.clone();
    url.query_pairs_mut().append_pair("source_news", "webhooks");
    url.into()
}

/// A preference is closed by its end, and what was begun on it is cancelled.
pub(super) async fn close(client: &Client<'_>, offer: &str) -> Result<(), ProviderError> {
    if look::is_payment(offer) {
        return match client.find(&["v1", "payments", offer]).await? {
            Some(payment) => cancel(client, &payment).await,
            None => Ok(()),
        };
    }
    let preference: Preference = client.get(&["checkout", "preferences", offer], &[]).await?;
    if !look::is_over(&preference, client.now) {
        let to = client.now - chrono::TimeDelta::seconds(1);
        let from = preference.date_created.unwrap_or(to).min(to - chrono::TimeDelta::seconds(1));
        let ended =
            Ended { expires: true, expiration_date_from: Moment(from), expiration_date_to: Moment(to) };
        let key = uuid::Uuid::new_v4().to_string();
        let _: Preference =
            client.write(Verb::PUT, &["checkout", "preferences", offer], &key, &ended).await?;
    }
    for payment in look::of_request(client, preference.external_reference.as_deref()).await? {
        cancel(client, &payment).await?;
    }
    Ok(())
}

/// One that was paid in the meantime stays paid.
async fn cancel(client: &Client<'_>, payment: &Payment) -> Result<(), ProviderError> {
    let open = |payment: &Payment| matches!(payment.status.as_str(), "pending" | "in_process" | "authorized");
    if !open(payment) {
        return Ok(());
    }
    let path = ["v1", "payments", payment.id.0.as_str()];
    let key = uuid::Uuid::new_v4().to_string();
    let cancelled =
        client.write::<Payment>(Verb::PUT, &path, &key, &NewStatus { status: "cancelled" }).await.map(|_| ());
    match cancelled {
        Err(ProviderError::Refused { .. })
            if !client.find::<Payment>(&path).await?.is_some_and(|now| open(&now)) =>
        {
            Ok(())
        }
        other => other,
    }
}
