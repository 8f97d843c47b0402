import { ended } from "@/lib/text";
import type { components } from "./schema";
import type { Refusal } from "./types";

export type NextStep = components["schemas"]["NextStep"];

/** What a button beside a refusal does. */
export type Remedy = "again" | "template" | "contact" | "edit" | "templates" | "account";

interface Step {
  /** A sentence in the reader's words. */
  words: string;
  /** The useful things, the best first; none where nobody here can do anything. */
  remedies: Remedy[];
}

/** What to do about a refusal. */
export const steps: Record<NextStep, Step> = {
  retry: { words: "Sending it again may help.", remedies: ["again"] },
  wait: { words: "Wait a while before you send it again.", remedies: ["again"] },
  use_template: { words: "Send an approved template instead.", remedies: ["template"] },
  fix_recipient: { words: "Check the customer’s number or address.", remedies: ["contact", "again"] },
  fix_content: { words: "Change the message and send it anew.", remedies: ["edit"] },
  fix_template: { words: "The template has to be mended on the platform.", remedies: ["templates", "again"] },
  reconnect: { words: "An admin has to look at the account’s settings.", remedies: ["account", "again"] },
  none: { words: "", remedies: ["again"] },
};

/** A request for money without a page to pay on: the message itself cannot be sent. */
const askAnew: Step = { words: "Ask for it anew.", remedies: [] };

/** A step that this version does not know is treated as one with nothing to do but try. */
export function stepOf(error: Refusal | null | undefined): Step {
  if (error?.code === "payment_not_offered") return askAnew;
  return steps[error?.next_step as NextStep] ?? steps.none;
}

/** Why it failed, and the one useful thing to do; the bare code where there are no words. */
export function whyNot(error: Refusal | null | undefined): string {
  if (!error) return "";
  const why = error.detail || (error.code ? `The platform refused it (${error.code}).` : "");
  return [ended(why), stepOf(error).words].filter(Boolean).join(" ");
}
