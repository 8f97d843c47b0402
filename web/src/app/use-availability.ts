import { useQuery, useQueryClient } from "@tanstack/react-query";

import { members, patchMe } from "@/api/organization";
import { useSession } from "@/api/session";
import type { Availability } from "@/api/types";
import { toast, toastError } from "@/ui/toast";

/** Whether I take new conversations now, and how I say otherwise: shown at once, taken back when the server refuses. */
export function useAvailability(): [Availability, (next: Availability) => void] {
  const me = useSession((session) => session.user?.id);
  const client = useQueryClient();
  const now = useQuery(members()).data?.find((one) => one.id === me)?.availability ?? "available";

  function show(availability: Availability) {
    client.setQueryData(members().queryKey, (people) => people?.map((one) => (one.id === me ? { ...one, availability } : one)));
  }
  function say(next: Availability) {
    if (next === now) return;
    show(next);
    toast(next === "away" ? "You are away. Colleagues see it when they assign." : "You are available again.");
    patchMe({ availability: next }).catch((error: unknown) => {
      show(now);
      toastError(error);
    });
  }
  return [now, say];
}
