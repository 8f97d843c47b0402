import { Check } from "lucide-react";

import type { PaymentMethod } from "@/api/payments";
import { classes } from "@/lib/classes";
import { paymentMethodNames } from "@/lib/payment-words";

interface MethodTogglesProps {
  /** What the account takes in the currency. */
  offered: PaymentMethod[];
  chosen: PaymentMethod[];
  onToggle: (method: PaymentMethod, on: boolean) => void;
}

/** By which ways it may be paid. */
export function MethodToggles({ offered, chosen, onToggle }: MethodTogglesProps) {
  return (
    <fieldset>
      <legend className="mb-1 text-sm font-medium">Paid by</legend>
      <div className="flex flex-wrap gap-1.5">
        {offered.map((method) => {
          const on = chosen.includes(method);
          return (
            <button
              key={method}
              type="button"
              aria-pressed={on}
              onClick={() => onToggle(method, !on)}
              className={classes("flex h-8 items-center gap-1.5 rounded-md border px-3", on ? "border-accent bg-accent-quiet font-medium text-accent-text" : "border-line-strong text-muted hover:text-text")}
            >
              {on ? <Check className="size-4" aria-hidden="true" /> : null}
              {paymentMethodNames[method] ?? method}
            </button>
          );
        })}
      </div>
      {offered.length === 0 ? <p className="text-sm text-muted">This account takes nothing in this currency.</p> : chosen.length === 0 ? <p className="mt-1 text-sm text-negative-text">Leave at least one.</p> : null}
    </fieldset>
  );
}
