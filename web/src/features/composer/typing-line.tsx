import { useTyping } from "@/live/typing";

const nobody = {};

/** Who else writes an answer, told before two send at once. */
export function TypingLine({ conversationId }: { conversationId: string }) {
  const writers = Object.values(useTyping((state) => state.writers[conversationId] ?? nobody));
  if (writers.length === 0) return null;
  const names = writers.length > 2 ? `${writers.length} people are` : `${writers.join(" and ")} ${writers.length === 1 ? "is" : "are"}`;
  return (
    <p role="status" className="flex items-center gap-2 px-4 py-1 text-sm text-muted">
      <span className="inline-flex gap-0.5" aria-hidden="true">
        {[0, 1, 2].map((dot) => (
          <span key={dot} className="size-1 animate-pulse rounded-full bg-muted" style={{ animationDelay: `${dot * 150}ms` }} />
        ))}
      </span>
      {names} typing…
    </p>
  );
}
