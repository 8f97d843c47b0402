import type { ReactNode } from "react";
import { Popover as Radix } from "radix-ui";

interface PopoverProps {
  trigger: ReactNode;
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
  side?: "top" | "bottom";
  align?: "start" | "center" | "end";
  label: string;
  children: ReactNode;
}

export function Popover({ trigger, open, onOpenChange, side = "top", align = "start", label, children }: PopoverProps) {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content aria-label={label} side={side} align={align} sideOffset={6} collisionPadding={8} className="z-40 animate-appear rounded-lg border bg-raised shadow-float">
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
