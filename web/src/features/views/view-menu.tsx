import { useNavigate } from "@tanstack/react-router";
import { ChevronDown } from "lucide-react";

import { Menu, MenuItem, MenuLabel } from "@/ui/menu";
import { useViews } from "./use-views";

/** The views as a menu, where there is no room for their column. */
export function ViewMenu({ view }: { view: string }) {
  const groups = useViews();
  const navigate = useNavigate();
  const current = groups.flatMap((group) => group.views).find((one) => one.id === view);
  return (
    <Menu
      align="start"
      trigger={
        <button type="button" className="flex h-9 min-w-0 items-center gap-1 rounded-md px-1.5 text-lg font-semibold hover:bg-line/60">
          <span className="truncate">{current?.name ?? "Inbox"}</span>
          <ChevronDown className="size-4 shrink-0 text-muted" />
        </button>
      }
    >
      {groups.map((group) => (
        <div key={group.name}>
          <MenuLabel>{group.name}</MenuLabel>
          {group.views.map((one) => (
            <MenuItem key={one.id} icon={one.icon} checked={one.id === view} onSelect={() => void navigate({ to: "/inbox", search: { view: one.id } })}>
              {one.name}
            </MenuItem>
          ))}
        </div>
      ))}
    </Menu>
  );
}
