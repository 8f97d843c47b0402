import { CircleAlert, Info, TriangleAlert } from "lucide-react";

import type { Notice } from "@/api/types";
import { Ago } from "@/ui/ago";
import { Panel } from "@/ui/page";

const glyphs = {
  info: <Info className="mt-0.5 size-4 shrink-0 text-muted" aria-label="For your information" />,
  warning: <TriangleAlert className="mt-0.5 size-4 shrink-0 text-warning" aria-label="Warning" />,
  critical: <CircleAlert className="mt-0.5 size-4 shrink-0 text-negative-text" aria-label="Critical" />,
};

/** What the platform told about the account, newest first. */
export function NoticesPanel({ notices }: { notices: Notice[] }) {
  return (
    <Panel title="Notices">
      <ul className="flex flex-col gap-2" role="list">
        {notices.map((notice) => (
          <li key={notice.created_at + notice.topic} className="flex items-start gap-2">
            {glyphs[notice.severity]}
            <span className="min-w-0 flex-1 break-words">{notice.text}</span>
            <span className="shrink-0 text-sm text-muted">
              <Ago at={notice.created_at} />
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
