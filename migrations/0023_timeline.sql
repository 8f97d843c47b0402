-- A contact's messages stand where they happened: when they were sent, and never after they were stored, whatever a sender's clock says.
create index messages_happened on messages (organization_id, conversation_id, least(sent_at, created_at), id) where kind <> 'system';
