//! The only door to the outside network. [`Client`] sets time-outs and size limits, keeps secrets out of
//! errors and logs, says of each failure whether the request may have arrived, and [`guard`] keeps
//! addresses that people type in from reaching into the private network.

mod client;
pub mod guard;
mod socket;
mod stream;

pub use client::{Body, Client, Failure, Limits, Request, Response};
pub use guard::Private;
pub use reqwest::{Method, StatusCode, header, multipart};
/// The HTTP stack generation that teloxide-core is built on.
pub use reqwest012 as sdk;
pub use socket::{Frame, Socket};
pub use stream::{Stream, Tls};
