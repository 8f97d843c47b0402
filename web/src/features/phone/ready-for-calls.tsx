import { useQuery } from "@tanstack/react-query";
import { PhoneCall, PhoneOff } from "lucide-react";

import { phones } from "@/api/calls";
import { useMay } from "@/api/may";
import { members } from "@/api/organization";
import { useSession } from "@/api/session";
import { classes } from "@/lib/classes";
import { useReadyForCalls } from "@/lib/facts/ready-for-calls";
import { IconButton } from "@/ui/button";
import { MenuItem } from "@/ui/menu";

/** Whether there is a telephone to be ready for. */
function usePhones(): boolean {
  const writes = useMay("writeConversations");
  return (useQuery({ ...phones(), enabled: writes }).data ?? []).length > 0;
}

/** On the rail: seen at a glance, changed by a click. */
export function ReadyButton() {
  const { ready, choose } = useReadyForCalls();
  const me = useSession((session) => session.user?.id);
  const away = useQuery(members()).data?.find((one) => one.id === me)?.availability === "away";
  if (!usePhones()) return null;
  return (
    <IconButton
      label={!ready ? "Not ready for calls" : away ? "Away: no call rings" : "Ready for calls"}
      aria-pressed={ready}
      onClick={() => choose(!ready)}
      className={classes("size-9", ready && !away && "text-positive")}
    >
      {ready ? <PhoneCall /> : <PhoneOff />}
    </IconButton>
  );
}

export function ReadyItem() {
  const { ready, choose } = useReadyForCalls();
  if (!usePhones()) return null;
  return (
    <MenuItem icon={ready ? <PhoneCall /> : <PhoneOff />} checked={ready} onSelect={() => choose(!ready)}>
      Ready for calls
    </MenuItem>
  );
}
