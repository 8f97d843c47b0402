-- A conversation of letters has a subject, and what a message asks for beside its text may name copies.

alter table conversations add column subject text;
