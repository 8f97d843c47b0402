import type { Abilities } from "@/api/types";

/** People write *by* letter and text message, and *on* a platform. */
export function way(abilities: Abilities | undefined): "by" | "on" {
  return abilities?.subject || abilities?.segments ? "by" : "on";
}
