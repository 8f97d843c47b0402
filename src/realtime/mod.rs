//! Live news: what can be told ([`event`]), how it travels between servers ([`bus`]), who hears it ([`fanout`]).

pub mod bus;
pub mod event;
pub mod fanout;
