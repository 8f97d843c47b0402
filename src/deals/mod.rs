//! Sales beside the conversations: pipelines and their stages, deals, what happened to each, and companies.

pub mod account;
pub mod activity;
pub mod deal;
pub mod deal_change;
pub mod deal_elsewhere;
pub mod deal_file;
pub mod deal_list;
pub mod deal_make;
pub mod deal_paid;
pub mod deal_talk;
pub mod field;
pub mod line;
mod owner;
pub mod pipeline;
pub mod place;
pub mod totals;
pub mod view;
