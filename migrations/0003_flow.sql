-- What moves: recorded callbacks, events for browsers and workflows, jobs.

-- Makes the daily partitions of a table, `ahead` days from `first`. Rows of other days fall into the default partition. Partitions
-- themselves are behind the wall without a policy: they are reached through their parent only.
create procedure make_day_partitions(parent text, first date, ahead integer)
    language plpgsql
    as $$
declare
    day date;
    part text;
begin
    for day in select generate_series(first, first + ahead, interval '1 day')::date loop
        part := parent || to_char(day, '_YYYYMMDD');
        if to_regclass(part) is null then
            execute format('create table %I partition of %I for values from (%L) to (%L)', part, parent, day::timestamptz, (day + 1)::timestamptz);
            execute format('alter table %I enable row level security', part);
            execute format('alter table %I force row level security', part);
            -- Rows that are written once and soon dropped are not worth compressing.
            execute format('alter table %I set (toast_tuple_target = 8160)', part);
        end if;
    end loop;
end $$;

-- The flight recorder: every believed callback, what it became, and enough to replay it. Secrets are removed before they come
-- here. Ids are in the order of coming.
create table callbacks (
    organization_id uuid not null,
    id uuid not null,
    integration_id uuid not null,
    channel text not null,
    received_at timestamptz not null default now(),
    -- verified | replayed
    verdict text not null,
    -- stored | repeated | ignored | unreadable | failed
    outcome text not null,
    error text,
    -- What it became: [{"type", "external_id", "conversation_id", "message_id", "effect"}].
    events json not null default '[]',
    method text not null,
    query json not null default '[]',
    headers json not null,
    body bytea not null,
    primary key (organization_id, id, received_at)
) partition by range (received_at);
create table callbacks_default partition of callbacks default;
alter table callbacks_default enable row level security;
alter table callbacks_default force row level security;
create index callbacks_integration on callbacks (organization_id, integration_id, id desc);
call protect('callbacks');
call make_day_partitions('callbacks', current_date - 1, 3);

-- Everything a browser, a workflow or a subscriber can be told. A cursor is a transaction number below which nothing can still
-- appear (pg_snapshot_xmin), so ids alone never are one.
create table events (
    organization_id uuid not null,
    id bigint generated always as identity,
    xid xid8 not null default pg_current_xact_id(),
    kind text not null,
    conversation_id uuid,
    -- The conversation's, for visibility.
    assignee_id uuid,
    team_id uuid,
    -- Only for these members, where given.
    audience uuid[],
    payload text not null,
    created_at timestamptz not null default now(),
    primary key (organization_id, id, created_at)
) partition by range (created_at);
create table events_default partition of events default;
alter table events_default enable row level security;
alter table events_default force row level security;
create index events_position on events (organization_id, xid, id);
call protect('events');
grant select on events to switchboard_system;
call make_day_partitions('events', current_date - 1, 3);

create table jobs (
    id bigint generated always as identity primary key,
    organization_id uuid not null,
    kind text not null,
    -- Jobs of one lane run one after the other, in order of their ids.
    lane text,
    payload jsonb not null,
    -- When it may run; while a worker has it, when its lease ends.
    run_at timestamptz not null default now(),
    attempts integer not null default 0,
    -- ready | dead
    state text not null default 'ready' check (state in ('ready', 'dead')),
    last_error text,
    created_at timestamptz not null default now()
);
create index jobs_ready on jobs (run_at, id) where state = 'ready';
create index jobs_lane on jobs (lane, id) where lane is not null and state = 'ready';
create index jobs_dead on jobs (organization_id, id) where state = 'dead';
call protect('jobs');
grant select, insert, update, delete on jobs to switchboard_system;

-- Makes the coming days' partitions and drops those whose last row is older than `keep` seconds. Runs with the rights of the
-- tables' owner: the roles that call it may not change the schema.
create procedure keep_day_partitions(parent text, keep double precision)
    language plpgsql security definer set search_path = public, pg_temp
    as $$
declare
    part text;
begin
    if parent not in ('events', 'callbacks') then
        raise exception 'no such partitioned table: %', parent;
    end if;
    perform pg_advisory_xact_lock(hashtextextended('keep_day_partitions ' || parent, 0));
    call make_day_partitions(parent, current_date, 2);
    for part in
        select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = parent::regclass and c.relname ~ '_[0-9]{8}$'
          and to_date(right(c.relname, 8), 'YYYYMMDD') + 1 < now() - make_interval(secs => keep)
    loop
        execute format('drop table %I', part);
    end loop;
end $$;
revoke execute on procedure keep_day_partitions from public;
grant execute on procedure keep_day_partitions to switchboard_system;
revoke execute on procedure make_day_partitions from public;
