import { X } from "lucide-react";
import { create } from "zustand";

interface Toast {
  id: number;
  text: string;
  negative: boolean;
  act?: { label: string; run: () => void };
}

const useToasts = create<{ toasts: Toast[] }>(() => ({ toasts: [] }));
let next = 1;

/** Says something short for six seconds; errors stay ten. */
export function toast(text: string, options: { negative?: boolean; act?: Toast["act"] } = {}): void {
  const id = next++;
  useToasts.setState(({ toasts }) => ({ toasts: [...toasts.slice(-2), { id, text, negative: options.negative ?? false, act: options.act }] }));
  setTimeout(() => dismiss(id), options.negative ? 10_000 : 6_000);
}

/** Shows a caught error in its own words. */
export function toastError(error: unknown): void {
  toast(error instanceof Error ? error.message : "Something went wrong. Nothing was changed.", { negative: true });
}

function dismiss(id: number): void {
  useToasts.setState(({ toasts }) => ({ toasts: toasts.filter((one) => one.id !== id) }));
}

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
