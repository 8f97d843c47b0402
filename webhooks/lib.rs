//! Trust in HTTP callbacks. A request enters as [`Unverified`], whose body nobody can read; the
//! only way to a body is [`Unverified::verify`], which checks a signature [`Scheme`] in constant
//! time. Pure: no clock, no network, no database.

mod form;
mod request;
mod scheme;
pub mod sign;

pub use request::{Forged, Unverified, Verified};
pub use scheme::{Digest, Encoding, Part, Scheme, Stamp};
