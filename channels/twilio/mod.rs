//! Twilio: text messages (and WhatsApp through Twilio) as the channel `sms`, telephone calls as the channel `voice`. Both
//! share the account, the signature, the calls and the errors. See the README beside this file.

mod account;
mod api;
mod check;
mod errors;
mod media;
mod number;
mod segments;
mod sms;
mod twiml;
mod voice;
mod wire;

pub use segments::{Encoding, Segments, segments};
pub use sms::Sms;
pub use voice::Voice;
