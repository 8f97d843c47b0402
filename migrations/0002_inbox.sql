-- Integrations, contacts, conversations, messages and what hangs off them.
-- Keys begin with the organization so that the tables can be distributed by it; no reference crosses tenants.

create table integrations (
    organization_id uuid not null references organizations (id) on delete cascade,
    id uuid not null,
    channel text not null,
    name text not null check (length(name) between 1 and 100),
    -- What the platform calls the account; one integration per account and organization.
    account_key text not null,
    -- Fields that are no secrets.
    account jsonb not null,
    -- Secret fields, sealed by the vault.
    sealed bytea not null,
    status text not null default 'active' check (status in ('active', 'paused', 'broken')),
    -- Why it is broken, as a refusal.
    fault jsonb,
    -- The last test's checks, and when.
    checks jsonb,
    checked_at timestamptz,
    templates_synced_at timestamptz,
    last_inbound_at timestamptz,
    last_outbound_at timestamptz,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    deleted_at timestamptz,
    primary key (organization_id, id)
);
create unique index integrations_id on integrations (id);
create unique index integrations_account on integrations (organization_id, channel, account_key) where deleted_at is null;
create index integrations_by_account on integrations (channel, account_key) where deleted_at is null;
call protect('integrations');
grant select, update on integrations to switchboard_system;

-- Refused callbacks leave a number, never their content.
create table forgeries (
    organization_id uuid not null,
    integration_id uuid not null,
    day date not null,
    reason text not null,
    count bigint not null,
    last_at timestamptz not null,
    last_address text,
    primary key (organization_id, integration_id, day, reason),
    foreign key (organization_id, integration_id) references integrations (organization_id, id) on delete cascade
);
call protect('forgeries');

create table templates (
    organization_id uuid not null,
    integration_id uuid not null,
    name text not null,
    language text not null,
    external_id text not null,
    category text not null,
    status text not null,
    body jsonb not null,
    updated_at timestamptz not null default now(),
    primary key (organization_id, integration_id, name, language),
    foreign key (organization_id, integration_id) references integrations (organization_id, id) on delete cascade
);
call protect('templates');

-- Things the platform told about an account: limits, bans, quality.
create table notices (
    organization_id uuid not null,
    id uuid not null,
    integration_id uuid not null,
    topic text not null,
    severity text not null,
    text text not null,
    created_at timestamptz not null default now(),
    primary key (organization_id, id),
    foreign key (organization_id, integration_id) references integrations (organization_id, id) on delete cascade
);
create index notices_newest on notices (organization_id, integration_id, created_at desc);
call protect('notices');

-- What a contact is found by.
create function contact_text(name text, phone text, email text, username text) returns text
    language sql immutable parallel safe
    as $$ select lower(name || ' ' || coalesce(phone, '') || ' ' || coalesce(email, '') || ' ' || coalesce(username, '')) $$;

create table contacts (
    organization_id uuid not null references organizations (id) on delete cascade,
    id uuid not null,
    name text not null default '',
    -- 'platform' names follow the platform; a person's word ('person') is never overwritten.
    name_from text not null default 'platform' check (name_from in ('platform', 'person')),
    phone text,
    email text,
    username text,
    language text,
    is_group boolean not null default false,
    attributes jsonb not null default '{}',
    tags text[] not null default '{}',
    blocked boolean not null default false,
    -- The customer blocked us.
    reachable boolean not null default true,
    marketing boolean,
    -- The contact that this one was merged into.
    merged_into uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz,
    primary key (organization_id, id)
);
create index contacts_newest on contacts (organization_id, created_at desc, id desc) where deleted_at is null;
create index contacts_name on contacts (organization_id, lower(name) text_pattern_ops, id) where deleted_at is null;
create index contacts_tags on contacts using gin (organization_id, tags) where deleted_at is null;
create index contacts_search on contacts using gin (organization_id, contact_text(name, phone, email, username) gin_trgm_ops) where deleted_at is null;
call protect('contacts');

create table contact_identities (
    organization_id uuid not null,
    channel text not null,
    kind text not null,
    -- Compares; normalised by the channel.
    key text not null,
    -- What the platform wants to be called by.
    address text not null,
    contact_id uuid not null,
    created_at timestamptz not null default now(),
    primary key (organization_id, channel, kind, key),
    foreign key (organization_id, contact_id) references contacts (organization_id, id) on delete cascade
);
create index contact_identities_contact on contact_identities (organization_id, contact_id);
call protect('contact_identities');

create table contact_notes (
    organization_id uuid not null,
    id uuid not null,
    contact_id uuid not null,
    author_id uuid not null,
    text text not null,
    created_at timestamptz not null default now(),
    primary key (organization_id, id),
    foreign key (organization_id, contact_id) references contacts (organization_id, id) on delete cascade
);
create index contact_notes_newest on contact_notes (organization_id, contact_id, created_at desc);
call protect('contact_notes');

create table conversations (
    organization_id uuid not null references organizations (id) on delete cascade,
    id uuid not null,
    integration_id uuid not null,
    channel text not null,
    contact_id uuid not null,
    -- What makes a conversation beside the contact: a chat, a topic. Empty where the platform has none.
    thread text not null default '',
    status text not null default 'open' check (status in ('open', 'pending', 'snoozed', 'closed')),
    assignee_id uuid,
    team_id uuid,
    -- What nobody has, which every agent sees.
    free boolean not null generated always as (assignee_id is null and team_id is null) stored,
    priority text not null default 'none' check (priority in ('none', 'low', 'medium', 'high', 'urgent')),
    snoozed_until timestamptz,
    -- Number of the newest message; messages are numbered without gaps.
    last_seq bigint not null default 0,
    -- Everything up to here was read by somebody.
    read_seq bigint not null default 0,
    -- Inbound messages above read_seq.
    unread_count integer not null default 0,
    unread boolean not null generated always as (unread_count > 0) stored,
    last_message_id uuid,
    last_message_at timestamptz not null default now(),
    last_inbound_at timestamptz,
    window_closes_at timestamptz,
    closed_at timestamptz,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    deleted_at timestamptz,
    primary key (organization_id, id),
    foreign key (organization_id, integration_id) references integrations (organization_id, id),
    foreign key (organization_id, contact_id) references contacts (organization_id, id)
);
-- At most one conversation of a thread goes on at a time; any number of closed ones stands beside it.
create unique index conversations_thread on conversations
    (organization_id, contact_id, integration_id, thread, (case when status = 'closed' or deleted_at is not null then id end))
    nulls not distinct;
-- A new message moves its conversation in every index, so there are few: lists are merged from one ordered scan per status and
-- per value of a yes-or-no column, a channel's list from its integrations, and the order of making is the order of ids.
create index conversations_status on conversations (organization_id, status, unread, last_message_at desc, id desc) where deleted_at is null;
create index conversations_integration on conversations (organization_id, integration_id, status, last_message_at desc, id desc) where deleted_at is null;
create index conversations_assignee on conversations (organization_id, assignee_id, status, last_message_at desc, id desc) where assignee_id is not null and deleted_at is null;
create index conversations_team on conversations (organization_id, team_id, status, last_message_at desc, id desc) where team_id is not null and deleted_at is null;
create index conversations_unassigned on conversations (organization_id, free, status, last_message_at desc, id desc) where assignee_id is null and deleted_at is null;
create index conversations_priority on conversations (organization_id, priority, last_message_at desc, id desc) where priority <> 'none' and deleted_at is null;
create index conversations_wake on conversations (snoozed_until) where status = 'snoozed';
call protect('conversations');
grant select on conversations to switchboard_system;

-- Ids are in the order of coming. Whoever writes a message holds its conversation's row lock, so that a reference checked for each
-- row would say nothing new; what goes with a conversation goes by trigger.
create table messages (
    organization_id uuid not null,
    id uuid not null,
    conversation_id uuid not null,
    seq bigint not null,
    integration_id uuid not null,
    direction text not null check (direction in ('inbound', 'outbound', 'internal')),
    kind text not null,
    text text not null default '',
    parts jsonb not null default '[]',
    -- Reactions by person: [{"emoji", "by": "contact" | "member", "id", "name", "at"}].
    reactions jsonb not null default '[]',
    reply_to uuid,
    reply_to_external text,
    reply_to_text text,
    sender_kind text not null check (sender_kind in ('contact', 'member', 'system', 'business')),
    sender_id uuid,
    sender_name text,
    -- Outbound only.
    status text check (status in ('queued', 'sending', 'unknown', 'sent', 'delivered', 'read', 'failed')),
    -- [{"status", "at"}], oldest first.
    status_history jsonb not null default '[]',
    -- A refusal: code, platform_code, detail, next_step.
    error jsonb,
    -- Unique within the integration; null until the platform has named it.
    external_id text,
    -- The sender's own id of the message: a repeated send is the same message.
    client_id text,
    -- What the channel is asked to send, beside text and attachments: template, buttons.
    request jsonb,
    album text,
    forwarded boolean not null default false,
    -- Came more than a minute after newer messages by the platform's clock.
    late boolean not null default false,
    meta jsonb,
    -- The platform's time for inbound messages, ours for the others.
    sent_at timestamptz not null,
    created_at timestamptz not null default now(),
    edited_at timestamptz,
    deleted_at timestamptz,
    words tsvector not null default '',
    primary key (organization_id, id)
);
create unique index messages_seq on messages (organization_id, conversation_id, seq);
create unique index messages_external on messages (organization_id, integration_id, external_id) where external_id is not null;
create unique index messages_client on messages (organization_id, conversation_id, client_id) where client_id is not null;
create index messages_words on messages using gin (organization_id, words) with (fastupdate = on);
call protect('messages');
create function delete_messages_of_conversations() returns trigger
    language plpgsql
    as $$
begin
    delete from messages m using old_rows c where m.organization_id = c.organization_id and m.conversation_id = c.id;
    return null;
end $$;
create trigger conversations_deleted after delete on conversations
    referencing old table as old_rows
    for each statement execute function delete_messages_of_conversations();
grant select on messages, contacts to switchboard_system;

-- The words a message is found by, in the organization's language. Every writer of messages.text fills messages.words with it.
create function message_words(organization uuid, text text) returns tsvector
    language sql stable parallel safe
    as $$
        select to_tsvector(
            coalesce((select search_language from organizations where id = organization), 'simple'::regconfig),
            left(text, 100000))
    $$;

-- Further platform ids of one message: an album is one message of ours and several of theirs.
create table message_aliases (
    organization_id uuid not null,
    integration_id uuid not null,
    external_id text not null,
    message_id uuid not null,
    primary key (organization_id, integration_id, external_id),
    foreign key (organization_id, message_id) references messages (organization_id, id) on delete cascade
);
call protect('message_aliases');

-- What was said before an edit or a deletion.
create table message_versions (
    organization_id uuid not null,
    message_id uuid not null,
    version integer not null,
    text text not null,
    changed_at timestamptz not null,
    primary key (organization_id, message_id, version),
    foreign key (organization_id, message_id) references messages (organization_id, id) on delete cascade
);
call protect('message_versions');

-- Statuses, reactions, edits and deletions that came before the message they speak of.
create table early_changes (
    organization_id uuid not null,
    id uuid not null,
    integration_id uuid not null,
    external_id text not null,
    change jsonb not null,
    created_at timestamptz not null default now(),
    primary key (organization_id, id),
    foreign key (organization_id, integration_id) references integrations (organization_id, id) on delete cascade
);
create index early_changes_message on early_changes (organization_id, integration_id, external_id);
call protect('early_changes');
grant select, delete on early_changes to switchboard_system;

create table attachments (
    organization_id uuid not null references organizations (id) on delete cascade,
    id uuid not null,
    -- Null while an upload has not been sent.
    message_id uuid,
    conversation_id uuid,
    position integer not null default 0,
    kind text not null,
    file_name text,
    mime text,
    size bigint,
    sha256 bytea,
    width integer,
    height integer,
    duration_seconds integer,
    state text not null check (state in ('pending', 'stored', 'failed')),
    -- A sentence for people, when failed.
    error text,
    storage_key text,
    thumbnail_key text,
    -- What the channel needs to fetch it.
    reference jsonb,
    uploaded_by uuid,
    created_at timestamptz not null default now(),
    primary key (organization_id, id),
    foreign key (organization_id, message_id) references messages (organization_id, id) on delete cascade
);
create index attachments_message on attachments (organization_id, message_id, position);
call protect('attachments');
grant select on attachments to switchboard_system;

create table labels (
    organization_id uuid not null references organizations (id) on delete cascade,
    id uuid not null,
    name text not null check (length(name) between 1 and 50),
    -- A role of the palette, not a colour value.
    color text not null default 'grey',
    version integer not null default 1,
    created_at timestamptz not null default now(),
    primary key (organization_id, id)
);
create unique index labels_name on labels (organization_id, lower(name));
call protect('labels');

-- last_message_at repeats the conversation's, so that one index serves a label's page.
create table conversation_labels (
    organization_id uuid not null,
    conversation_id uuid not null,
    label_id uuid not null,
    last_message_at timestamptz not null,
    primary key (organization_id, conversation_id, label_id),
    foreign key (organization_id, conversation_id) references conversations (organization_id, id) on delete cascade,
    foreign key (organization_id, label_id) references labels (organization_id, id) on delete cascade
);
create index conversation_labels_newest on conversation_labels (organization_id, label_id, last_message_at desc, conversation_id desc);
call protect('conversation_labels');

-- How far each member has read, for "new since you were away".
create table read_marks (
    organization_id uuid not null,
    conversation_id uuid not null,
    user_id uuid not null,
    seq bigint not null,
    updated_at timestamptz not null default now(),
    primary key (organization_id, conversation_id, user_id),
    foreign key (organization_id, conversation_id) references conversations (organization_id, id) on delete cascade
);
call protect('read_marks');

create table mentions (
    organization_id uuid not null,
    message_id uuid not null,
    user_id uuid not null,
    conversation_id uuid not null,
    created_at timestamptz not null default now(),
    read_at timestamptz,
    primary key (organization_id, message_id, user_id),
    foreign key (organization_id, message_id) references messages (organization_id, id) on delete cascade
);
create index mentions_user on mentions (organization_id, user_id, created_at desc);
call protect('mentions');

-- Badges without counting: every change of a conversation appends what it adds to and takes from its view; a job folds the
-- changes into the counts. A view's number is the sum over both tables, exact at any time, and nobody waits for a lock. Rows
-- with a label count that label's open conversations, those without count all. Labels are changed under the conversation's lock.
create table conversation_counts (
    organization_id uuid not null,
    label_id uuid,
    assignee_id uuid,
    team_id uuid,
    -- Empty in rows with a label.
    channel text not null,
    status text not null,
    conversations bigint not null,
    unread bigint not null
);
create unique index conversation_counts_key on conversation_counts (organization_id, label_id, assignee_id, team_id, channel, status) nulls not distinct;
call protect('conversation_counts');

create table conversation_count_changes (
    organization_id uuid not null,
    label_id uuid,
    assignee_id uuid,
    team_id uuid,
    channel text not null,
    status text not null,
    conversations integer not null,
    unread integer not null
);
create index conversation_count_changes_organization on conversation_count_changes (organization_id);
call protect('conversation_count_changes');
grant select, insert, update, delete on conversation_counts, conversation_count_changes to switchboard_system;

create function count_new_conversations() returns trigger
    language plpgsql
    as $$
begin
    insert into conversation_count_changes
    select organization_id, null, assignee_id, team_id, channel, status, count(*), count(*) filter (where unread)
    from new_rows where deleted_at is null
    group by organization_id, assignee_id, team_id, channel, status;
    return null;
end $$;

-- Most updates are new messages that change no badge and of conversations without labels: they pay for one comparison and one
-- look for labels.
create function count_changed_conversations() returns trigger
    language plpgsql
    as $$
begin
    if exists (
        select from old_rows o join new_rows n using (organization_id, id)
        where (o.status, o.unread, o.channel) is distinct from (n.status, n.unread, n.channel)
           or (o.assignee_id, o.team_id, o.deleted_at) is distinct from (n.assignee_id, n.team_id, n.deleted_at)
    ) then
        insert into conversation_count_changes
        select organization_id, null, assignee_id, team_id, channel, status, sum(n), sum(unread)
        from (
            select organization_id, assignee_id, team_id, channel, status, 1 as n, unread::int as unread
            from new_rows where deleted_at is null
            union all
            select organization_id, assignee_id, team_id, channel, status, -1, -unread::int
            from old_rows where deleted_at is null
        ) change
        group by organization_id, assignee_id, team_id, channel, status
        having sum(n) <> 0 or sum(unread) <> 0;
    end if;

    if not exists (
        select from new_rows c
        join conversation_labels l on l.organization_id = c.organization_id and l.conversation_id = c.id
    ) then
        return null;
    end if;

    insert into conversation_count_changes
    select organization_id, label_id, assignee_id, team_id, '', status, sum(n), sum(unread)
    from (
        select c.organization_id, l.label_id, c.assignee_id, c.team_id, c.status, 1 as n, c.unread::int as unread
        from new_rows c
        join conversation_labels l on l.organization_id = c.organization_id and l.conversation_id = c.id
        where c.deleted_at is null and c.status = 'open'
        union all
        select c.organization_id, l.label_id, c.assignee_id, c.team_id, c.status, -1, -c.unread::int
        from old_rows c
        join conversation_labels l on l.organization_id = c.organization_id and l.conversation_id = c.id
        where c.deleted_at is null and c.status = 'open'
    ) change
    group by organization_id, label_id, assignee_id, team_id, status
    having sum(n) <> 0 or sum(unread) <> 0;

    update conversation_labels l
    set last_message_at = c.last_message_at
    from new_rows c
    where l.organization_id = c.organization_id
      and l.conversation_id = c.id
      and l.last_message_at <> c.last_message_at;
    return null;
end $$;

create function count_labelled() returns trigger
    language plpgsql
    as $$
begin
    insert into conversation_count_changes
    select c.organization_id, l.label_id, c.assignee_id, c.team_id, '', c.status, count(*), count(*) filter (where c.unread)
    from new_rows l
    join conversations c on c.organization_id = l.organization_id and c.id = l.conversation_id
    where c.deleted_at is null and c.status = 'open'
    group by c.organization_id, l.label_id, c.assignee_id, c.team_id, c.status;
    return null;
end $$;

create function count_unlabelled() returns trigger
    language plpgsql
    as $$
begin
    insert into conversation_count_changes
    select c.organization_id, l.label_id, c.assignee_id, c.team_id, '', c.status, -count(*), -count(*) filter (where c.unread)
    from old_rows l
    join conversations c on c.organization_id = l.organization_id and c.id = l.conversation_id
    where c.deleted_at is null and c.status = 'open'
    group by c.organization_id, l.label_id, c.assignee_id, c.team_id, c.status;
    return null;
end $$;

create trigger conversations_inserted after insert on conversations
    referencing new table as new_rows
    for each statement execute function count_new_conversations();
create trigger conversations_updated after update on conversations
    referencing old table as old_rows new table as new_rows
    for each statement execute function count_changed_conversations();
create trigger conversation_labels_inserted after insert on conversation_labels
    referencing new table as new_rows
    for each statement execute function count_labelled();
create trigger conversation_labels_deleted after delete on conversation_labels
    referencing old table as old_rows
    for each statement execute function count_unlabelled();

-- Full-text and trigram operators are not leakproof, so behind row-level security no index serves them. These functions run as a
-- role that the wall does not hide rows from, and keep to the transaction's organization themselves.

-- The newest messages that match, newest first, below the id `before`. A frequent word is found within the newest
-- messages; only a word that is rare there is looked up in the index, where it has few entries. `seen_by` is null for those who
-- see every conversation.
create function search_messages(
    query tsquery, seen_by uuid, teams uuid[], conversation uuid, before uuid, wanted integer
) returns table (id uuid)
    language plpgsql stable security definer
    set search_path = public, pg_temp
    as $$
declare
    organization constant uuid := current_organization();
    scanned constant integer := 20000;
    found_ids uuid[];
begin
    if numnode(query) = 0 or organization is null then
        return;
    end if;
    if conversation is not null then
        return query
        select m.id
        from messages m
        join conversations c on c.organization_id = m.organization_id and c.id = m.conversation_id
        where m.organization_id = organization and m.conversation_id = conversation
          and m.words @@ query and m.deleted_at is null and c.deleted_at is null
          and m.id < before
          and (seen_by is null or c.assignee_id = seen_by or c.team_id = any (teams) or (c.assignee_id is null and c.team_id is null))
        order by m.id desc
        limit wanted;
        return;
    end if;
    found_ids := array(
        select m.id
        from (
            select recent.id, recent.conversation_id, recent.words, recent.deleted_at
            from messages recent
            where recent.organization_id = organization and recent.id < before
            order by recent.id desc
            limit scanned
        ) m
        join conversations c on c.organization_id = organization and c.id = m.conversation_id
        where m.words @@ query and m.deleted_at is null and c.deleted_at is null
          and (seen_by is null or c.assignee_id = seen_by or c.team_id = any (teams) or (c.assignee_id is null and c.team_id is null))
        limit wanted);
    if cardinality(found_ids) < wanted then
        found_ids := array(
            select m.id
            from messages m
            join conversations c on c.organization_id = m.organization_id and c.id = m.conversation_id
            where m.organization_id = organization and m.words @@ query and m.deleted_at is null and c.deleted_at is null
              and m.id < before
              and (seen_by is null or c.assignee_id = seen_by or c.team_id = any (teams) or (c.assignee_id is null and c.team_id is null))
            order by m.id desc
            limit wanted);
    end if;
    return query
    select m.id
    from messages m
    where m.organization_id = organization and m.id = any (found_ids)
    order by m.id desc;
end $$;

-- Contacts whose name, phone, e-mail or user name holds the text; best match first. Shorter than three characters: names that
-- begin with it.
create function search_contacts(text text, wanted integer) returns table (id uuid, rank real)
    language plpgsql stable security definer
    set search_path = public, pg_temp
    as $$
declare
    organization constant uuid := current_organization();
    word constant text := lower(text);
    pattern constant text := replace(replace(replace(word, '\', '\\'), '%', '\%'), '_', '\_');
begin
    if length(word) < 3 then
        return query
        select c.id, 1::real
        from contacts c
        where c.organization_id = organization and c.deleted_at is null and lower(c.name) like pattern || '%'
        order by lower(c.name) using ~<~, c.id
        limit wanted;
    else
        -- A frequent piece matches too many to rank them all: names that begin with it, and some that hold it, are enough.
        return query
        select best.id, best.likeness
        from (
            select candidate.id, word_similarity(word, candidate.text) as likeness
            from (
                (select c.id, contact_text(c.name, c.phone, c.email, c.username) as text
                 from contacts c
                 where c.organization_id = organization and c.deleted_at is null and lower(c.name) like pattern || '%'
                 order by lower(c.name) using ~<~
                 limit 500)
                union
                (select c.id, contact_text(c.name, c.phone, c.email, c.username)
                 from contacts c
                 where c.organization_id = organization and c.deleted_at is null
                   and contact_text(c.name, c.phone, c.email, c.username) like '%' || pattern || '%'
                 limit 1000)
            ) candidate
        ) best
        order by best.likeness desc, best.id desc
        limit wanted;
    end if;
end $$;

grant create on schema public to switchboard_system;
alter function search_messages owner to switchboard_system;
alter function search_contacts owner to switchboard_system;
revoke create on schema public from switchboard_system;
