-- What the first weeks taught: founding an organization in one transaction, order of news between servers, days that
-- came before their partition, and lists of contacts that stay quick.

-- The key of `POST /organizations` is kept in the transaction that founds.
grant insert, update on idempotency_keys to switchboard_system;

-- The newest event of each conversation, so that the next one can name what must be heard before it. Only written where several
-- servers share a bus. Unlogged: after a crash an event names nothing before it, and the sweep finds what was missed.
create unlogged table conversation_news (
    organization_id uuid not null,
    conversation_id uuid not null,
    event_id bigint not null,
    xid xid8 not null default pg_current_xact_id(),
    told_at timestamptz not null default now(),
    primary key (organization_id, conversation_id)
) with (fillfactor = 70);
call protect('conversation_news');
grant select, delete on conversation_news to switchboard_system;

-- As before, and rows of a day that came before its partition (nobody did the upkeep in time) move into it.
create or replace procedure make_day_partitions(parent text, first date, ahead integer)
    language plpgsql
    as $$
declare
    day date;
    part text;
    early text := parent || '_default';
    moment text := case parent when 'events' then 'created_at' else 'received_at' end;
    found boolean;
begin
    for day in select generate_series(first, first + ahead, interval '1 day')::date loop
        part := parent || to_char(day, '_YYYYMMDD');
        if to_regclass(part) is not null then
            continue;
        end if;
        -- Nobody puts a row of that day into the default partition between the look and the new partition. The parent comes
        -- first, as it does for whoever writes.
        execute format('lock table %I in access exclusive mode', parent);
        -- The wall hides rows even from the tables' owner.
        execute format('alter table %I no force row level security', early);
        execute format('select exists (select from %I where %I >= %L and %I < %L)', early, moment, day::timestamptz, moment, (day + 1)::timestamptz)
            into found;
        if found then
            drop table if exists moved_rows;
            execute format(
                'create temp table moved_rows on commit drop as select * from %I where %I >= %L and %I < %L',
                early, moment, day::timestamptz, moment, (day + 1)::timestamptz);
            execute format('delete from %I where %I >= %L and %I < %L', early, moment, day::timestamptz, moment, (day + 1)::timestamptz);
        end if;
        execute format('create table %I partition of %I for values from (%L) to (%L)', part, parent, day::timestamptz, (day + 1)::timestamptz);
        execute format('alter table %I enable row level security', part);
        if found then
            execute format('insert into %I overriding system value select * from moved_rows', part);
            drop table moved_rows;
        end if;
        execute format('alter table %I force row level security', part);
        execute format('alter table %I force row level security', early);
    end loop;
end $$;

-- As before, and what lies in the default partition goes after the same time.
create or replace procedure keep_day_partitions(parent text, keep double precision)
    language plpgsql security definer set search_path = public, pg_temp
    as $$
declare
    part text;
    early text := parent || '_default';
    moment text := case parent when 'events' then 'created_at' else 'received_at' end;
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
    execute format('alter table %I no force row level security', early);
    execute format('delete from %I where %I < now() - make_interval(secs => %L)', early, moment, keep);
    execute format('alter table %I force row level security', early);
end $$;

-- Lists of contacts that few rows belong to.
create index contacts_blocked on contacts (organization_id, created_at desc, id desc) where blocked and deleted_at is null;
create index contacts_deleted on contacts (organization_id, created_at desc, id desc) where deleted_at is not null;

-- The newest contacts that carry the tag, newest first, below (before, before_id). The operator on tags is not leakproof, so
-- behind row-level security no index serves it; see search_contacts. A frequent tag is found among the newest contacts; only one
-- that is rare there is looked up in the index, where it has few entries.
create function tagged_contacts(
    tag text, in_channel text, is_blocked boolean, before timestamptz, before_id uuid, wanted integer
) returns setof uuid
    language plpgsql stable security definer
    set search_path = public, pg_temp
    set plan_cache_mode = force_custom_plan
    as $$
declare
    organization constant uuid := current_organization();
    scanned constant integer := 5000;
    found_ids uuid[];
begin
    if organization is null then
        return;
    end if;
    found_ids := array(
        select c.id
        from (
            select newest.id, newest.created_at, newest.tags, newest.blocked
            from contacts newest
            where newest.organization_id = organization and newest.deleted_at is null
              and (newest.created_at, newest.id) < (before, before_id)
            order by newest.created_at desc, newest.id desc
            limit scanned
        ) c
        where c.tags @> array[tag]
          and (is_blocked is null or c.blocked = is_blocked)
          and (in_channel is null or exists (
              select from contact_identities i
              where i.organization_id = organization and i.contact_id = c.id and i.channel = in_channel))
        order by c.created_at desc, c.id desc
        limit wanted);
    if cardinality(found_ids) = wanted then
        return query select unnest(found_ids);
    elsif in_channel is null and is_blocked is null then
        -- By the index on tags, whatever other organizations make the planner believe of the tag.
        return query
        with tagged as materialized (
            select c.id, c.created_at
            from contacts c
            where c.organization_id = organization and c.deleted_at is null and c.tags @> array[tag]
        )
        select c.id from tagged c
        where (c.created_at, c.id) < (before, before_id)
        order by c.created_at desc, c.id desc
        limit wanted;
    elsif in_channel is null then
        return query
        select c.id
        from contacts c
        where c.organization_id = organization and c.deleted_at is null and c.tags @> array[tag]
          and (c.created_at, c.id) < (before, before_id) and c.blocked = is_blocked
        order by c.created_at desc, c.id desc
        limit wanted;
    else
        return query
        select c.id
        from contacts c
        where c.organization_id = organization and c.deleted_at is null and c.tags @> array[tag]
          and (c.created_at, c.id) < (before, before_id)
          and (is_blocked is null or c.blocked = is_blocked)
          and exists (
              select from contact_identities i
              where i.organization_id = organization and i.contact_id = c.id and i.channel = in_channel)
        order by c.created_at desc, c.id desc
        limit wanted;
    end if;
end $$;
grant create on schema public to switchboard_system;
grant select on contact_identities to switchboard_system;
alter function tagged_contacts owner to switchboard_system;
revoke create on schema public from switchboard_system;
