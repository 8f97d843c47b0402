import { CircleAlert, CircleCheck, CirclePause } from "lucide-react";

import type { Integration } from "@/api/types";
import { Chip } from "@/ui/chip";

export function StateChip({ status }: { status: Integration["status"] }) {
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
