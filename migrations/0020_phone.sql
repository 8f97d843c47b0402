-- Which calls go on is asked by every browser that opens: an index of those alone, nearly empty at any time.
create index messages_live_calls on messages (organization_id, id)
    where kind = 'call' and parts -> 0 ->> 'state' in ('queued', 'ringing', 'in_progress', 'on_hold');
