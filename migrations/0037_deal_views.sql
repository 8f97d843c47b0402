-- Saved views of the board: which deals, in which order, as columns or as a table.
create table deal_views (
    organization_id uuid not null references organizations (id) on delete cascade,
    id uuid not null,
    name text not null,
    -- Whose it is; null: everybody's.
    user_id uuid,
    -- Null: of whichever pipeline is shown.
    pipeline_id uuid,
    look jsonb not null,
    position integer not null,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (organization_id, id),
    foreign key (organization_id, pipeline_id) references pipelines (organization_id, id) on delete cascade,
    foreign key (organization_id, user_id) references members (organization_id, user_id) on delete cascade
);
create index deal_views_order on deal_views (organization_id, user_id, position, id);
create unique index deal_views_name on deal_views (organization_id, user_id, lower(name)) nulls not distinct;
call protect('deal_views');
