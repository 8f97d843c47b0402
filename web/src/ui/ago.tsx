import { ago, exact } from "@/lib/time";
import { useNow } from "@/lib/use-now";

/** How long ago, in words; the instant itself on hover. */
export function Ago({ at }: { at: string }) {
  const now = useNow();
  return (
    <time dateTime={at} title={exact(at)}>
      {ago(at, now)}
    </time>
  );
}
