-- Messages that are to be sent at a later time. They are numbered, and stand in the conversation, when they are sent: until then
-- they can be changed and cancelled, and what is written meanwhile stands before them.
create table scheduled_messages (
    organization_id uuid not null,
    id uuid not null,
    conversation_id uuid not null,
    author_id uuid not null,
    author_name text not null,
    -- The author's own id of the message: a repeated request is the same one.
    client_id text not null,
    send_at timestamptz not null,
    -- What is sent: `inbox::send::Send`.
    request jsonb not null,
    -- Why it could not be sent at its time, for a person to look at.
    fault text,
    created_at timestamptz not null default now(),
    primary key (organization_id, id),
    foreign key (organization_id, conversation_id) references conversations (organization_id, id) on delete cascade
);
create unique index scheduled_messages_client on scheduled_messages (organization_id, conversation_id, client_id);
create index scheduled_messages_due on scheduled_messages (send_at) where fault is null;
call protect('scheduled_messages');
grant select on scheduled_messages to switchboard_system;
