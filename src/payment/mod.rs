//! Money asked for and received: accounts at payment providers, requests, what was paid on them and given back, and the books. What
//! the providers say is carried here by the flow `checkout`.

pub mod account;
pub mod account_admin;
pub mod ask;
pub mod balance;
pub mod books;
pub mod cancel;
pub mod charge;
pub mod history;
pub mod order;
pub mod refund;
pub mod review;
pub mod show;
pub mod words;
