//! What a callback says there is to look at
//! (<https://www.mercadopago.com.br/developers/en/docs/your-integrations/notifications/webhooks>). Signed is the resource's id in the
//! query; everything else is a hint, which leads to a question and to nothing more.

use webhooks::{Verified, manifest};

use crate::{
    error::ReadError,
    http,
    mercado_pago::{look, wire::Callback},
    provider::{About, Notice},
};

pub(super) fn read(request: &Verified) -> Result<Vec<Notice>, ReadError> {
    let body = http::without_nul(request.body());
    let callback: Callback = serde_json::from_slice(&body)
        .map_err(|error| ReadError(format!("the callback is not of Mercado Pago's form: {error}")))?;
    let Some(kind) = callback.kind.as_deref().or_else(|| request.query("type")) else {
        return Ok(Vec::new());
    };
    let named = request.query(manifest::RESOURCE).or_else(|| Some(&callback.data.as_ref()?.id.0));
    // Ids go into addresses and into the database: nothing but letters, digits and signs that ids have.
    let plain = |id: &&str| {
        (1..=64).contains(&id.len()) && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    };
    let Some(id) = named.filter(plain) else { return Ok(Vec::new()) };
    let about = match kind {
        "payment" if look::is_payment(id) => About::Charge(id.to_owned()),
        "topic_merchant_order_wh" => About::Order(id.to_owned()),
        "topic_chargebacks_wh" => About::Dispute(id.to_owned()),
        _ => return Ok(Vec::new()),
    };
    let kind = callback.action.as_deref().filter(|action| action.contains('.')).unwrap_or(kind).to_owned();
    let notice = if callback.id.0.is_empty() {
        let date = callback.date_created.as_deref().unwrap_or_default();
        format!("{kind}:{id}:{date}")
    } else {
        callback.id.0
    };
    Ok(vec![Notice { id: notice, kind, about }])
}
