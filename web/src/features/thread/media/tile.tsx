import { useQuery } from "@tanstack/react-query";
import { ImageOff, Play } from "lucide-react";

import { mediaAddress } from "@/api/media";
import { classes } from "@/lib/classes";
import type { MosaicTile } from "./mosaic";

interface TileProps extends MosaicTile {
  /** Which one of how many. */
  place: string;
  square: boolean;
  /** Takes two rows. */
  tall: boolean;
  /** How many are not shown behind this one. */
  more: number;
}

/** One picture of several, cut to its place. */
export function Tile({ attachment, messageId, highlighted, tools, mark, place, square, tall, more, onOpen }: TileProps) {
  const film = attachment.kind === "video";
  const kept = attachment.state === "stored" && !attachment.local_url;
  // A film without a still is a dark ground.
  const picture = useQuery({ ...mediaAddress(attachment.id, attachment.thumbnail), enabled: kept && (!film || attachment.thumbnail) });
  const src = film ? picture.data : (attachment.local_url ?? picture.data);
  const ready = film ? attachment.state === "stored" : src !== undefined;
  return (
    <li data-message={messageId} className={classes("group/message relative min-h-0 min-w-0", square && "aspect-square", tall && "row-span-2")}>
      <button
        type="button"
        // Not `disabled`: what can be done with the message is reached by its focus.
        aria-disabled={!ready}
        aria-label={name(film, place, attachment.file_name, more)}
        onClick={ready ? onOpen : undefined}
        className={classes("relative block size-full overflow-hidden bg-line/60 focus-visible:-outline-offset-2", ready ? "cursor-zoom-in" : "cursor-default", highlighted && "outline-3 -outline-offset-3 outline-accent")}
      >
        {src ? <img src={src} alt="" className="size-full object-cover" draggable={false} /> : film ? <span className="block size-full bg-slate-800" /> : null}
        {picture.isError ? <ImageOff className="absolute inset-0 m-auto size-6 text-muted" aria-label="could not be loaded" /> : null}
        {film && more === 0 ? (
          <span className="absolute inset-0 m-auto flex size-10 items-center justify-center rounded-full bg-black/55 text-white">
            <Play className="ml-0.5 size-5" fill="currentColor" aria-hidden="true" />
          </span>
        ) : null}
        {more > 0 ? <span aria-hidden="true" className="absolute inset-0 flex items-center justify-center bg-black/55 text-xl font-semibold text-white">+{more}</span> : null}
      </button>
      {mark ? <span className="pointer-events-none absolute right-1 bottom-1 flex rounded bg-surface/85 p-0.5">{mark}</span> : null}
      {tools ? <div className="absolute top-1 right-1 z-10">{tools}</div> : null}
    </li>
  );
}

function name(film: boolean, place: string, file: string | null, more: number): string {
  return [`Open ${film ? "video" : "picture"} ${place}`, file, more > 0 && `${more} more behind it`].filter(Boolean).join(", ");
}
