-- Organizations, the people in them, and the wall between tenants.
-- Two roles use the tables, neither of which can log in: switchboard_app sees one organization at a time (row-level
-- security, set per transaction), switchboard_system does what has no tenant yet: log in, claim jobs, route callbacks.
create extension if not exists pg_trgm;
create extension if not exists btree_gin;

do $$
declare role_name text;
begin
    foreach role_name in array array['switchboard_app', 'switchboard_system'] loop
        begin
            execute format('create role %I nologin nosuperuser nobypassrls', role_name);
        exception when duplicate_object or unique_violation then
            null; -- the cluster's other databases share the role
        end;
        execute format('grant %I to current_user', role_name);
    end loop;
end $$;

-- The organization that the current transaction is bound to; null binds to none.
create function current_organization() returns uuid
    language sql stable parallel safe
    as $$ select nullif(current_setting('app.organization', true), '')::uuid $$;

-- Puts a table behind the wall. Every table with an organization_id is given to it.
create procedure protect(tenant_table regclass)
    language plpgsql
    as $$
begin
    execute format('alter table %s enable row level security', tenant_table);
    execute format('alter table %s force row level security', tenant_table);
    execute format(
        'create policy tenant on %s to switchboard_app using (organization_id = current_organization()) with check (organization_id = current_organization())',
        tenant_table);
    execute format('create policy system on %s to switchboard_system using (true) with check (true)', tenant_table);
    execute format('grant select, insert, update, delete on %s to switchboard_app', tenant_table);
end $$;

create table organizations (
    id uuid primary key,
    name text not null check (length(name) between 1 and 200),
    -- Text search configuration for messages and contacts.
    search_language regconfig not null default 'simple',
    -- Agents see every conversation, not only theirs, their teams' and the unassigned.
    agents_see_all boolean not null default false,
    -- A customer who writes again after closing continues the same conversation.
    single_thread boolean not null default true,
    -- Tell customers that their messages were read, and that somebody is writing.
    send_read_receipts boolean not null default true,
    send_typing boolean not null default true,
    version integer not null default 1,
    created_at timestamptz not null default now()
);
alter table organizations enable row level security;
alter table organizations force row level security;
create policy tenant on organizations to switchboard_app using (id = current_organization());
create policy system on organizations to switchboard_system using (true) with check (true);
grant select, update on organizations to switchboard_app;
grant select, insert, update on organizations to switchboard_system;

-- People. They belong to no tenant: one person may be a member of several organizations.
create table users (
    id uuid primary key,
    email text not null,
    name text not null check (length(name) between 1 and 200),
    password_hash text,
    preferences jsonb not null default '{}',
    created_at timestamptz not null default now()
);
create unique index users_email on users (lower(email));

create table members (
    organization_id uuid not null references organizations (id) on delete cascade,
    user_id uuid not null references users (id) on delete cascade,
    role text not null check (role in ('owner', 'admin', 'manager', 'agent', 'viewer')),
    deactivated_at timestamptz,
    created_at timestamptz not null default now(),
    primary key (organization_id, user_id)
);
create index members_user on members (user_id);
call protect('members');
grant select, insert, update, delete on members to switchboard_system;

-- A tenant sees the people who are its members, and never their secrets.
alter table users enable row level security;
alter table users force row level security;
create policy tenant on users to switchboard_app
    using (exists (select from members where members.user_id = users.id and members.organization_id = current_organization()));
create policy system on users to switchboard_system using (true) with check (true);
grant select (id, email, name, preferences, created_at), update (name, preferences) on users to switchboard_app;
grant select, insert, update on users to switchboard_system;

create table invitations (
    organization_id uuid not null references organizations (id) on delete cascade,
    id uuid not null,
    email text not null,
    role text not null check (role in ('owner', 'admin', 'manager', 'agent', 'viewer')),
    token_hash bytea not null,
    invited_by uuid not null,
    expires_at timestamptz not null,
    accepted_at timestamptz,
    created_at timestamptz not null default now(),
    primary key (organization_id, id)
);
create unique index invitations_token on invitations (token_hash);
create unique index invitations_open on invitations (organization_id, lower(email)) where accepted_at is null;
call protect('invitations');
grant select, update on invitations to switchboard_system;

-- One row per log-in: the family that its rotating refresh tokens belong to. It belongs to a person and reaches every
-- organization of that person; a tenant sees whether its members' sessions live, nothing else.
create table sessions (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    -- Where the last token was made for; the next log-in begins there.
    last_organization_id uuid not null references organizations (id) on delete cascade,
    user_agent text,
    address text,
    created_at timestamptz not null default now(),
    last_used_at timestamptz not null default now(),
    ended_at timestamptz,
    -- logged_out | ended_by_user | refresh_token_reused | password_changed | password_reset | deactivated
    ended_because text
);
create index sessions_user on sessions (user_id);
alter table sessions enable row level security;
alter table sessions force row level security;
create policy tenant on sessions to switchboard_app
    using (exists (select from members where members.user_id = sessions.user_id and members.organization_id = current_organization()));
create policy system on sessions to switchboard_system using (true) with check (true);
grant select (id, user_id, last_organization_id, ended_at), update (ended_at, ended_because) on sessions to switchboard_app;
grant select, insert, update on sessions to switchboard_system;

-- A token is used once; a second use ends its session.
create table refresh_tokens (
    token_hash bytea primary key,
    session_id uuid not null references sessions (id) on delete cascade,
    expires_at timestamptz not null,
    used_at timestamptz,
    created_at timestamptz not null default now()
);
create index refresh_tokens_session on refresh_tokens (session_id);
grant select, insert, update, delete on refresh_tokens to switchboard_system;

create table password_resets (
    token_hash bytea primary key,
    user_id uuid not null references users (id) on delete cascade,
    expires_at timestamptz not null,
    used_at timestamptz,
    created_at timestamptz not null default now()
);
grant select, insert, update, delete on password_resets to switchboard_system;

-- Failed log-ins by e-mail address, known or not, so that a lock tells nobody who has an account.
create table login_failures (
    email_hash bytea primary key,
    failures integer not null,
    locked_until timestamptz,
    last_at timestamptz not null default now()
);
create index login_failures_last on login_failures (last_at);
grant select, insert, update, delete on login_failures to switchboard_system;

create table teams (
    organization_id uuid not null references organizations (id) on delete cascade,
    id uuid not null,
    name text not null check (length(name) between 1 and 100),
    description text not null default '',
    version integer not null default 1,
    created_at timestamptz not null default now(),
    primary key (organization_id, id)
);
create unique index teams_name on teams (organization_id, lower(name));
call protect('teams');

create table team_members (
    organization_id uuid not null,
    team_id uuid not null,
    user_id uuid not null,
    primary key (organization_id, team_id, user_id),
    foreign key (organization_id, team_id) references teams (organization_id, id) on delete cascade,
    foreign key (organization_id, user_id) references members (organization_id, user_id) on delete cascade
);
create index team_members_user on team_members (organization_id, user_id);
call protect('team_members');
grant select on teams, team_members to switchboard_system;

-- Answers of creating requests, so that a repeated request answers alike and does nothing.
create table idempotency_keys (
    organization_id uuid not null references organizations (id) on delete cascade,
    key text not null,
    request_hash bytea not null,
    status smallint,
    response jsonb,
    created_at timestamptz not null default now(),
    primary key (organization_id, key)
);
call protect('idempotency_keys');
grant select, delete on idempotency_keys to switchboard_system;
