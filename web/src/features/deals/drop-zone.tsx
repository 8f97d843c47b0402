import { type DragEvent, type ReactNode, useState } from "react";

import { useDealUploads } from "./use-deal-uploads";

interface DropZoneProps {
  dealId: string;
  disabled: boolean;
  children: ReactNode;
}

/** Takes files that are dropped anywhere on the deal's card. */
export function DropZone({ dealId, disabled, children }: DropZoneProps) {
  const { add } = useDealUploads(dealId);
  const [over, setOver] = useState(false);
  const bringsFiles = (event: DragEvent) => !disabled && event.dataTransfer.types.includes("Files");
  return (
    <div
      className="relative min-h-full pb-6"
      onDragOver={(event) => {
        if (!bringsFiles(event)) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={(event) => (event.currentTarget.contains(event.relatedTarget as Node | null) ? undefined : setOver(false))}
      onDrop={(event) => {
        if (!bringsFiles(event)) return;
        event.preventDefault();
        setOver(false);
        add(event.dataTransfer.files);
      }}
    >
      {children}
      {over ? <p className="pointer-events-none absolute inset-1 z-10 flex items-start justify-center rounded-lg border-2 border-dashed border-accent bg-accent-quiet/80 pt-24 font-medium text-accent-text">Drop files onto the deal</p> : null}
    </div>
  );
}
