import type { ReactNode } from "react";

import type { IntegrationDetail } from "@/api/types";
import { dateAndTime, span } from "@/lib/time";

/** What an account's state means for messages, where it is not simply connected. */
export function Standing({ integration }: { integration: IntegrationDetail }): ReactNode {
  const text = meaning(integration);
  return text ? <p className="mt-3 rounded-md bg-warning-quiet px-3 py-2 text-sm text-warning">{text}</p> : null;
}

function meaning({ status, live, silent_since: since, silent_after_minutes: after }: IntegrationDetail): string | undefined {
  if (status === "paused") {
    const come = live ? "What customers write meanwhile is fetched then." : "What customers write still comes in.";
    return `Nothing is sent until you resume it. ${come}`;
  }
  if (status === "active" && since && after) {
    return `Nothing had come in for ${span(after * 60_000)} when the admins were told, ${dateAndTime(since)}. Test the account; the alarm ends with the next message.`;
  }
  return undefined;
}
