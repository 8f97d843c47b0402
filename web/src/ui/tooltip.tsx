import type { ReactNode } from "react";
import { Tooltip } from "radix-ui";

import { Keys } from "./keys";

export const TipProvider = Tooltip.Provider;

interface TipProps {
  text: string;
  keys?: string;
  side?: "top" | "right" | "bottom" | "left";
  children: ReactNode;
}

/** A hint on hover and focus; never the only place where something is said. */
export function Tip({ text, keys, side, children }: TipProps) {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger asChild>{children}</Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content
          side={side}
          sideOffset={6}
          collisionPadding={8}
          className="z-50 flex max-w-72 animate-appear items-center gap-2 rounded-md bg-text px-2 py-1 text-xs text-canvas shadow-float"
        >
          {text}
          {keys ? <Keys keys={keys} inverse /> : null}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}
