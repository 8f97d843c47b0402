import { lazy, type ReactNode, Suspense, useState } from "react";
import { Slot } from "radix-ui";

export interface PopoverProps {
  trigger: ReactNode;
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
  side?: "top" | "bottom";
  align?: "start" | "center" | "end";
  label: string;
  children: ReactNode;
}

const load = () => import("./popover-parts");
const OpenPopover = lazy(() => load().then((module) => ({ default: module.OpenPopover })));

/** Floats beside its trigger; its pieces come with the first one that is opened, not with the page. */
export function Popover(props: PopoverProps) {
  const [wanted, setWanted] = useState(false);
  const shut = (
    <Slot.Root
      aria-haspopup="dialog"
      aria-expanded={false}
      onPointerEnter={() => void load()}
      onFocus={() => void load()}
      onClick={() => {
        setWanted(true);
        props.onOpenChange?.(true);
      }}
    >
      {props.trigger}
    </Slot.Root>
  );
  if (!wanted && !props.open) return shut;
  return (
    <Suspense fallback={shut}>
      <OpenPopover {...props} />
    </Suspense>
  );
}
