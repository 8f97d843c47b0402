import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Building2, LogOut, Palette as PaletteIcon, UserRound } from "lucide-react";

import { logout } from "@/api/auth";
import { myOrganizations } from "@/api/organization";
import { enterOrganization, useSession } from "@/api/session";
import { ReadyItem } from "@/features/phone/ready-for-calls";
import { Avatar } from "@/ui/avatar";
import { Menu, MenuItem, MenuLabel, MenuLine } from "@/ui/menu";
import { toastError } from "@/ui/toast";

/** Who I am here, where else I belong, and the way out. */
export function MeMenu() {
  const { user, organization } = useSession();
  const organizations = useQuery(myOrganizations());
  const client = useQueryClient();
  const navigate = useNavigate();
  if (!user) return null;

  async function go(id: string) {
    try {
      await enterOrganization(id);
      client.clear();
      await navigate({ to: "/inbox" });
    } catch (error) {
      toastError(error);
    }
  }
  async function leave() {
    await logout().catch(() => undefined);
    client.clear();
  }

  const others = organizations.data ?? [];
  return (
    <Menu
      trigger={
        <button type="button" aria-label={`You: ${user.name}`} className="rounded-full p-1">
          <Avatar name={user.name} seed={user.id} size="sm" />
        </button>
      }
    >
      <div className="px-2 py-1.5">
        <p className="font-medium">{user.name}</p>
        <p className="text-sm text-muted">{organization?.name}</p>
      </div>
      <MenuLine />
      {others.length > 1 ? (
        <>
          <MenuLabel>Organizations</MenuLabel>
          {others.map((one) => (
            <MenuItem key={one.id} icon={<Building2 />} checked={one.id === organization?.id} onSelect={() => void go(one.id)}>
              {one.name}
            </MenuItem>
          ))}
          <MenuLine />
        </>
      ) : null}
      <ReadyItem />
      <MenuItem icon={<UserRound />} onSelect={() => void navigate({ to: "/settings/$page", params: { page: "profile" } })}>
        My profile
      </MenuItem>
      <MenuItem icon={<PaletteIcon />} onSelect={() => void navigate({ to: "/settings/$page", params: { page: "appearance" } })}>
        Appearance
      </MenuItem>
      <MenuItem icon={<LogOut />} onSelect={() => void leave()}>
        Log out
      </MenuItem>
    </Menu>
  );
}
