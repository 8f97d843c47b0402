import { BellRing, CircleAlert, CircleCheck, CirclePause } from "lucide-react";

import type { Integration } from "@/api/types";
import { Chip } from "@/ui/chip";

/** The one word about an account. */
export function StateChip({ integration: { status, silent_since: silent } }: { integration: Integration }) {
  if (status === "active" && silent) {
    return (
      <Chip tone="warning">
        <BellRing /> Silent
      </Chip>
    );
  }
  if (status === "active") {
    return (
      <Chip tone="positive">
        <CircleCheck /> Connected
      </Chip>
    );
  }
  if (status === "paused") {
    return (
      <Chip tone="warning">
        <CirclePause /> Paused
      </Chip>
    );
  }
  return (
    <Chip tone="negative">
      <CircleAlert /> Needs attention
    </Chip>
  );
}
