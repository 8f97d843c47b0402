import { Popover as Radix } from "radix-ui";

import type { PopoverProps } from "./popover";

/** The popover itself; arrives when the first one is opened. */
export function OpenPopover({ trigger, open, onOpenChange, side = "top", align = "start", label, children }: PopoverProps) {
  return (
    <Radix.Root defaultOpen={open === undefined ? true : undefined} open={open} onOpenChange={onOpenChange}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content aria-label={label} side={side} align={align} sideOffset={6} collisionPadding={8} className="z-40 animate-appear rounded-lg border bg-raised shadow-float">
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
