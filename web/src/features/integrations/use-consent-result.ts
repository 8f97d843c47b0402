import { useEffect } from "react";

import { toast } from "@/ui/toast";

/** Why a consent page led to nothing, by the word that stands in the address. */
const why: Record<string, string> = {
  state: "That took longer than ten minutes, or began in another browser. Begin again.",
  denied: "Nothing was connected: the platform says that you did not agree.",
  nothing_chosen: "Nothing was connected: you agreed, but chose nothing that can be connected. Begin again and choose at least one page (for Instagram, one with a professional account).",
  consent_page: "The platform's page ended with an error. Compare the app's redirect address and permissions with the channel's guide, and try again.",
  forbidden: "You may not connect accounts any more. Ask an admin.",
  refused: "The platform did not take the app's keys. Compare the client id and secret.",
  other_account: "You agreed for another account than the one to be renewed. Log in to the right one there, and try again.",
  unavailable: "The platform could not be reached. Try again in a moment.",
};

/** Says how consenting went, once, and clears the address. */
export function useConsentResult() {
  useEffect(() => {
    const query = new URLSearchParams(window.location.search);
    const connected = query.get("connected");
    const error = query.get("connect_error");
    if (connected === null && error === null) return;
    window.history.replaceState(window.history.state, "", window.location.pathname);
    if (error !== null) toast(why[error] ?? `The account could not be connected (the platform said “${error}”). Try again; if it stays, ask whoever runs Switchboard.`, { negative: true });
    else toast(connected?.includes(",") ? `${connected.split(",").length} accounts are connected.` : "The account is connected.");
  }, []);
}
