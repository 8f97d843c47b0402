import type { ComponentProps } from "react";
import { Ban, CircleCheck, CircleX, Clock, Hourglass, LoaderCircle, type LucideIcon, TimerOff, Undo2 } from "lucide-react";

import { paymentStateNames } from "@/lib/payment-words";
import { Chip } from "./chip";

const looks: Record<string, { tone: ComponentProps<typeof Chip>["tone"]; icon: LucideIcon }> = {
  preparing: { tone: "neutral", icon: LoaderCircle },
  pending: { tone: "accent", icon: Clock },
  processing: { tone: "warning", icon: Hourglass },
  authorized: { tone: "warning", icon: Hourglass },
  paid: { tone: "positive", icon: CircleCheck },
  partially_refunded: { tone: "warning", icon: Undo2 },
  refunded: { tone: "neutral", icon: Undo2 },
  failed: { tone: "negative", icon: CircleX },
  expired: { tone: "neutral", icon: TimerOff },
  cancelled: { tone: "neutral", icon: Ban },
  charged_back: { tone: "negative", icon: Undo2 },
};

/** The one word about a request for money. */
export function PaymentChip({ state }: { state: string }) {
  const { tone, icon: Icon } = looks[state] ?? { tone: "neutral", icon: Clock };
  return (
    <Chip tone={tone}>
      <Icon aria-hidden="true" /> {paymentStateNames[state] ?? state}
    </Chip>
  );
}
