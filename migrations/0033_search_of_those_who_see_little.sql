-- A frequent word was looked for through all messages of the organization by somebody who sees next to none of the conversations that
-- hold it. Whoever sees few conversations is now searched for in these, which ends.

-- Any `most` conversations that the member sees, or all if they are fewer. Each kind by its own index.
create function conversations_seen_by(member uuid, teams uuid[], most integer) returns uuid[]
    language sql stable security definer
    set search_path = public, pg_temp
    set enable_seqscan = off
    as $$
        select array(
            select seen.id
            from (
                (select c.id from conversations c
                 where c.organization_id = current_organization() and c.assignee_id = member and c.deleted_at is null
                 limit most)
                union all
                (select c.id from conversations c
                 where c.organization_id = current_organization() and c.team_id = any (teams) and c.deleted_at is null
                   and c.assignee_id is distinct from member
                 limit most)
                union all
                (select c.id from conversations c
                 where c.organization_id = current_organization() and c.free and c.assignee_id is null and c.deleted_at is null
                 limit most)
            ) seen
            limit most)
    $$;
alter function conversations_seen_by(uuid, uuid[], integer) owner to switchboard_system;
revoke execute on function conversations_seen_by(uuid, uuid[], integer) from public;

-- The newest `wanted` messages of these conversations that hold the words; null if the conversations have more than `most` messages.
create function messages_within(query tsquery, conversations uuid[], before uuid, wanted integer, most integer) returns uuid[]
    language sql stable security definer
    set search_path = public, pg_temp
    set enable_seqscan = off
    as $$
        select case when (
            select count(*) <= most
            from (
                select from messages m
                where m.organization_id = current_organization() and m.conversation_id = any (conversations)
                limit most + 1
            ) theirs)
        then array(
            select m.id
            from (
                select theirs.id, theirs.words, theirs.deleted_at
                from messages theirs
                where theirs.organization_id = current_organization() and theirs.conversation_id = any (conversations)
                  and theirs.id < before
                -- Read by their conversations, whatever else is asked of them.
                offset 0
            ) m
            where m.words @@ query and m.deleted_at is null
            order by m.id desc
            limit wanted)
        end
    $$;
alter function messages_within(tsquery, uuid[], uuid, integer, integer) owner to switchboard_system;
revoke execute on function messages_within(tsquery, uuid[], uuid, integer, integer) from public;

create or replace function search_messages(
    query tsquery, seen_by uuid, teams uuid[], conversation uuid, before uuid, wanted integer
) returns table (id uuid)
    language plpgsql stable security definer
    set search_path = public, pg_temp
    as $$
declare
    organization constant uuid := current_organization();
    scanned constant integer := 20000;
    few constant integer := 5000;
    theirs constant integer := 50000;
    found_ids uuid[];
    places uuid[];
    within uuid[];
    hits uuid[];
    frequent boolean := false;
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
    -- The newest messages: a frequent word is found there.
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
        -- Whoever sees little has found little of a word that may be frequent.
        if seen_by is not null then
            frequent := wanted <= (
                select count(*)
                from (
                    select
                    from (
                        select recent.words
                        from messages recent
                        where recent.organization_id = organization and recent.id < before
                        order by recent.id desc
                        limit scanned
                    ) m
                    where m.words @@ query
                    limit wanted
                ) held);
        end if;
        if not frequent then
            hits := some_messages_with(query, before, few);
            frequent := cardinality(hits) >= few;
        end if;
        if frequent and seen_by is not null then
            places := conversations_seen_by(seen_by, teams, few + 1);
            if cardinality(places) <= few then
                within := messages_within(query, places, before, wanted, theirs);
            end if;
        end if;
        if within is not null then
            found_ids := within;
        elsif frequent then
            found_ids := array(
                select m.id
                from messages m
                join conversations c on c.organization_id = m.organization_id and c.id = m.conversation_id
                where m.organization_id = organization and m.words @@ query and m.deleted_at is null and c.deleted_at is null
                  and m.id < before
                  and (seen_by is null or c.assignee_id = seen_by or c.team_id = any (teams) or (c.assignee_id is null and c.team_id is null))
                order by m.id desc
                limit wanted);
        else
            found_ids := array(
                select m.id
                from unnest(hits) as hit (id)
                join messages m on m.organization_id = organization and m.id = hit.id
                join conversations c on c.organization_id = organization and c.id = m.conversation_id
                where c.deleted_at is null
                  and (seen_by is null or c.assignee_id = seen_by or c.team_id = any (teams) or (c.assignee_id is null and c.team_id is null))
                order by m.id desc
                limit wanted);
        end if;
    end if;
    return query
    select m.id
    from messages m
    where m.organization_id = organization and m.id = any (found_ids)
    order by m.id desc;
end $$;
