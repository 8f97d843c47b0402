-- Whether a member takes new conversations now. They say so themselves: nobody is made away by a closed browser.
alter table members
    add column availability text not null default 'available' check (availability in ('available', 'away'));
