-- Whose word a contact's phone and e-mail are: the platform's, a claim that nobody has checked (a visitor's answer in a web chat), or a
-- person's of the organization, which is never overwritten, not even where it cleared the field.
alter table contacts
    add column phone_from text not null default 'platform' check (phone_from in ('platform', 'claim', 'person')),
    add column email_from text not null default 'platform' check (email_from in ('platform', 'claim', 'person'));
