import { useQuery } from "@tanstack/react-query";
import { CircleDashed, UsersRound } from "lucide-react";

import { members, teams } from "@/api/organization";
import { useSession } from "@/api/session";
import type { Conversation, ConversationChange, Member } from "@/api/types";
import { Avatar } from "@/ui/avatar";
import { type Choice, Chooser } from "@/ui/chooser";
import { Dialog } from "@/ui/dialog";

interface AssignDialogProps {
  conversation: Conversation;
  onClose: () => void;
  onChoose: (to: ConversationChange) => void;
}

/** One list for members and teams; oneself comes first, who is away comes last. */
export function AssignDialog({ conversation, onClose, onChoose }: AssignDialogProps) {
  const me = useSession((session) => session.user?.id);
  const people = useQuery(members());
  const allTeams = useQuery(teams());
  const able = (people.data ?? []).filter((one) => !one.deactivated_at && !one.invited && one.role !== "viewer");
  const away = (one: Member) => Number(one.availability === "away");
  const sorted = able.toSorted((a, b) => Number(b.id === me) - Number(a.id === me) || away(a) - away(b) || a.name.localeCompare(b.name));

  const choices: Choice[] = [
    ...sorted.map((one) => ({
      id: `member:${one.id}`,
      name: one.id === me ? `${one.name} (you)` : one.name,
      icon: <Avatar name={one.name} seed={one.id} size="xs" />,
      hint: one.availability === "away" ? "Away" : undefined,
      chosen: conversation.assignee_id === one.id,
    })),
    ...(allTeams.data ?? []).map((team) => ({
      id: `team:${team.id}`,
      name: team.name,
      icon: <UsersRound className="mx-0.5 text-muted" />,
      hint: "Team",
      chosen: conversation.team_id === team.id,
    })),
    { id: "nobody", name: "Nobody", icon: <CircleDashed className="mx-0.5 text-muted" />, chosen: !conversation.assignee_id && !conversation.team_id },
  ];

  function choose(id: string) {
    const [kind, which] = id.split(":");
    if (kind === "member") onChoose({ assignee_id: which });
    else if (kind === "team") onChoose({ team_id: which });
    else onChoose({ assignee_id: null, team_id: null });
  }
  return (
    <Dialog open onClose={onClose} title="Assign">
      <Chooser label="Member or team" choices={choices} onChoose={choose} empty="Nobody of that name." />
    </Dialog>
  );
}
