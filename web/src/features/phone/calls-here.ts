import type { LiveCall } from "@/api/types";
import { callOf } from "@/live/calls";

/** Calls in which this member speaks, or is about to. */
export function isMine({ message }: LiveCall, me: string | undefined): boolean {
  const call = callOf(message);
  if (!call || !me) return false;
  return call.answered_by ? call.answered_by === me : call.direction === "outbound" && message.sender.id === me;
}

/** Customers whose call nobody has taken. */
export function isFree({ message }: LiveCall): boolean {
  const call = callOf(message);
  return call?.direction === "inbound" && !call.answered_by && (call.state === "ringing" || call.state === "queued");
}
