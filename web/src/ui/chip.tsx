import type { ReactNode } from "react";

import { classes } from "@/lib/classes";

type Tone = "neutral" | "accent" | "positive" | "warning" | "negative";

const tones: Record<Tone, string> = {
  neutral: "bg-line/60 text-text",
  accent: "bg-accent-quiet text-accent-text",
  positive: "bg-positive-quiet text-positive",
  warning: "bg-warning-quiet text-warning",
  negative: "bg-negative-quiet text-negative-text",
};

export function Chip({ tone = "neutral", children, className }: { tone?: Tone; children: ReactNode; className?: string }) {
  return (
    <span className={classes("inline-flex h-5 max-w-full items-center gap-1 rounded px-1.5 text-xs font-medium whitespace-nowrap [&_svg]:size-3", tones[tone], className)}>
      {children}
    </span>
  );
}

/** A label: its colour is a dot, its name is the text. */
export function LabelChip({ name, colour, children }: { name: string; colour?: string | null; children?: ReactNode }) {
  return (
    <span className="inline-flex h-5 max-w-40 items-center gap-1.5 rounded border bg-surface px-1.5 text-xs">
      <span className="size-2 shrink-0 rounded-full bg-muted" style={colour ? { background: colour } : undefined} />
      <span className="truncate">{name}</span>
      {children}
    </span>
  );
}
