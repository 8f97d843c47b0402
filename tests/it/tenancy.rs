//! The wall between organizations, walked along from both sides: every table, and every route of the interface's own
//! description. What is added later is walked, too, or these tests say that they do not know how.

mod routes;
mod tables;
