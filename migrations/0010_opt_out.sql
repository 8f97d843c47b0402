-- Customers who answer STOP must get nothing more at that address, whatever else they write, until they answer START. It is kept
-- with the address and not with the contact, who may be written to elsewhere.
alter table contact_identities add column opted_out_at timestamptz;
