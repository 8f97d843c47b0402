-- Money asked for and received: accounts at payment providers, requests, what was paid on them and given back, and the books.
create table payment_accounts (
    organization_id uuid not null references organizations (id) on delete cascade,
    id uuid not null,
    provider text not null,
    name text not null,
    -- Fields that may lie open; the others are sealed.
    account jsonb not null default '{}',
    sealed bytea not null,
    status text not null default 'connected' check (status in ('connected', 'paused', 'broken')),
    -- Who stands behind the credentials, as the provider told.
    holder_id text,
    holder text,
    live boolean not null default false,
    -- The only one that it takes, where there is only one.
    currency text,
    problem text,
    -- The last comparison with the provider's own list.
    reviewed_at timestamptz,
    review jsonb,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    deleted_at timestamptz,
    primary key (organization_id, id)
);
create unique index payment_accounts_by_id on payment_accounts (id);
call protect('payment_accounts');
grant select, update on payment_accounts to switchboard_system;

create table payments (
    organization_id uuid not null,
    id uuid not null,
    account_id uuid not null,
    conversation_id uuid,
    message_id uuid,
    deal_id uuid,
    contact_id uuid,
    -- In the currency's smallest unit, as all amounts are.
    amount bigint not null check (amount > 0),
    currency text not null,
    description text not null,
    items jsonb not null default '[]',
    methods text[] not null,
    expires_at timestamptz not null,
    -- preparing: the provider does not know of it yet, as far as we know. The others are the provider's truth.
    state text not null default 'preparing',
    -- Somebody wants nobody to pay it any more.
    closing boolean not null default false,
    captured bigint not null default 0,
    refunded bigint not null default 0,
    lost bigint not null default 0,
    fee bigint,
    dispute jsonb,
    mismatch text,
    error jsonb,
    -- By what it is paid, at the provider.
    offer_id text,
    offer_state text not null default 'open',
    url text,
    pix_code text,
    receipt_url text,
    paid_at timestamptz,
    -- When the provider was last asked, or is being asked.
    looked_at timestamptz not null default now(),
    created_by uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (organization_id, id),
    foreign key (organization_id, account_id) references payment_accounts (organization_id, id),
    foreign key (organization_id, conversation_id) references conversations (organization_id, id) on delete set null (conversation_id),
    foreign key (organization_id, deal_id) references deals (organization_id, id) on delete set null (deal_id),
    foreign key (organization_id, contact_id) references contacts (organization_id, id) on delete set null (contact_id)
);
create unique index payments_offer on payments (organization_id, account_id, offer_id);
create index payments_newest on payments (organization_id, created_at desc, id desc);
create index payments_state on payments (organization_id, state, created_at desc, id desc);
create index payments_conversation on payments (organization_id, conversation_id, created_at desc, id desc) where conversation_id is not null;
create index payments_deal on payments (organization_id, deal_id, created_at desc, id desc) where deal_id is not null;
create index payments_contact on payments (organization_id, contact_id, created_at desc, id desc) where contact_id is not null;
create index payments_mismatch on payments (organization_id, updated_at desc, id desc) where mismatch is not null;
-- Which money that nobody asked for may belong to.
create index payments_unpaid on payments (organization_id, account_id, amount, created_at desc) where captured = 0;
-- Those at which the provider is looked at now and then.
create index payments_open on payments (looked_at) where state in ('pending', 'processing', 'authorized');
call protect('payments');
grant select on payments to switchboard_system;

-- One for each time that somebody paid, or tried to; without a payment an orphan.
create table payment_charges (
    organization_id uuid not null,
    id uuid not null,
    account_id uuid not null,
    payment_id uuid,
    external_id text not null,
    currency text not null,
    captured bigint not null,
    -- All that is known of it; payments::Charge.
    charge jsonb not null,
    -- When the look began that told it.
    seen_at timestamptz not null,
    dismissed_at timestamptz,
    dismissed_by uuid,
    dismissed_reason text,
    created_at timestamptz not null,
    primary key (organization_id, id),
    foreign key (organization_id, account_id) references payment_accounts (organization_id, id),
    foreign key (organization_id, payment_id) references payments (organization_id, id)
);
create unique index payment_charges_external on payment_charges (organization_id, account_id, external_id);
create index payment_charges_payment on payment_charges (organization_id, payment_id) where payment_id is not null;
create index payment_charges_orphans on payment_charges (organization_id, created_at desc, id desc)
    where payment_id is null and captured > 0 and dismissed_at is null;
call protect('payment_charges');

-- The books: what each look changed, never altered. Sums of it are the balance.
create table payment_entries (
    organization_id uuid not null,
    id bigint generated always as identity,
    account_id uuid not null,
    charge_id uuid not null,
    -- captured adds; refunded, lost and fee take away.
    kind text not null check (kind in ('captured', 'refunded', 'lost', 'fee')),
    currency text not null,
    amount bigint not null,
    day date not null default (now() at time zone 'utc')::date,
    at timestamptz not null default now(),
    primary key (organization_id, id),
    foreign key (organization_id, charge_id) references payment_charges (organization_id, id)
);
create index payment_entries_day on payment_entries (organization_id, day, account_id, currency);
create index payment_entries_charge on payment_entries (organization_id, charge_id);
call protect('payment_entries');

create table refunds (
    organization_id uuid not null,
    -- Also the key under which the provider knows the wish.
    id uuid not null,
    payment_id uuid not null,
    charge_id uuid not null,
    amount bigint not null check (amount > 0),
    reason text not null,
    -- asked: the provider has not answered yet. unknown: it never did.
    state text not null default 'asked' check (state in ('asked', 'pending', 'done', 'failed', 'unknown')),
    external_id text,
    detail text,
    created_by uuid,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (organization_id, id),
    foreign key (organization_id, payment_id) references payments (organization_id, id),
    foreign key (organization_id, charge_id) references payment_charges (organization_id, id)
);
create index refunds_payment on refunds (organization_id, payment_id, created_at);
create index refunds_unanswered on refunds (organization_id, created_at desc) where state in ('unknown', 'failed');
call protect('refunds');

-- What happened to a payment, and by whom; kept as long as the payment.
create table payment_history (
    organization_id uuid not null,
    id uuid not null,
    payment_id uuid not null,
    what text not null,
    data jsonb not null default '{}',
    by_id uuid,
    at timestamptz not null default now(),
    primary key (organization_id, id),
    foreign key (organization_id, payment_id) references payments (organization_id, id) on delete cascade
);
create index payment_history_payment on payment_history (organization_id, payment_id, at, id);
call protect('payment_history');

-- Callbacks that were taken, so that a repetition does nothing.
create table payment_notices (
    organization_id uuid not null,
    account_id uuid not null,
    external_id text not null,
    kind text not null,
    about jsonb not null,
    received_at timestamptz not null default now(),
    primary key (organization_id, account_id, external_id),
    foreign key (organization_id, account_id) references payment_accounts (organization_id, id) on delete cascade
);
create index payment_notices_age on payment_notices (received_at);
call protect('payment_notices');
grant select, delete on payment_notices to switchboard_system;

-- Where deals go whose payment was paid.
alter table pipelines add column on_paid_stage_id uuid;
alter table pipelines add foreign key (organization_id, on_paid_stage_id) references stages (organization_id, id)
    on delete set null (on_paid_stage_id);
