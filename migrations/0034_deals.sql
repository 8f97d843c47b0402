-- Sales: pipelines of stages, the deals on them, what happened to each, and the companies that contacts belong to.
create table accounts (
    organization_id uuid not null references organizations (id) on delete cascade,
    id uuid not null,
    name text not null,
    -- In small letters, without www.
    domain text,
    phone text,
    owner_id uuid,
    attributes jsonb not null default '{}',
    tags text[] not null default '{}',
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (organization_id, id)
);
create index accounts_newest on accounts (organization_id, created_at desc, id desc);
create unique index accounts_domain on accounts (organization_id, domain);
create index accounts_search on accounts using gin (organization_id, (lower(name || ' ' || coalesce(domain, ''))) gin_trgm_ops);
call protect('accounts');

alter table contacts add column account_id uuid;
alter table contacts add foreign key (organization_id, account_id) references accounts (organization_id, id)
    on delete set null (account_id);
create index contacts_account on contacts (organization_id, account_id, created_at desc, id desc)
    where account_id is not null and deleted_at is null;

create table pipelines (
    organization_id uuid not null references organizations (id) on delete cascade,
    id uuid not null,
    name text not null,
    position integer not null,
    -- Of new deals; each deal keeps its own.
    currency text not null,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (organization_id, id)
);
create unique index pipelines_name on pipelines (organization_id, lower(name));
call protect('pipelines');

create table stages (
    organization_id uuid not null,
    id uuid not null,
    pipeline_id uuid not null,
    name text not null,
    position integer not null,
    color text not null default 'grey',
    -- Deals of a won or lost stage are over.
    kind text not null default 'open' check (kind in ('open', 'won', 'lost')),
    -- That such a deal is won, in percent.
    probability smallint not null check (probability between 0 and 100),
    -- After so many days in which nothing happened a deal is stale.
    stale_after_days integer check (stale_after_days > 0),
    primary key (organization_id, id),
    foreign key (organization_id, pipeline_id) references pipelines (organization_id, id) on delete cascade
);
create index stages_pipeline on stages (organization_id, pipeline_id, position);
call protect('stages');

create table deals (
    organization_id uuid not null,
    id uuid not null,
    pipeline_id uuid not null,
    stage_id uuid not null,
    -- Its place in the column, from the top. Between any two there is another.
    rank numeric not null,
    title text not null,
    -- In the currency's smallest unit.
    value bigint not null default 0,
    currency text not null,
    contact_id uuid,
    account_id uuid,
    owner_id uuid,
    expected_close date,
    -- What is sold; where there are any, `value` is their sum.
    lines jsonb not null default '[]',
    tags text[] not null default '{}',
    attributes jsonb not null default '{}',
    lost_reason text,
    stage_entered_at timestamptz not null default now(),
    last_activity_at timestamptz not null default now(),
    -- When it came into a won or lost stage.
    closed_at timestamptz,
    created_by uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz,
    primary key (organization_id, id),
    foreign key (organization_id, pipeline_id) references pipelines (organization_id, id),
    foreign key (organization_id, stage_id) references stages (organization_id, id),
    foreign key (organization_id, contact_id) references contacts (organization_id, id) on delete set null (contact_id),
    foreign key (organization_id, account_id) references accounts (organization_id, id) on delete set null (account_id)
);
create index deals_column on deals (organization_id, stage_id, rank, id) where deleted_at is null;
-- A column's sums are read from this alone.
create index deals_sums on deals (organization_id, pipeline_id, stage_id, currency) include (value, last_activity_at, stage_entered_at) where deleted_at is null;
create index deals_newest on deals (organization_id, created_at desc, id desc) where deleted_at is null;
create index deals_closing on deals (organization_id, coalesce(expected_close, 'infinity'), id) where deleted_at is null;
create index deals_value on deals (organization_id, value desc, id desc) where deleted_at is null;
create index deals_owner on deals (organization_id, owner_id, stage_id, rank, id) where deleted_at is null;
create index deals_contact on deals (organization_id, contact_id, created_at desc, id desc) where contact_id is not null;
create index deals_account on deals (organization_id, account_id, created_at desc, id desc) where account_id is not null;
create index deals_search on deals using gin (organization_id, lower(title) gin_trgm_ops) where deleted_at is null;
create index deals_tags on deals using gin (organization_id, tags) where deleted_at is null;
create index deals_deleted on deals (organization_id, created_at desc, id desc) where deleted_at is not null;
call protect('deals');

-- Where a deal is talked about.
create table deal_conversations (
    organization_id uuid not null,
    deal_id uuid not null,
    conversation_id uuid not null,
    created_at timestamptz not null default now(),
    primary key (organization_id, deal_id, conversation_id),
    foreign key (organization_id, deal_id) references deals (organization_id, id) on delete cascade,
    foreign key (organization_id, conversation_id) references conversations (organization_id, id) on delete cascade
);
create index deal_conversations_conversation on deal_conversations (organization_id, conversation_id);
call protect('deal_conversations');

create table deal_activities (
    organization_id uuid not null,
    id uuid not null,
    deal_id uuid not null,
    -- What people write down: note, call, meeting, email. What the hub does: created, stage, value, owner, deleted, restored.
    kind text not null,
    text text not null default '',
    -- Of what the hub wrote down: from and to.
    data jsonb not null default '{}',
    at timestamptz not null default now(),
    author_id uuid,
    created_at timestamptz not null default now(),
    primary key (organization_id, id),
    foreign key (organization_id, deal_id) references deals (organization_id, id) on delete cascade
);
create index deal_activities_newest on deal_activities (organization_id, deal_id, at desc, id desc);
call protect('deal_activities');

alter table tasks add column deal_id uuid;
alter table tasks add foreign key (organization_id, deal_id) references deals (organization_id, id) on delete cascade;
create index tasks_deal on tasks (organization_id, deal_id, coalesce(due_at, 'infinity'), id) where deal_id is not null;
