-- The wall looks up the transaction's organization once per statement instead of once per row.
create or replace procedure protect(tenant_table regclass)
    language plpgsql
    as $$
begin
    execute format('alter table %s enable row level security', tenant_table);
    execute format('alter table %s force row level security', tenant_table);
    execute format(
        'create policy tenant on %s to switchboard_app using (organization_id = (select current_organization())) with check (organization_id = (select current_organization()))',
        tenant_table);
    execute format('create policy system on %s to switchboard_system using (true) with check (true)', tenant_table);
    execute format('grant select, insert, update, delete on %s to switchboard_app', tenant_table);
end $$;

do $$
declare
    policy record;
begin
    for policy in
        select p.schemaname, p.tablename, p.policyname, p.qual, p.with_check from pg_policies p
        where p.schemaname = current_schema() and p.qual like '%current_organization()%' and p.qual not ilike '%select%'
    loop
        execute format('alter policy %I on %I.%I using (%s)', policy.policyname, policy.schemaname, policy.tablename,
            replace(policy.qual, 'current_organization()', '(select current_organization())'));
        if policy.with_check is not null then
            execute format('alter policy %I on %I.%I with check (%s)', policy.policyname, policy.schemaname, policy.tablename,
                replace(policy.with_check, 'current_organization()', '(select current_organization())'));
        end if;
    end loop;
end $$;
