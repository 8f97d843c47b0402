import { Check, Copy } from "lucide-react";

import { useCopied } from "@/lib/use-copied";
import { Button } from "./button";

/** Lines of code to take elsewhere, all of them to be seen. */
export function CopyBlock({ label, value }: { label: string; value: string }) {
  const { copied, copy } = useCopied(value);
  return (
    <div className="overflow-hidden rounded-md border bg-sunken">
      <pre aria-label={label} role="region" tabIndex={0} className="px-3 py-2.5 font-mono text-xs leading-5 break-words whitespace-pre-wrap">
        {value}
      </pre>
      <div className="flex justify-end border-t bg-surface px-2 py-1.5">
        <Button small onClick={copy} aria-label={copied ? undefined : `Copy ${label.toLowerCase()}`}>
          {copied ? <Check /> : <Copy />}
          {copied ? "Copied" : "Copy"}
        </Button>
      </div>
    </div>
  );
}
