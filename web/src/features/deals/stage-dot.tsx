import type { Stage } from "@/api/deals";
import { labelColour } from "@/lib/label-colours";

/** The stage's colour; its name stands beside it. */
export function StageDot({ stage }: { stage: Pick<Stage, "color"> }) {
  return <span aria-hidden="true" className="size-2 shrink-0 rounded-full" style={{ background: labelColour(stage.color) }} />;
}
