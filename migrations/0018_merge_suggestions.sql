-- Contacts that may be one person, uploads that nobody sent, and search whose limit knows an order.

-- lower() is not leakproof, so that behind row-level security no index on it serves; equality of a column does.
alter table contacts add column email_key text generated always as (lower(email)) stored;
create index contacts_phone on contacts (organization_id, phone, id) where phone is not null and deleted_at is null;
create index contacts_email on contacts (organization_id, email_key, id) where email_key is not null and deleted_at is null;

-- Two contacts with the same phone or e-mail. Weak evidence: a family has one telephone, an office one address. A person decides,
-- and "not the same" is remembered.
create table merge_suggestions (
    organization_id uuid not null,
    id uuid not null default gen_random_uuid(),
    -- The older contact first.
    one uuid not null,
    other uuid not null,
    refused_by uuid,
    refused_at timestamptz,
    created_at timestamptz not null default now(),
    primary key (organization_id, id),
    foreign key (organization_id, one) references contacts (organization_id, id) on delete cascade,
    foreign key (organization_id, other) references contacts (organization_id, id) on delete cascade
);
create unique index merge_suggestions_pair on merge_suggestions (organization_id, one, other);
create index merge_suggestions_other on merge_suggestions (organization_id, other);
create index merge_suggestions_open on merge_suggestions (organization_id, created_at desc, id desc) where refused_at is null;
call protect('merge_suggestions');

-- Whoever writes a phone or an e-mail finds out who has the same. At most twenty for each contact: a number that a hundred share
-- is nobody's.
create function suggest_merges() returns trigger
    language plpgsql
    as $$
begin
    if tg_op = 'UPDATE' then
        if not exists (
            select from old_rows o join new_rows n using (organization_id, id)
            where (o.phone, o.email_key, o.deleted_at) is distinct from (n.phone, n.email_key, n.deleted_at)
        ) then
            return null;
        end if;
    end if;
    insert into merge_suggestions (organization_id, one, other)
    select distinct n.organization_id, least(n.id, same.id), greatest(n.id, same.id)
    from new_rows n
    cross join lateral (
        (select c.id from contacts c
         where c.organization_id = n.organization_id and c.phone = n.phone and c.id <> n.id
           and c.phone is not null and c.deleted_at is null and not c.is_group
         order by c.id limit 20)
        union
        (select c.id from contacts c
         where c.organization_id = n.organization_id and c.email_key = n.email_key and c.id <> n.id
           and c.email_key is not null and c.deleted_at is null and not c.is_group
         order by c.id limit 20)
    ) same
    where n.deleted_at is null and not n.is_group and (n.phone is not null or n.email_key is not null)
    on conflict do nothing;
    return null;
end $$;
create trigger contacts_inserted after insert on contacts
    referencing new table as new_rows
    for each statement execute function suggest_merges();
create trigger contacts_updated after update on contacts
    referencing old table as old_rows new table as new_rows
    for each statement execute function suggest_merges();

-- What was uploaded and not sent.
create index attachments_unsent on attachments (created_at) where message_id is null;
grant delete on attachments to switchboard_system;

-- As before, and the limit takes the newest of the scanned messages whatever the plan is.
create or replace function search_messages(
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
        order by m.id desc
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
