import { whyNot } from "@/api/refusals";
import type { Channel, Integration, Refusal } from "@/api/types";
import { ended } from "@/lib/text";

/** Whether the platform can be asked for consent again: only where the app's own keys are stored. */
export function canRenew({ account }: Pick<Integration, "account">, channel: Channel | undefined): boolean {
  const form = channel?.install_form;
  return form != null && form.every((field) => !field.required || account[field.name] !== undefined);
}

/** What is wrong with an account, and what its admin does about it here. */
export function mended(fault: Refusal, renews: boolean): string {
  if (fault.next_step !== "reconnect") return whyNot(fault);
  return `${ended(fault.detail)} ${renews ? "Renew the consent, or enter" : "Enter"} a fresh key under Account, and test it.`;
}
