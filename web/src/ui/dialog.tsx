import type { ReactNode } from "react";
import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";

import { classes } from "@/lib/classes";
import { useBefore } from "./use-before";

interface DialogProps {
  open: boolean;
  onClose: () => void;
  title: ReactNode;
  description?: string;
  wide?: boolean;
  children: ReactNode;
}

/** A modal: a centred card on a desk, a sheet from below on a phone. */
export function Dialog({ open, onClose, title, description, wide, children }: DialogProps) {
  const before = useBefore(open);
  return (
    <Radix.Root open={open} onOpenChange={(next) => (next ? undefined : onClose())}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-scrim" />
        <Radix.Content
          aria-describedby={description ? undefined : ""}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            before?.focus({ preventScroll: true });
          }}
          className={classes(
            "fixed z-40 flex max-h-[85dvh] animate-appear flex-col border bg-raised shadow-float focus:outline-none",
            "max-md:inset-x-0 max-md:bottom-0 max-md:rounded-t-lg",
            "md:top-[10vh] md:left-1/2 md:w-[calc(100%-2rem)] md:-translate-x-1/2 md:rounded-lg",
            wide ? "md:max-w-3xl" : "md:max-w-md",
          )}
        >
          <header className="flex items-start justify-between gap-4 px-5 pt-4 pb-3">
            <div>
              <Radix.Title className="text-lg font-semibold">{title}</Radix.Title>
              {description ? <Radix.Description className="text-sm text-muted">{description}</Radix.Description> : null}
            </div>
            {/* Without a tooltip, which would take the first Escape for itself. */}
            <Radix.Close aria-label="Close" className="-mr-1.5 flex size-7 shrink-0 items-center justify-center rounded-md text-muted hover:bg-line/60 hover:text-text">
              <X className="size-4" />
            </Radix.Close>
          </header>
          <div className="min-h-0 overflow-y-auto px-5 pb-5">{children}</div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
