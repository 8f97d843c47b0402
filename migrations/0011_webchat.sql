-- A visitor of the chat window is shown the conversations of their own thread, whoever they turned out to be.
create index conversations_visitor on conversations (organization_id, integration_id, thread)
    where channel = 'webchat' and deleted_at is null;
