-- Accounts connected on the platform's own consent page, tokens that are renewed before they expire, and accounts that are too quiet.

-- An admin who was sent to a consent page. Good once, for a few minutes, in the browser that it began in.
create table installs (
    organization_id uuid not null references organizations (id) on delete cascade,
    id uuid not null,
    channel text not null,
    user_id uuid not null,
    session_id uuid not null,
    -- The account that is consented to again.
    integration_id uuid,
    state_hash bytea not null,
    -- Of the cookie that the browser was given.
    browser_hash bytea not null,
    -- The app's keys, by the vault.
    sealed bytea not null,
    expires_at timestamptz not null,
    created_at timestamptz not null default now(),
    primary key (organization_id, id)
);
create unique index installs_state on installs (state_hash);
call protect('installs');
grant select, delete on installs to switchboard_system;

alter table integrations
    -- When the token is to be traded for a fresh one.
    add column refresh_at timestamptz,
    -- Admins are told when nothing came for so long; null: never.
    add column silent_after_minutes integer check (silent_after_minutes between 5 and 43200),
    -- Since when its silence counts: when it was set, and when a pause ended.
    add column watched_since timestamptz,
    -- Admins were told that it is silent.
    add column silent_since timestamptz,
    -- Admins were told that it is broken.
    add column broken_told_at timestamptz;
create index integrations_refresh on integrations (refresh_at) where refresh_at is not null and deleted_at is null;
