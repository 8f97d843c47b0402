import type { ReactNode } from "react";

import type { Attachment } from "@/api/types";
import { classes } from "@/lib/classes";
import { useUnfoldedPictures } from "@/lib/facts/unfolded-pictures";
import { count } from "@/lib/text";
import { seen } from "../gallery";
import { fitted } from "./picture";
import { Tile } from "./tile";

export interface MosaicTile {
  attachment: Attachment;
  /** Only where the pictures are messages of their own. */
  messageId?: string;
  highlighted?: boolean;
  /** Shown over the picture on hover and focus. */
  tools?: ReactNode;
  /** Shown in the picture's corner. */
  mark?: ReactNode;
  onOpen: () => void;
}

/**
 * Several pictures in the room of one: the first four, and how many more there are. The room is as high as the first picture alone
 * would be, so that nothing moves while the others arrive.
 */
export function Mosaic({ tiles }: { tiles: MosaicTile[] }) {
  const first = tiles[0]?.attachment.id ?? "";
  const unfolded = useUnfoldedPictures((state) => state.unfolded.has(first));
  const turn = useUnfoldedPictures((state) => state.turn);
  const folds = tiles.length > seen;
  const whole = unfolded && folds;
  const shown = whole ? tiles : tiles.slice(0, seen);
  const hidden = tiles.length - shown.length;
  return (
    <div className="w-80 max-w-full">
      <ul
        aria-label={sorts(tiles)}
        className={classes("grid gap-0.5 overflow-hidden rounded-lg", whole ? "grid-cols-3" : "grid-cols-2", !whole && shown.length > 2 && "grid-rows-2")}
        style={whole ? undefined : { aspectRatio: `320 / ${height(tiles[0]?.attachment)}` }}
      >
        {shown.map((tile, index) => (
          <Tile
            key={tile.messageId ? `${tile.messageId}/${tile.attachment.id}` : tile.attachment.id}
            {...tile}
            place={`${index + 1} of ${tiles.length}`}
            square={whole}
            tall={!whole && shown.length === 3 && index === 0}
            more={index === shown.length - 1 ? hidden : 0}
          />
        ))}
      </ul>
      {folds ? (
        <button type="button" aria-expanded={whole} onClick={() => turn(first, !whole)} className="mt-0.5 min-h-6 rounded px-1 text-xs font-medium text-muted hover:text-text max-md:min-h-9">
          {whole ? "Show fewer" : `Show all ${tiles.length}`}
        </button>
      ) : null}
    </div>
  );
}

/** Of the room for a set that begins with this picture, in a width of 320. */
function height(first: Attachment | undefined): number {
  const alone = fitted(first ?? {}, 320);
  return Math.min(320, Math.max(180, alone.height));
}

/** What a set is made of: "3 pictures and 1 video". */
export function sorts(tiles: Pick<MosaicTile, "attachment">[]): string {
  const films = tiles.filter(({ attachment }) => attachment.kind === "video").length;
  const pictures = tiles.length - films;
  return [pictures && count(pictures, "picture"), films && count(films, "video")].filter(Boolean).join(" and ");
}
