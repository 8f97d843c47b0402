-- What a person has to do, and until when: call back, follow up, meet. A missed call asks for one by itself.
create table tasks (
    organization_id uuid not null,
    id uuid not null,
    title text not null,
    kind text not null check (kind in ('to_do', 'callback', 'follow_up', 'meeting')),
    due_at timestamptz,
    -- When whoever has it is reminded; without a time, when it is due.
    reminder_at timestamptz,
    reminded_at timestamptz,
    assignee_id uuid,
    team_id uuid,
    contact_id uuid,
    conversation_id uuid,
    -- The missed call that asked for it: one call asks once, however often its end is told.
    source_message_id uuid,
    done_at timestamptz,
    -- Nobody, where the hub saw that it was done.
    done_by uuid,
    -- Nobody, where the hub made it.
    created_by uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (organization_id, id),
    foreign key (organization_id, contact_id) references contacts (organization_id, id) on delete cascade,
    foreign key (organization_id, conversation_id) references conversations (organization_id, id) on delete cascade
);
create unique index tasks_source on tasks (organization_id, source_message_id);
create index tasks_open on tasks (organization_id, coalesce(due_at, 'infinity'), id) where done_at is null;
create index tasks_mine on tasks (organization_id, assignee_id, coalesce(due_at, 'infinity'), id) where done_at is null;
create index tasks_done on tasks (organization_id, done_at desc, id desc) where done_at is not null;
create index tasks_contact on tasks (organization_id, contact_id) where contact_id is not null;
create index tasks_conversation on tasks (organization_id, conversation_id) where conversation_id is not null;
create index tasks_to_remind on tasks (coalesce(reminder_at, due_at)) where done_at is null and reminded_at is null;
call protect('tasks');
grant select on tasks to switchboard_system;
