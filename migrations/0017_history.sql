-- What was said before an account was connected, and names that people gave on their own phone.

-- From before the account was connected: stands before everything else in its conversation, in the order of sent_at.
alter table messages add column past boolean not null default false;

-- 'address_book' names come from the business's own phone: what the customer calls themselves does not replace them, a person's
-- word here does.
alter table contacts drop constraint contacts_name_from_check;
alter table contacts add constraint contacts_name_from_check check (name_from in ('platform', 'address_book', 'person'));
