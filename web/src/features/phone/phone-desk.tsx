import { useEffect, useState } from "react";
import { useQuery } from "@tanstack/react-query";

import { liveCalls, phones } from "@/api/calls";
import { members } from "@/api/organization";
import { useSession } from "@/api/session";
import type { LiveCall } from "@/api/types";
import { useReadyForCalls } from "@/lib/facts/ready-for-calls";
import { isFree, isMine } from "./calls-here";
import { CurrentCall } from "./current-call";
import { IncomingCall } from "./incoming-call";
import { ignore, listen, useSound } from "./sound";
import { useRing } from "./use-ring";

/** The telephone: what rings, and what is being said, wherever in the app one is. */
export function PhoneDesk() {
  const me = useSession((session) => session.user?.id);
  const away = useQuery(members()).data?.find((one) => one.id === me)?.availability === "away";
  const ready = useReadyForCalls((state) => state.ready) && !away;
  const accounts = useQuery(phones()).data ?? [];
  const { data: calls = [] } = useQuery({ ...liveCalls(), enabled: accounts.length > 0 });
  const rings = useSound((state) => state.rings);
  const [declined, setDeclined] = useState<ReadonlySet<string>>(new Set());
  const heard = accounts.flatMap((one) => (one.library ? [one.integration_id] : [])).join(" ");
  useEffect(() => {
    const stops = heard.split(" ").filter(Boolean).map((id) => listen(id, ready));
    return () => stops.forEach((stop) => stop());
  }, [heard, ready]);

  const mine = calls.filter((one) => isMine(one, me));
  const putThrough = ({ message }: LiveCall) => message.external_id !== null && message.external_id in rings;
  const ringing = calls.filter((one) => !mine.includes(one) && !declined.has(one.message.id) && (putThrough(one) || (ready && isFree(one))));
  useRing(ringing.length > 0);
  if (mine.length + ringing.length === 0) return null;

  const phoneOf = (call: LiveCall) => accounts.find((one) => one.integration_id === call.conversation.integration_id);
  return (
    <div className="pointer-events-none fixed bottom-4 left-14 z-40 flex w-96 flex-col gap-2 max-md:static max-md:w-auto max-md:shrink-0 max-md:p-2">
      {ringing.map((call) => (
        <IncomingCall
          key={call.message.id}
          call={call}
          phone={phoneOf(call)}
          onDecline={() => {
            ignore(call.message.external_id);
            setDeclined(new Set([...declined, call.message.id]));
          }}
        />
      ))}
      {mine.map((call) => (
        <CurrentCall key={call.message.id} call={call} phone={phoneOf(call)} me={me ?? ""} />
      ))}
    </div>
  );
}
