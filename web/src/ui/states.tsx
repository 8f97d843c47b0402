import type { ReactNode } from "react";
import { CircleAlert, Lock } from "lucide-react";

import { classes } from "@/lib/classes";
import { Button } from "./button";

/** Nothing here: one sentence and the one useful act. */
export function Empty({ icon, text, children }: { icon?: ReactNode; text: string; children?: ReactNode }) {
  return (
    <div className="flex h-full min-h-40 flex-col items-center justify-center gap-3 px-8 py-10 text-center text-muted">
      {icon ? <span className="[&_svg]:size-7 [&_svg]:stroke-[1.5]">{icon}</span> : null}
      <p className="max-w-xs text-balance">{text}</p>
      {children}
    </div>
  );
}

/** What happened, and the way out. */
export function Failed({ error, onRetry, className }: { error: unknown; onRetry?: () => void; className?: string }) {
  const denied = typeof error === "object" && error !== null && "status" in error && error.status === 403;
  const gone = typeof error === "object" && error !== null && "status" in error && error.status === 404;
  const text = error instanceof Error ? error.message : "Something went wrong.";
  return (
    <div role="alert" className={classes("flex flex-col items-center justify-center gap-3 px-6 py-10 text-center", className)}>
      {denied ? <Lock className="size-6 text-muted" /> : <CircleAlert className="size-6 text-negative-text" />}
      <p className="max-w-sm text-balance">{denied ? "Your role does not include this page. An owner or admin can change it." : text}</p>
      {onRetry && !denied && !gone ? <Button onClick={onRetry}>Try again</Button> : null}
    </div>
  );
}

/** A fault inside a form or a panel, in one line. */
export function Fault({ error }: { error: unknown }) {
  if (!error) return null;
  return (
    <p role="alert" className="flex items-start gap-2 rounded-md bg-negative-quiet px-3 py-2 text-sm text-negative-text">
      <CircleAlert className="mt-px size-4 shrink-0" aria-hidden="true" />
      <span>{error instanceof Error ? error.message : "Something went wrong. Nothing was changed."}</span>
    </p>
  );
}

/** Grey bars of the geometry that is to come. */
export function Lines({ rows = 4, className }: { rows?: number; className?: string }) {
  return (
    <div className={classes("flex flex-col gap-3", className)} aria-hidden="true">
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className="skeleton h-4" style={{ width: `${60 + ((index * 17) % 40)}%` }} />
      ))}
    </div>
  );
}
