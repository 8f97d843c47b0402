-- New words wait in a list until it is full, and whoever fills it sorts all of it into the index within a callback's transaction. At the
-- default of 4 MB that is one pause of some 70 ms in 5,000 messages, which was the 99th percentile of ingest; at 512 kB the pauses are short.
alter index messages_words set (gin_pending_list_limit = 512);
