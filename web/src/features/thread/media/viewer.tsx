import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { ChevronLeft, ChevronRight, Download, X, ZoomIn, ZoomOut } from "lucide-react";
import { Dialog } from "radix-ui";

import { mediaAddress } from "@/api/media";
import type { Attachment } from "@/api/types";
import { useBefore } from "@/ui/use-before";

interface ViewerProps {
  pictures: Attachment[];
  start: string;
  onClose: () => void;
}

const tool = "flex size-10 items-center justify-center rounded-full bg-black/50 text-white hover:bg-black/70 disabled:opacity-30";

/** All pictures and films of a conversation, one at a time, over everything else. */
export function Viewer({ pictures, start, onClose }: ViewerProps) {
  const [id, setId] = useState(start);
  const before = useBefore(true);
  const [large, setLarge] = useState(false);
  const at = Math.max(0, pictures.findIndex((one) => one.id === id));
  const picture = pictures[at];
  const address = useQuery({ ...mediaAddress(picture?.id ?? ""), enabled: picture !== undefined && !picture.local_url });
  const src = picture?.local_url ?? address.data;
  const film = picture?.kind === "video";
  const noun = film ? "Video" : "Picture";

  function go(by: number) {
    const next = pictures[at + by];
    if (!next) return;
    setId(next.id);
    setLarge(false);
  }
  return (
    <Dialog.Root open onOpenChange={(open) => (open ? undefined : onClose())}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-50 bg-black/90" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed inset-0 z-50 flex flex-col outline-none"
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            before?.focus({ preventScroll: true });
          }}
          onKeyDown={(event) => {
            if (event.key === "ArrowLeft") go(-1);
            if (event.key === "ArrowRight") go(1);
          }}
        >
          <header className="flex items-center gap-2 p-3">
            <Dialog.Title className="min-w-0 flex-1 truncate text-base text-white">{picture?.file_name ?? noun}</Dialog.Title>
            <span className="px-2 text-sm text-white/80 tabular-nums">
              {at + 1} / {pictures.length}
            </span>
            {film ? null : (
              <button type="button" className={tool} aria-label={large ? "Fit to the screen" : "Original size"} onClick={() => setLarge(!large)}>
                {large ? <ZoomOut className="size-5" /> : <ZoomIn className="size-5" />}
              </button>
            )}
            <a className={tool} aria-label="Download" href={src} download={picture?.file_name ?? noun.toLowerCase()}>
              <Download className="size-5" />
            </a>
            <Dialog.Close className={tool} aria-label="Close">
              <X className="size-5" />
            </Dialog.Close>
          </header>
          <div className="flex min-h-0 flex-1 overflow-auto" onClick={(event) => (event.target === event.currentTarget ? onClose() : undefined)}>
            {!src ? (
              <p className="m-auto text-white/80">Loading…</p>
            ) : film ? (
              <video key={picture.id} src={src} controls aria-label={picture.file_name ?? noun} className="m-auto max-h-full max-w-full" />
            ) : (
              <img src={src} alt={picture?.file_name ?? noun} className={large ? "m-auto max-w-none" : "m-auto max-h-full max-w-full object-contain"} />
            )}
          </div>
          <button type="button" className={`${tool} absolute top-1/2 left-3`} aria-label="Previous picture" disabled={at === 0} onClick={() => go(-1)}>
            <ChevronLeft className="size-6" />
          </button>
          <button type="button" className={`${tool} absolute top-1/2 right-3`} aria-label="Next picture" disabled={at >= pictures.length - 1} onClick={() => go(1)}>
            <ChevronRight className="size-6" />
          </button>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
