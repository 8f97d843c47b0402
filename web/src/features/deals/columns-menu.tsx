import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Columns3 } from "lucide-react";

import { dealFields } from "@/api/deal-fields";
import { IconButton } from "@/ui/button";
import { Menu, MenuItem, MenuLabel } from "@/ui/menu";
import type { BoardSearch } from "./board-search";

/** Which fields the table shows beside its own columns; kept in the address. */
export function ColumnsMenu({ search }: { search: BoardSearch }) {
  const navigate = useNavigate();
  const fields = (useQuery(dealFields()).data ?? []).filter((one) => one.about === "deal");
  const chosen = search.columns?.split(",") ?? [];
  if (fields.length === 0) return null;
  function toggle(key: string) {
    const next = chosen.includes(key) ? chosen.filter((one) => one !== key) : [...chosen, key];
    void navigate({ to: ".", search: { ...search, columns: next.join(",") || undefined }, replace: true });
  }
  return (
    <Menu
      align="start"
      trigger={
        <IconButton label="Columns">
          <Columns3 />
        </IconButton>
      }
    >
      <MenuLabel>Fields as columns</MenuLabel>
      {fields.map((field) => (
        <MenuItem key={field.key} checked={chosen.includes(field.key)} onSelect={() => toggle(field.key)}>
          {field.label}
        </MenuItem>
      ))}
    </Menu>
  );
}
