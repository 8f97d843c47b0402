//! What customers do on their telephones, and the callbacks that tell the business.

use chrono::Utc;

use super::{
    Platform,
    callback::{Callback, form},
    opt_out,
    world::{Bubble, address, bubble, sid},
};
use crate::{Act, ActError, Customer, Media};

/// What a message is told by, beside the fields that every message has.
struct Told {
    text: String,
    media: Option<(String, String)>,
    more: Vec<(String, String)>,
}

impl Platform {
    /// Changes the chat, and makes the callback.
    pub(super) fn done(
        &self,
        number: &str,
        customer: &Customer,
        act: Act,
    ) -> Result<(String, Callback), ActError> {
        let told = match act {
            Act::Text { text, reply_to } => {
                let more = reply_to.map(|message| ("OriginalRepliedMessageSid".to_owned(), message));
                Told { text, media: None, more: more.into_iter().collect() }
            }
            Act::Media(media) => self.taken(media),
            Act::Location { latitude, longitude, name } if is_whatsapp(customer) => {
                let place = [("Latitude", latitude.to_string()), ("Longitude", longitude.to_string())];
                let label = name.map(|name| ("Label", name));
                let more = place.into_iter().chain(label).map(|(name, value)| (name.to_owned(), value));
                Told { text: String::new(), media: None, more: more.collect() }
            }
            Act::Press { message, button } => self.pressed(number, &message, &button)?,
            _ => return Err(ActError::Unsupported("such thing")),
        };
        self.told(number, customer, told)
    }

    /// A button of a template, on WhatsApp.
    fn pressed(&self, number: &str, message: &str, button: &str) -> Result<Told, ActError> {
        let mut world = self.world();
        let number = world.numbers.get_mut(number).ok_or(ActError::NoSuchAccount)?;
        let sent = number.find(message).ok_or(ActError::NoSuchMessage)?;
        let pressed = sent.view.buttons.iter().find(|one| one.id == button).ok_or(ActError::NoSuchMessage)?;
        let more = [
            ("ButtonText", pressed.title.clone()),
            ("ButtonPayload", pressed.id.clone()),
            ("ButtonType", "REPLY".to_owned()),
            ("MessageType", "button".to_owned()),
            ("OriginalRepliedMessageSid", message.to_owned()),
        ];
        let more = more.map(|(name, value)| (name.to_owned(), value)).to_vec();
        Ok(Told { text: pressed.title.clone(), media: None, more })
    }

    fn taken(&self, media: Media) -> Told {
        let id = self.keep(media.bytes, &media.mime);
        Told { text: media.caption.unwrap_or_default(), media: Some((id, media.mime)), more: Vec::new() }
    }

    fn told(&self, number: &str, customer: &Customer, told: Told) -> Result<(String, Callback), ActError> {
        let from = address(&customer.id);
        let id = sid(if told.media.is_some() { "MM" } else { "SM" });
        let base_url = &self.base_url;
        let mut world = self.world();
        let number = world.numbers.get_mut(number).ok_or(ActError::NoSuchAccount)?;
        let url = number.message_url().ok_or(ActError::NoWebhook)?;
        let account = number.account.sid.clone();
        let mut view = bubble(&id, true, "text", Utc::now());
        view.text.clone_from(&told.text);
        let mut fields = form(&[
            ("MessageSid", &id),
            ("SmsSid", &id),
            ("SmsMessageSid", &id),
            ("AccountSid", &account),
            ("From", &from),
            ("Body", &told.text),
            ("NumMedia", if told.media.is_some() { "1" } else { "0" }),
            ("NumSegments", "1"),
            ("SmsStatus", "received"),
            ("ApiVersion", "2010-04-01"),
        ]);
        let mut add = |name: &str, value: String| fields.push((name.to_owned(), value));
        match from.split_once(':') {
            Some((prefix, rest)) => {
                add("To", format!("{prefix}:{}", number.phone));
                add("ProfileName", customer.name.clone());
                add("WaId", rest.trim_start_matches('+').to_owned());
            }
            None => add("To", number.phone.clone()),
        }
        if let Some(service) = &number.service {
            add("MessagingServiceSid", service.sid.clone());
        }
        if let Some((media, mime)) = &told.media {
            add("MediaUrl0", format!("{base_url}/2010-04-01/Accounts/{account}/Messages/{id}/Media/{media}"));
            add("MediaContentType0", mime.clone());
            view.kind = mime.split('/').next().unwrap_or_default().to_owned();
            view.media_url = Some(format!("{base_url}{}/{media}", super::media::STORE));
        }
        fields.extend(told.more);
        let phone = number.phone.clone();
        number.chat(&from).push(Bubble { view, status_callback: None, to: phone });
        number.shut.remove(&from);
        number.hear(&from, &told.text);
        Ok((id, Callback { url, token: number.account.token.clone(), form: fields }))
    }
}

impl super::world::Number {
    /// Twilio's own answers are never told to the business.
    fn hear(&mut self, customer: &str, text: &str) {
        if customer.contains(':') {
            return;
        }
        if let Some(answer) = opt_out::heard(text, customer, &mut self.opted_out) {
            let mut view = bubble(&sid("SM"), false, "text", Utc::now());
            (view.text, view.status) = (answer.to_owned(), "delivered".into());
            self.chat(customer).push(Bubble { view, status_callback: None, to: customer.to_owned() });
        }
    }
}

pub(super) fn is_whatsapp(customer: &Customer) -> bool {
    customer.id.starts_with("whatsapp:")
}
