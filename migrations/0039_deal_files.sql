-- Files on deals. Their bytes and names are attachments that no message has.
create table deal_files (
    organization_id uuid not null,
    deal_id uuid not null,
    attachment_id uuid not null,
    created_at timestamptz not null default now(),
    primary key (organization_id, attachment_id),
    foreign key (organization_id, deal_id) references deals (organization_id, id) on delete cascade,
    foreign key (organization_id, attachment_id) references attachments (organization_id, id)
);
create index deal_files_deal on deal_files (organization_id, deal_id, created_at desc);
call protect('deal_files');
-- Uploads that nobody sent are forgotten; these stay.
grant select on deal_files to switchboard_system;
