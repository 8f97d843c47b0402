import { createContext, type ReactNode, useContext, useState } from "react";
import { Check } from "lucide-react";
import type { DropdownMenu } from "radix-ui";
import { Slot } from "radix-ui";

import { classes } from "@/lib/classes";
import { Keys } from "./keys";
import { late } from "./late";

export interface MenuProps {
  trigger: ReactNode;
  children: ReactNode;
  align?: "start" | "end";
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
}

/** The pieces that an open menu is made of. They come with the first menu that is opened, not with the page. */
export const MenuParts = createContext<Pick<typeof DropdownMenu, "Item" | "Label" | "Separator"> | undefined>(undefined);

const OpenMenu = late(() => import("./menu-parts").then((module) => module.OpenMenu));

export function Menu(props: MenuProps) {
  const [wanted, setWanted] = useState(false);
  const shut = (
    <Slot.Root
      aria-haspopup="menu"
      aria-expanded={false}
      onPointerEnter={() => void OpenMenu.preload()}
      onFocus={() => void OpenMenu.preload()}
      onClick={() => {
        setWanted(true);
        props.onOpenChange?.(true);
      }}
    >
      {props.trigger}
    </Slot.Root>
  );
  if (!wanted && !props.open) return shut;
  return <OpenMenu {...props} fallback={shut} />;
}

interface MenuItemProps {
  children: ReactNode;
  icon?: ReactNode;
  keys?: string;
  checked?: boolean;
  danger?: boolean;
  disabled?: boolean;
  onSelect: () => void;
}

export function MenuItem({ children, icon, keys, checked, danger, disabled, onSelect }: MenuItemProps) {
  const parts = useContext(MenuParts);
  if (!parts) return null;
  return (
    <parts.Item
      disabled={disabled}
      onSelect={onSelect}
      className={classes(
        "flex min-h-8 cursor-pointer items-center gap-2 rounded-md px-2 outline-none select-none max-md:min-h-10",
        "data-[disabled]:cursor-not-allowed data-[disabled]:opacity-50 data-[highlighted]:bg-line/60 [&_svg]:size-4",
        danger && "text-negative-text",
      )}
    >
      {icon ? <span className="text-muted">{icon}</span> : null}
      <span className="min-w-0 flex-1 truncate">{children}</span>
      {keys ? <Keys keys={keys} /> : null}
      {checked ? <Check className="text-accent-text" aria-label="chosen" /> : null}
    </parts.Item>
  );
}

export function MenuLabel({ children }: { children: ReactNode }) {
  const parts = useContext(MenuParts);
  return parts ? <parts.Label className="px-2 pt-2 pb-1 text-xs font-medium text-muted">{children}</parts.Label> : null;
}

export function MenuLine() {
  const parts = useContext(MenuParts);
  return parts ? <parts.Separator className="my-1 h-px bg-line" /> : null;
}
