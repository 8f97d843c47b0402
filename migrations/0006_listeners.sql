-- Live connections: one process at a time holds the connection of a streaming integration, by a lease that it keeps renewing.
create table listeners (
    organization_id uuid not null,
    integration_id uuid not null,
    -- The process that has it; nobody's once `leased_until` has passed.
    holder uuid,
    leased_until timestamptz not null default now(),
    -- Where the connection was, in the channel's own form; no secrets.
    state jsonb,
    -- What the admin sees: checks by name.
    health jsonb not null default '[]',
    since timestamptz not null default now(),
    primary key (organization_id, integration_id),
    foreign key (organization_id, integration_id) references integrations (organization_id, id) on delete cascade
);
create unique index listeners_integration on listeners (integration_id);
call protect('listeners');
grant select, insert, update, delete on listeners to switchboard_system;

-- Processes that could hold connections, so that each takes its share.
create table listening_workers (
    holder uuid primary key,
    seen_at timestamptz not null
);
grant select, insert, update, delete on listening_workers to switchboard_system;
