import { BookOpen } from "lucide-react";

import type { Channel } from "@/api/types";

/** To the channel's guide: what to click on the platform's side, which permissions, which limits. */
export function GuideLink({ channel }: { channel: Pick<Channel, "id" | "name"> }) {
  return (
    <p className="mb-4">
      <a href={`/guides/${channel.id}.html`} target="_blank" rel="noreferrer" className="inline-flex items-center gap-1.5 text-accent-text hover:underline">
        <BookOpen className="size-4" aria-hidden="true" /> How to connect {channel.name}, step by step
      </a>
    </p>
  );
}
