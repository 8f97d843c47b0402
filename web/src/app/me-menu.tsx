import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Building2, CircleDollarSign, LogOut, Palette as PaletteIcon, UserRound } from "lucide-react";

import { logout } from "@/api/auth";
import { useMay } from "@/api/may";
import { myOrganizations } from "@/api/organization";
import { enterOrganization, useSession } from "@/api/session";
import type { Availability } from "@/api/types";
import { ReadyItem } from "@/features/phone/ready-for-calls";
import { classes } from "@/lib/classes";
import { Avatar } from "@/ui/avatar";
import { Menu, MenuItem, MenuLabel, MenuLine } from "@/ui/menu";
import { toastError } from "@/ui/toast";
import { useAvailability } from "./use-availability";

/** Filled for available, hollow for away: not told by colour alone. */
function Dot({ availability, ring }: { availability: Availability; ring?: boolean }) {
  const away = availability === "away";
  return (
    <span className={classes("flex items-center justify-center rounded-full", ring ? "bg-canvas p-0.5" : "size-4")}>
      <span className={classes("size-2.5 rounded-full border-2", away ? "border-muted bg-surface" : "border-positive bg-positive")} />
    </span>
  );
}

/** Who I am here, where else I belong, and the way out. */
export function MeMenu() {
  const { user, organization } = useSession();
  const organizations = useQuery(myOrganizations());
  const client = useQueryClient();
  const navigate = useNavigate();
  const pays = useMay("readPayments");
  const [availability, say] = useAvailability();
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
        <button type="button" aria-label={`You: ${user.name}, ${availability}`} className="rounded-full p-1">
          <Avatar name={user.name} seed={user.id} size="sm" mark={<Dot availability={availability} ring />} />
        </button>
      }
    >
      <div className="px-2 py-1.5">
        <p className="font-medium">{user.name}</p>
        <p className="text-sm text-muted">{organization?.name}</p>
      </div>
      <MenuLine />
      <MenuItem icon={<Dot availability="available" />} checked={availability === "available"} onSelect={() => say("available")}>
        Available
      </MenuItem>
      <MenuItem icon={<Dot availability="away" />} checked={availability === "away"} onSelect={() => say("away")}>
        Away
      </MenuItem>
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
      {pays ? (
        <MenuItem icon={<CircleDollarSign />} keys="g p" onSelect={() => void navigate({ to: "/payments" })}>
          Payments
        </MenuItem>
      ) : null}
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
