import type { ReactNode } from "react";

import { classes } from "@/lib/classes";
import { initials, pick } from "@/lib/text";

// Quiet hues that carry both themes' text colour at more than 4.5:1.
const hues = [215, 262, 160, 25, 340, 190, 90, 300];

interface AvatarProps {
  name: string;
  /** Decides the colour; the id, so that a rename keeps it. */
  seed?: string;
  size?: "xs" | "sm" | "md" | "lg";
  /** A small mark at the lower right corner: the channel, or presence. */
  mark?: ReactNode;
}

const sizes = { xs: "size-5 text-[9px]", sm: "size-6 text-[10px]", md: "size-9 text-xs", lg: "size-14 text-lg" };

export function Avatar({ name, seed = name, size = "md", mark }: AvatarProps) {
  const hue = hues[pick(seed, hues.length)] ?? 215;
  return (
    <span className="relative inline-flex shrink-0" aria-hidden="true">
      <span
        className={classes("inline-flex items-center justify-center rounded-full font-semibold select-none", sizes[size])}
        style={{ background: `light-dark(hsl(${hue} 60% 90%), hsl(${hue} 32% 26%))`, color: `light-dark(hsl(${hue} 55% 28%), hsl(${hue} 60% 85%))` }}
      >
        {initials(name)}
      </span>
      {mark ? <span className="absolute -right-1 -bottom-1">{mark}</span> : null}
    </span>
  );
}
