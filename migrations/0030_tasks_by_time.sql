-- All tasks, done or not, in the order in which they are due: the list that asks for neither.
create index tasks_by_time on tasks (organization_id, coalesce(due_at, 'infinity'), id);
