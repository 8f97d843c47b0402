import { Check, Copy } from "lucide-react";

import { useCopied } from "@/lib/use-copied";
import { Button } from "./button";

/** A value to take elsewhere, with a button that takes it. */
export function CopyField({ label, value }: { label: string; value: string }) {
  const { copied, copy } = useCopied(value);
  return (
    <div className="flex gap-2">
      <input
        readOnly
        aria-label={label}
        value={value}
        onFocus={(event) => event.target.select()}
        className="h-8 min-w-0 flex-1 truncate rounded-md border bg-sunken px-2.5 font-mono text-xs"
      />
      <Button onClick={copy} aria-label={copied ? undefined : `Copy ${label.toLowerCase()}`}>
        {copied ? <Check /> : <Copy />}
        {copied ? "Copied" : "Copy"}
      </Button>
    </div>
  );
}
