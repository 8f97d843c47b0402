-- Fields that an organization gives its deals and companies. The values are among the attributes; what is no such field stays free.
create table deal_fields (
    organization_id uuid not null references organizations (id) on delete cascade,
    id uuid not null,
    about text not null check (about in ('deal', 'account')),
    -- The attribute's name.
    key text not null,
    label text not null,
    kind text not null check (kind in ('text', 'number', 'date', 'choice', 'yes_no')),
    choices text[] not null default '{}',
    required_when_won boolean not null default false,
    position integer not null,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (organization_id, id)
);
create unique index deal_fields_key on deal_fields (organization_id, about, key);
call protect('deal_fields');
