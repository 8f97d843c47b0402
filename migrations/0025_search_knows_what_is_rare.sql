-- A word that few messages hold was looked for one by one through all messages where the planner took it for a frequent one, because it
-- cannot know that the newest ones hold none of it. Now the index is asked first, for so many hits and no more.

-- Any `most` messages of the transaction's organization that hold the words, or all if they are fewer. By bitmaps, so that the work is the
-- words' own and not that of the messages without them.
create function some_messages_with(query tsquery, before uuid, most integer) returns uuid[]
    language sql stable security definer
    set search_path = public, pg_temp
    set enable_seqscan = off
    set enable_indexscan = off
    set enable_indexonlyscan = off
    as $$
        select array(
            select m.id
            from messages m
            where m.organization_id = current_organization() and m.words @@ query and m.deleted_at is null and m.id < before
            limit most)
    $$;
alter function some_messages_with(tsquery, uuid, integer) owner to switchboard_system;
revoke execute on function some_messages_with(tsquery, uuid, integer) from public;

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
    found_ids uuid[];
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
        if frequent then
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
