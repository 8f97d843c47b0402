-- Events are read by their transaction's number, never by their own alone: every event paid for an index that no query used.
alter table events drop constraint events_pkey;
