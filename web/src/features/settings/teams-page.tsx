import { useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus, Trash2, UsersRound } from "lucide-react";

import { useMay } from "@/api/may";
import { teams } from "@/api/organization";
import { removeTeam } from "@/api/organization-changes";
import type { Team } from "@/api/types";
import { count } from "@/lib/text";
import { Avatar } from "@/ui/avatar";
import { Button, IconButton } from "@/ui/button";
import { Confirm } from "@/ui/confirm";
import { Rows } from "@/ui/skeletons";
import { Empty, Failed } from "@/ui/states";
import { toastError } from "@/ui/toast";
import { Page } from "@/ui/page";
import { TeamDialog } from "./team-dialog";

export function TeamsPage() {
  const list = useQuery(teams());
  const client = useQueryClient();
  const writes = useMay("writeTeams");
  const [edited, setEdited] = useState<Team | "new">();
  const [doomed, setDoomed] = useState<Team>();

  async function remove(team: Team) {
    setDoomed(undefined);
    await removeTeam(team.id).catch(toastError);
    void client.invalidateQueries({ queryKey: teams().queryKey });
  }
  const add = writes ? (
    <Button look="primary" onClick={() => setEdited("new")}>
      <Plus /> New team
    </Button>
  ) : null;
  return (
    <Page title="Teams" text="Conversations can be assigned to a team; its members see them." act={list.data?.length ? add : null}>
      {list.isPending ? <Rows label="Loading teams" rows={4} height={64} framed /> : null}
      {list.isError ? <Failed error={list.error} onRetry={() => void list.refetch()} /> : null}
      {list.data?.length === 0 ? (
        <Empty icon={<UsersRound />} text="No teams yet. A team shares the conversations that are assigned to it.">
          {add}
        </Empty>
      ) : null}
      <ul className="divide-y divide-line overflow-hidden rounded-lg border bg-surface empty:hidden">
        {list.data?.map((team) => (
          <li key={team.id} className="flex min-h-16 items-center gap-3 px-4 py-2">
            <div className="min-w-0 flex-1">
              <p className="truncate font-medium">{team.name}</p>
              <p className="truncate text-sm text-muted">{team.description || count(team.members.length, "member")}</p>
            </div>
            <span className="flex shrink-0 -space-x-1.5">
              {team.members.slice(0, 6).map((member) => (
                <span key={member.id} title={member.name} className="rounded-full ring-2 ring-surface">
                  <Avatar name={member.name} seed={member.id} size="sm" />
                </span>
              ))}
            </span>
            {writes ? (
              <>
                <Button small onClick={() => setEdited(team)}>
                  Change
                </Button>
                <IconButton label={`Delete ${team.name}`} onClick={() => setDoomed(team)}>
                  <Trash2 />
                </IconButton>
              </>
            ) : null}
          </li>
        ))}
      </ul>
      {edited ? <TeamDialog team={edited === "new" ? undefined : edited} onClose={() => setEdited(undefined)} /> : null}
      <Confirm
        open={doomed !== undefined}
        title={`Delete ${doomed?.name ?? ""}?`}
        text="Its conversations stay and belong to nobody's team then."
        act="Delete team"
        onClose={() => setDoomed(undefined)}
        onConfirm={() => doomed && void remove(doomed)}
      />
    </Page>
  );
}
