import type { Reaction } from "@/api/types";
import { Tip } from "@/ui/tooltip";

interface ReactionsProps {
  reactions: Reaction[];
  /** What somebody reacted to, where the bubble holds several things. */
  to?: (reaction: Reaction) => string;
}

/** Reactions under a bubble, equal ones counted together. */
export function Reactions({ reactions, to }: ReactionsProps) {
  if (reactions.length === 0) return null;
  const groups = new Map<string, string[]>();
  for (const reaction of reactions) {
    const who = reaction.name ?? (reaction.by === "contact" ? "Customer" : "You");
    groups.set(reaction.emoji, [...(groups.get(reaction.emoji) ?? []), to ? `${who} ${to(reaction)}` : who]);
  }
  return (
    <div className="z-10 -mt-1.5 flex gap-1 px-2">
      {[...groups].map(([emoji, who]) => (
        <Tip key={emoji} text={who.join(", ")}>
          <span tabIndex={0} className="inline-flex h-6 items-center gap-1 rounded-full border bg-surface px-1.5 text-sm" aria-label={`${emoji} by ${who.join(", ")}`} role="img">
            {emoji}
            {who.length > 1 ? <span className="text-xs text-muted">{who.length}</span> : null}
          </span>
        </Tip>
      ))}
    </div>
  );
}
