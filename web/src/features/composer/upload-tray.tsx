import { FileText, Film, Music, RotateCw, X } from "lucide-react";

import { fileSize } from "@/lib/text";
import type { Upload } from "./use-uploads";

interface UploadTrayProps {
  uploads: Upload[];
  onRemove: (key: number) => void;
  onRetry: (key: number) => void;
}

const icons = { video: Film, audio: Music, voice: Music, document: FileText, image: FileText, sticker: FileText };

export function UploadTray({ uploads, onRemove, onRetry }: UploadTrayProps) {
  if (uploads.length === 0) return null;
  return (
    <ul className="flex gap-2 overflow-x-auto px-3 pt-2" aria-label="Files to send">
      {uploads.map((one) => {
        const Icon = icons[one.kind];
        return (
          <li key={one.key} className="relative flex h-16 w-44 shrink-0 items-center gap-2 overflow-hidden rounded-md border bg-surface p-2">
            {one.kind === "image" ? <img src={one.preview} alt="" className="size-11 rounded object-cover" /> : <Icon className="size-6 shrink-0 text-muted" strokeWidth={1.5} />}
            <div className="min-w-0 flex-1">
              <p className="truncate text-sm" title={one.name}>
                {one.name}
              </p>
              {one.error ? (
                <button type="button" className="flex items-center gap-1 text-xs text-negative-text underline" title={one.error} onClick={() => onRetry(one.key)}>
                  <RotateCw className="size-3" /> Try again
                </button>
              ) : (
                <p className="text-xs text-muted tabular-nums">{one.attachment ? fileSize(one.size) : `${Math.round(one.progress * 100)} %`}</p>
              )}
            </div>
            <button type="button" aria-label={`Remove ${one.name}`} className="absolute top-1 right-1 rounded-full bg-surface p-0.5 text-muted hover:text-text" onClick={() => onRemove(one.key)}>
              <X className="size-3.5" />
            </button>
            {one.attachment || one.error ? null : <span className="absolute bottom-0 left-0 h-0.5 bg-accent" style={{ width: `${one.progress * 100}%` }} />}
          </li>
        );
      })}
    </ul>
  );
}
