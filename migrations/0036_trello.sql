-- Boards of Trello that are kept in step with a pipeline: the connection, which list is which stage, which card is which deal, and the
-- actions that were taken in.
create table trello_connections (
    organization_id uuid not null references organizations (id) on delete cascade,
    id uuid not null,
    -- Fields that may lie open; the others are sealed.
    account jsonb not null default '{}',
    sealed bytea not null,
    -- Whose the token is.
    member_id text not null,
    member_name text not null,
    board_id text not null,
    board_name text not null,
    board_url text not null,
    pipeline_id uuid,
    status text not null default 'connected' check (status in ('connected', 'paused', 'broken')),
    problem text,
    -- The open cards that were there before are still to be taken over.
    import boolean not null,
    -- As it was registered, to the letter: it is signed with every callback.
    callback_url text not null,
    webhook_id text,
    webhook_checked_at timestamptz,
    -- Events of transactions before this one were followed.
    position xid8 not null default pg_snapshot_xmin(pg_current_snapshot()),
    -- All actions until then were asked for.
    actions_until timestamptz not null default now(),
    -- When both sides were last compared, and when that was last ordered.
    synced_at timestamptz,
    ordered_at timestamptz not null default now(),
    version integer not null default 1,
    created_by uuid,
    created_at timestamptz not null default now(),
    deleted_at timestamptz,
    primary key (organization_id, id),
    foreign key (organization_id, pipeline_id) references pipelines (organization_id, id) on delete set null (pipeline_id)
);
create unique index trello_connections_by_id on trello_connections (id);
-- A board has one pipeline, and a pipeline one board.
create unique index trello_connections_board on trello_connections (organization_id, board_id) where deleted_at is null;
create unique index trello_connections_pipeline on trello_connections (organization_id, pipeline_id) where deleted_at is null;
call protect('trello_connections');
grant select on trello_connections to switchboard_system;

create table trello_lists (
    organization_id uuid not null,
    connection_id uuid not null,
    list_id text not null,
    name text not null,
    position integer not null,
    -- In the archive.
    closed boolean not null default false,
    -- null: its cards are let alone.
    stage_id uuid,
    primary key (organization_id, connection_id, list_id),
    foreign key (organization_id, connection_id) references trello_connections (organization_id, id) on delete cascade,
    foreign key (organization_id, stage_id) references stages (organization_id, id) on delete set null (stage_id)
);
call protect('trello_lists');

create table trello_cards (
    organization_id uuid not null,
    connection_id uuid not null,
    deal_id uuid not null,
    -- null: the card is to be made, and may have been already.
    card_id text,
    -- The card was taken to another board: the deal goes on alone.
    left_board boolean not null default false,
    -- How card and deal stood when they were last in step.
    agreed jsonb,
    deal_version integer,
    -- Why they cannot be brought in step.
    problem text,
    created_at timestamptz not null default now(),
    primary key (organization_id, connection_id, deal_id),
    foreign key (organization_id, connection_id) references trello_connections (organization_id, id) on delete cascade,
    foreign key (organization_id, deal_id) references deals (organization_id, id) on delete cascade
);
create unique index trello_cards_card on trello_cards (organization_id, connection_id, card_id) where card_id is not null;
create index trello_cards_deal on trello_cards (organization_id, deal_id);
call protect('trello_cards');

-- Actions that were taken in, so that a repetition does nothing.
create table trello_actions (
    organization_id uuid not null,
    connection_id uuid not null,
    action_id text not null,
    -- A comment that is written down beside its deal.
    noted boolean not null default false,
    received_at timestamptz not null default now(),
    primary key (organization_id, connection_id, action_id),
    foreign key (organization_id, connection_id) references trello_connections (organization_id, id) on delete cascade
);
create index trello_actions_age on trello_actions (received_at);
call protect('trello_actions');
grant select, delete on trello_actions to switchboard_system;
