//! Requests get the pages on which they are paid, and lose them again.

use std::time::Duration;

use channels::{
    Abilities, Refusal,
    abilities::{MediaAbility, MediaKind},
    error::NextStep,
    message::Button,
};
use chrono::{TimeDelta, Utc};
use payments::{About, Ask, Method, Offer, Payer, ProviderError};
use serde_json::json;
use sqlx::types::Json;

use super::{Turn, account, broken, failed, look, pause};
use crate::{
    app::App,
    db::Tx,
    error::{Error, Result},
    ids::{OrganizationId, PaymentId},
    inbox::{
        attachment::{self, Upload},
        conversation,
        order::Extras,
        payment_message::{self, Offered},
    },
    payment::{
        account::{PaymentAccount, webhook_url},
        ask::SoldItem,
        books, history,
        order::PaymentOrder,
        show::{self, Payment},
        words,
    },
    upload,
};

/// Somebody waits for the page in a chat: after so long it is better asked for anew.
const PATIENCE: TimeDelta = TimeDelta::minutes(15);

/// Has the provider make the page, and the message delivered that names it. Repeated after a crash it is the same page.
pub(super) async fn ask(app: &App, organization: OrganizationId, id: PaymentId) -> Result<Turn> {
    let mut tx = app.db.begin(organization).await?;
    let payment = show::load(&mut tx, id).await?;
    if payment.state != "preparing" {
        return Ok(Turn::Done);
    }
    let Some(account) = account(app, organization, payment.account_id).await? else {
        let why = ("account_removed", "The payment account was removed.");
        return give_up(app, organization, id, "failed", why.0, why.1).await;
    };
    if payment.closing {
        return give_up(
            app,
            organization,
            id,
            "cancelled",
            "cancelled",
            "It was taken back before it was sent.",
        )
        .await;
    }
    let ask = compose(app, &mut tx, &payment, &account).await?;
    drop(tx);
    match account.provider.ask(&account.account, &ask, &app.net).await {
        Ok(offer) => offered(app, organization, id, &offer).await,
        Err(ProviderError::Refused { code, detail }) => {
            give_up(app, organization, id, "failed", &code, &detail).await
        }
        Err(ProviderError::AccountBroken(why)) => {
            broken(app, &account, &why).await?;
            give_up(app, organization, id, "failed", "account_broken", &why).await
        }
        Err(ProviderError::Later { detail, .. } | ProviderError::Unknown(detail))
            if Utc::now() - payment.created_at > PATIENCE =>
        {
            give_up(app, organization, id, "failed", "unreachable", &detail).await
        }
        Err(ProviderError::Later { after, .. }) => Ok(Turn::Wait(after.unwrap_or(pause(payment.created_at)))),
        Err(ProviderError::Unknown(_)) => Ok(Turn::Wait(pause(payment.created_at))),
    }
}

async fn compose(app: &App, tx: &mut Tx, payment: &Payment, account: &PaymentAccount) -> Result<Ask> {
    type Row = (Json<Vec<SoldItem>>, Option<String>, Option<String>);
    let (Json(items), name, email): Row = sqlx::query_as(
        "select p.items, c.name, c.email from payments p
         left join contacts c on c.organization_id = p.organization_id and c.id = p.contact_id
         where p.organization_id = $1 and p.id = $2",
    )
    .bind(tx.organization())
    .bind(payment.id)
    .fetch_one(tx.sql())
    .await?;
    let public_url = &app.config.server.public_url;
    let internal = |error: &dyn std::fmt::Display| Error::Internal(error.to_string());
    Ok(Ask {
        id: payment.id.0,
        amount: payment.amount,
        description: payment.description.clone(),
        items: items.iter().map(|item| item.item(payment.amount.currency)).collect(),
        methods: payment.methods.iter().filter_map(|method| method_of(method)).collect(),
        expires_at: payment.expires_at,
        payer: Payer { name: name.filter(|name| !name.is_empty()), email },
        return_url: public_url.join("/pay/done").map_err(|error| internal(&error))?,
        callback_url: webhook_url(public_url, account.provider.id(), account.id)?,
    })
}

fn method_of(text: &str) -> Option<Method> {
    [Method::Card, Method::Pix, Method::Boleto, Method::Other]
        .into_iter()
        .find(|method| method.as_str() == text)
}

async fn offered(app: &App, organization: OrganizationId, id: PaymentId, offer: &Offer) -> Result<Turn> {
    let picture = match &offer.pix {
        Some(code) => picture(app, organization, code).await,
        None => None,
    };
    let mut tx = app.db.begin(organization).await?;
    let done: Option<bool> = sqlx::query_scalar(
        "update payments set state = 'pending', offer_id = $3, url = $4, pix_code = $5, expires_at = coalesce($6, expires_at), error = null,
             looked_at = now(), version = version + 1, updated_at = now()
         where organization_id = $1 and id = $2 and offer_id is null returning closing",
    )
    .bind(organization)
    .bind(id)
    .bind(&offer.id)
    .bind(&offer.url)
    .bind(offer.pix.as_deref())
    .bind(offer.expires_at)
    .fetch_optional(tx.sql())
    .await?;
    let Some(closing) = done else { return Ok(Turn::Done) };
    history::note(&mut tx, id, None, "offered", &json!({"offer_id": offer.id, "url": offer.url})).await?;
    let payment = show::load(&mut tx, id).await?;
    if closing {
        tx.enqueue(PaymentOrder::Close { payment_id: id }.job());
        withhold(&mut tx, &payment, "cancelled", "It was taken back before it was sent.").await?;
    } else {
        send(&mut tx, &payment, picture.as_ref()).await?;
    }
    books::tell(&mut tx, &payment);
    tx.commit().await?;
    Ok(Turn::Done)
}

/// The code as a picture to scan. Without one the code itself is sent.
async fn picture(app: &App, organization: OrganizationId, code: &str) -> Option<Upload> {
    let drawn = payments::qr::png(code).map_err(|error| Error::Internal(error.to_string()));
    let kept = match drawn {
        Ok(png) => upload::take(app, organization, png.into(), Some("image/png"), "pix.png").await,
        Err(error) => Err(error),
    };
    kept.inspect_err(|error| tracing::warn!(%error, "a payment's code could not be drawn")).ok()
}

/// The best that the channel can show: a picture to scan with the code below it, a button that opens the page, or its address.
async fn send(tx: &mut Tx, payment: &Payment, picture: Option<&Upload>) -> Result<()> {
    let (Some(place), Some(message)) = (payment.conversation_id, payment.message_id) else { return Ok(()) };
    let locked = conversation::lock_for_all(tx, place).await?;
    let Some(channel) = channels::find(&locked.channel) else { return Ok(()) };
    let abilities = channel.abilities();
    let text = |url| words::request(&payment.description, payment.amount, url, payment.pix_code.as_deref());
    let (bare, linked) = (text(None), text(payment.url.as_deref()));
    let mut extras = Extras::default();
    let picture = picture.filter(|_| shows(&abilities, &bare));
    let text = match (picture, button(payment, &abilities, &bare)) {
        (Some(picture), _) => {
            attachment::keep(tx, None, picture).await?;
            attachment::put(tx, place, message, picture.id).await?;
            bare
        }
        (None, Some(button)) => {
            extras.buttons.push(button);
            bare
        }
        (None, None) => linked,
    };
    let offered = Offered { text, extras, card: books::card(payment) };
    payment_message::offer(tx, place, message, offered).await
}

/// Whether the channel carries a picture with such a text below it.
fn shows(abilities: &Abilities, caption: &str) -> bool {
    let carries = |one: &MediaAbility| one.kind == MediaKind::Image && one.caption;
    abilities.media.iter().any(carries) && caption.chars().count() <= abilities.text.caption_max
}

fn button(payment: &Payment, abilities: &Abilities, body: &str) -> Option<Button> {
    let title = format!("Pay {}", words::amount(payment.amount));
    let buttons = abilities.buttons.as_ref().filter(|buttons| {
        buttons.url && title.chars().count() <= buttons.title_max && body.chars().count() <= buttons.body_max
    });
    let url = payment.url.clone().filter(|_| buttons.is_some())?;
    Some(Button { id: "pay".into(), title, description: None, url: Some(url) })
}

/// Nobody will be able to pay it.
async fn give_up(
    app: &App,
    organization: OrganizationId,
    id: PaymentId,
    state: &str,
    code: &str,
    detail: &str,
) -> Result<Turn> {
    let mut tx = app.db.begin(organization).await?;
    let done = sqlx::query(
        "update payments set state = $3, offer_state = 'closed', error = $4, version = version + 1, updated_at = now()
         where organization_id = $1 and id = $2 and state = 'preparing'",
    )
    .bind(organization)
    .bind(id)
    .bind(state)
    .bind(json!({"code": code, "detail": detail}))
    .execute(tx.sql())
    .await?;
    if done.rows_affected() > 0 {
        let facts = json!({"code": code, "detail": detail});
        history::note(&mut tx, id, None, "not_offered", &facts).await?;
        let payment = show::load(&mut tx, id).await?;
        withhold(&mut tx, &payment, code, detail).await?;
        if let Some(by) = payment.created_by.as_ref().filter(|_| state == "failed") {
            let data = json!({"kind": "payment_failed", "payment": payment});
            crate::inbox::tell::notify(&mut tx, by.id, &data);
        }
        books::tell(&mut tx, &payment);
    }
    tx.commit().await?;
    Ok(Turn::Done)
}

async fn withhold(tx: &mut Tx, payment: &Payment, code: &str, detail: &str) -> Result<()> {
    let (Some(place), Some(message)) = (payment.conversation_id, payment.message_id) else { return Ok(()) };
    let why = Refusal::new("payment_not_offered", detail, NextStep::None).platform_code(code);
    payment_message::fail(tx, place, message, books::card(payment), &why).await
}

/// Has the provider close the page, and looks what came of it: somebody may have paid meanwhile.
pub(super) async fn close(app: &App, organization: OrganizationId, id: PaymentId) -> Result<Turn> {
    let mut tx = app.db.begin(organization).await?;
    let payment = show::load(&mut tx, id).await?;
    let offer: Option<String> =
        sqlx::query_scalar("select offer_id from payments where organization_id = $1 and id = $2")
            .bind(organization)
            .bind(id)
            .fetch_one(tx.sql())
            .await?;
    drop(tx);
    let account = account(app, organization, payment.account_id).await?;
    let (Some(offer), Some(account)) = (offer, account) else { return Ok(Turn::Done) };
    match account.provider.close(&account.account, &offer, &app.net).await {
        // What it refuses to close has ended: the look tells how.
        Ok(()) | Err(ProviderError::Refused { .. }) => look(app, &account, &About::Offer(offer), 1).await,
        Err(ProviderError::Later { after, .. }) => Ok(Turn::Wait(after.unwrap_or(Duration::from_secs(5)))),
        Err(error) => failed(app, &account, error).await,
    }
}
