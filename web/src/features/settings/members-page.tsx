import { useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { MoreHorizontal, UserPlus } from "lucide-react";

import { roles, useMay } from "@/api/may";
import { changeMember, members } from "@/api/organization";
import { useSession } from "@/api/session";
import type { Member, Role } from "@/api/types";
import { sentenceCase } from "@/lib/text";
import { Avatar } from "@/ui/avatar";
import { Button, IconButton } from "@/ui/button";
import { Chip } from "@/ui/chip";
import { Confirm } from "@/ui/confirm";
import { Menu, MenuItem, MenuLabel, MenuLine } from "@/ui/menu";
import { Rows } from "@/ui/skeletons";
import { Failed } from "@/ui/states";
import { toast, toastError } from "@/ui/toast";
import { InviteDialog } from "./invite-dialog";
import { Page } from "@/ui/page";

/** Who belongs to the organization, as what. */
export function MembersPage() {
  const list = useQuery(members());
  const client = useQueryClient();
  const me = useSession((session) => session.user?.id);
  const invites = useMay("inviteUsers");
  const changes = useMay("changeRoles");
  const [inviting, setInviting] = useState(false);
  const [leaving, setLeaving] = useState<Member>();

  async function change(member: Member, to: { role?: Role; active?: boolean }) {
    setLeaving(undefined);
    try {
      await changeMember(member.id, to);
      toast(to.active === false ? `${member.name} can no longer log in.` : `${member.name} was changed.`);
    } catch (error) {
      toastError(error);
    }
    void client.invalidateQueries({ queryKey: members().queryKey });
  }
  return (
    <Page
      title="Members"
      text="Everybody who can log in to this organization, and what their role lets them do."
      act={
        invites ? (
          <Button look="primary" onClick={() => setInviting(true)}>
            <UserPlus /> Invite
          </Button>
        ) : null
      }
    >
      {list.isPending ? <Rows label="Loading members" face framed /> : null}
      {list.isError ? <Failed error={list.error} onRetry={() => void list.refetch()} /> : null}
      <ul className="divide-y divide-line overflow-hidden rounded-lg border bg-surface empty:hidden">
        {list.data?.map((member) => (
          <li key={member.id} className="flex min-h-14 items-center gap-3 px-4">
            <Avatar name={member.name} seed={member.id} />
            <div className="min-w-0 flex-1">
              <p className="truncate font-medium">
                {member.name || member.email}
                {member.id === me ? <span className="font-normal text-muted"> (you)</span> : null}
              </p>
              <p className="truncate text-sm text-muted">{member.email}</p>
            </div>
            {member.invited ? <Chip tone="warning">Invited</Chip> : null}
            {member.availability === "away" && !member.invited && !member.deactivated_at ? <Chip tone="warning">Away</Chip> : null}
            {member.deactivated_at ? <Chip tone="negative">Deactivated</Chip> : null}
            <span className="w-16 text-right text-sm text-muted">{sentenceCase(member.role)}</span>
            {changes && member.id !== me && !member.invited ? (
              <Menu
                trigger={
                  <IconButton label={`Change ${member.name}`}>
                    <MoreHorizontal />
                  </IconButton>
                }
              >
                <MenuLabel>Role</MenuLabel>
                {roles.toReversed().map((role) => (
                  <MenuItem key={role} checked={role === member.role} onSelect={() => void change(member, { role })}>
                    {sentenceCase(role)}
                  </MenuItem>
                ))}
                <MenuLine />
                {member.deactivated_at ? (
                  <MenuItem onSelect={() => void change(member, { active: true })}>Let back in</MenuItem>
                ) : (
                  <MenuItem danger onSelect={() => setLeaving(member)}>
                    Deactivate
                  </MenuItem>
                )}
              </Menu>
            ) : (
              <span className="size-8" />
            )}
          </li>
        ))}
      </ul>
      {inviting ? <InviteDialog onClose={() => setInviting(false)} /> : null}
      <Confirm
        open={leaving !== undefined}
        title={`Deactivate ${leaving?.name ?? ""}?`}
        text="They are logged out everywhere at once. What they wrote stays; what was assigned to them is free for others to take."
        act="Deactivate"
        onClose={() => setLeaving(undefined)}
        onConfirm={() => leaving && void change(leaving, { active: false })}
      />
    </Page>
  );
}
