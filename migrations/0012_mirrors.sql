-- Colleagues follow conversations in a place of a platform (a Slack channel) and answer there: what is mirrored, the thread of each
-- conversation, what was posted of each message, and what was written in the threads.

create table mirrors (
    organization_id uuid not null,
    integration_id uuid not null,
    place text not null,
    place_name text not null,
    -- Which conversations; empty: of every channel, of every team and of none.
    channels text[] not null default '{}',
    team_ids uuid[] not null default '{}',
    -- Events of transactions before this one were followed.
    position xid8 not null default pg_snapshot_xmin(pg_current_snapshot()),
    created_at timestamptz not null default now(),
    primary key (organization_id, integration_id),
    foreign key (organization_id, integration_id) references integrations (organization_id, id) on delete cascade
);
call protect('mirrors');
grant select on mirrors to switchboard_system;

create table mirror_threads (
    organization_id uuid not null,
    integration_id uuid not null,
    conversation_id uuid not null,
    place text not null,
    -- What our first message there carries, to be found again.
    id uuid not null default gen_random_uuid(),
    -- The platform's name for it, once it is begun.
    thread text,
    created_at timestamptz not null default now(),
    primary key (organization_id, integration_id, conversation_id, place),
    foreign key (organization_id, integration_id) references integrations (organization_id, id) on delete cascade,
    foreign key (organization_id, conversation_id) references conversations (organization_id, id) on delete cascade
);
create unique index mirror_threads_thread on mirror_threads (organization_id, integration_id, thread) where thread is not null;
create index mirror_threads_conversation on mirror_threads (organization_id, conversation_id);
call protect('mirror_threads');

create table mirror_posts (
    organization_id uuid not null,
    integration_id uuid not null,
    message_id uuid not null,
    conversation_id uuid not null,
    place text not null,
    -- What the post carries, to be found again.
    id uuid not null default gen_random_uuid(),
    -- The platform's name for it, once it is there.
    external_id text,
    -- SHA-256 of what it says: words are kept in one place alone.
    digest bytea,
    -- Its files were sent, or tried.
    files_at timestamptz,
    created_at timestamptz not null default now(),
    primary key (organization_id, integration_id, message_id),
    foreign key (organization_id, integration_id, conversation_id, place)
        references mirror_threads (organization_id, integration_id, conversation_id, place) on delete cascade
);
create index mirror_posts_thread on mirror_posts (organization_id, integration_id, conversation_id, place);
call protect('mirror_posts');

-- Messages written in the threads, once each however often the platform tells of them.
create table mirror_words (
    organization_id uuid not null,
    integration_id uuid not null,
    external_id text not null,
    conversation_id uuid not null,
    place text not null,
    -- What our answer carries, if it has to be refused.
    id uuid not null default gen_random_uuid(),
    -- The platform's id of whoever wrote it.
    author jsonb not null,
    -- What it became.
    message_id uuid,
    created_at timestamptz not null default now(),
    primary key (organization_id, integration_id, external_id),
    foreign key (organization_id, integration_id, conversation_id, place)
        references mirror_threads (organization_id, integration_id, conversation_id, place) on delete cascade
);
create index mirror_words_thread on mirror_words (organization_id, integration_id, conversation_id, place);
call protect('mirror_words');
