import { X } from "lucide-react";

import { dismiss, useToasts } from "@/lib/facts/toasts";

export { toast, toastError } from "@/lib/facts/toasts";

export function Toasts() {
  const toasts = useToasts((state) => state.toasts);
  return (
    <div role="status" aria-live="polite" className="pointer-events-none fixed inset-x-0 bottom-4 z-50 flex flex-col items-center gap-2 px-4 max-md:bottom-20">
      {toasts.map((one) => (
        <div key={one.id} className="pointer-events-auto flex max-w-lg animate-appear items-center gap-3 rounded-lg border bg-raised py-2 pr-2 pl-4 shadow-float">
          <span className={one.negative ? "text-negative-text" : undefined}>{one.text}</span>
          {one.act ? (
            <button
              type="button"
              className="rounded px-2 py-1 font-medium text-accent-text hover:bg-accent-quiet"
              onClick={() => {
                one.act?.run();
                dismiss(one.id);
              }}
            >
              {one.act.label}
            </button>
          ) : null}
          <button type="button" aria-label="Dismiss" className="rounded p-1 text-muted hover:text-text" onClick={() => dismiss(one.id)}>
            <X className="size-4" />
          </button>
        </div>
      ))}
    </div>
  );
}
