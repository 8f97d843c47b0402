//! Trust in HTTP callbacks. A request enters as [`Unverified`], whose body nobody can read; the
//! only way to a body is [`Unverified::verify`], which checks a signature [`Scheme`] in constant
//! time. An [`Envelope`] shows the names that say whose secret applies. Pure: no clock, no network, no database.

mod digest;
mod envelope;
mod fields;
mod form;
pub mod manifest;
pub mod posted;
mod public_key;
mod request;
mod scheme;
pub mod sign;
pub mod sigv4;
pub mod sns;
pub mod stamped;
pub mod standard;

pub use digest::{Digest, Encoding};
pub use envelope::Envelope;
pub use request::{Forged, Unverified, Verified};
pub use scheme::{Part, Scheme, Stamp};
