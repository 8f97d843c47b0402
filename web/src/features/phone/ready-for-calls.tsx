import { useQuery } from "@tanstack/react-query";
import { PhoneCall, PhoneOff } from "lucide-react";

import { phones } from "@/api/calls";
import { useMay } from "@/api/may";
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
  if (!usePhones()) return null;
  return (
    <IconButton label={ready ? "Ready for calls" : "Not ready for calls"} aria-pressed={ready} onClick={() => choose(!ready)} className={classes("size-9", ready && "text-positive")}>
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
