import type { Refusal } from "./types";

/** What to do about a refusal, in the reader's words. */
const steps: Record<string, string> = {
  retry: "Try again.",
  wait: "Wait a while, then try again.",
  use_template: "Send a template instead.",
  fix_recipient: "Check the customer's address.",
  fix_content: "Change the message and send it anew.",
  fix_template: "Mend the template.",
  reconnect: "An admin has to look at the integration's settings.",
};

/** Why it failed, and the one useful thing to do; the bare code where there are no words. */
export function whyNot(error: Refusal | null | undefined): string {
  if (!error) return "";
  const said = [error.detail, steps[error.next_step ?? ""]].filter(Boolean).join(" ");
  return said || (error.code ? `The platform refused it (${error.code}).` : "");
}
