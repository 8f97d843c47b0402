import { type ReactNode, useState } from "react";
import { Slot } from "radix-ui";

import { late } from "./late";

export interface PopoverProps {
  trigger: ReactNode;
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
  side?: "top" | "bottom";
  align?: "start" | "center" | "end";
  label: string;
  children: ReactNode;
}

const OpenPopover = late(() => import("./popover-parts").then((module) => module.OpenPopover));

/** Floats beside its trigger; its pieces come with the first one that is opened, not with the page. */
export function Popover(props: PopoverProps) {
  const [wanted, setWanted] = useState(false);
  const shut = (
    <Slot.Root
      aria-haspopup="dialog"
      aria-expanded={false}
      onPointerEnter={() => void OpenPopover.preload()}
      onFocus={() => void OpenPopover.preload()}
      onClick={() => {
        setWanted(true);
        props.onOpenChange?.(true);
      }}
    >
      {props.trigger}
    </Slot.Root>
  );
  if (!wanted && !props.open) return shut;
  return <OpenPopover {...props} fallback={shut} />;
}
