import { sentenceCase } from "@/lib/text";
import { Chip } from "@/ui/chip";

const tones: Record<string, "positive" | "neutral" | "negative"> = { stored: "positive", failed: "negative", unreadable: "negative" };

export function OutcomeChip({ outcome }: { outcome: string }) {
  return <Chip tone={tones[outcome] ?? "neutral"}>{sentenceCase(outcome)}</Chip>;
}
