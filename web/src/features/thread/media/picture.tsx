import { useQuery } from "@tanstack/react-query";
import { ImageOff } from "lucide-react";

import { mediaAddress } from "@/api/media";
import type { Attachment } from "@/api/types";
import { classes } from "@/lib/classes";

interface PictureProps {
  attachment: Attachment;
  sticker?: boolean;
  onOpen?: () => void;
}

/** A picture in the place it will have: its size is kept from the first moment on. */
export function Picture({ attachment, sticker, onOpen }: PictureProps) {
  const ready = attachment.state === "stored" && !attachment.local_url;
  const address = useQuery({ ...mediaAddress(attachment.id, attachment.thumbnail), enabled: ready });
  const src = attachment.local_url ?? address.data;
  const { width, height } = fitted(attachment, sticker ? 140 : 320);
  const style = { width, aspectRatio: `${width} / ${height}` };
  const inner = address.isError ? (
    <span className="flex size-full items-center justify-center text-muted">
      <ImageOff className="size-6" aria-label="The picture could not be loaded" />
    </span>
  ) : src ? (
    <img src={src} alt={attachment.file_name ?? (sticker ? "Sticker" : "Picture")} className={classes("size-full", sticker ? "object-contain" : "object-cover")} draggable={false} />
  ) : null;
  return (
    <button
      type="button"
      aria-label={onOpen ? `Open ${attachment.file_name ?? "the picture"}` : undefined}
      disabled={!onOpen || !src}
      onClick={onOpen}
      style={style}
      className={classes("block max-w-full overflow-hidden rounded-md", !sticker && "bg-line/60", onOpen && "cursor-zoom-in")}
    >
      {inner}
    </button>
  );
}

/** The size that fits into a square of `most` pixels; without known sizes, a landscape. */
export function fitted({ width, height }: Pick<Attachment, "width" | "height">, most: number): { width: number; height: number } {
  if (!width || !height) return { width: Math.min(most, 280), height: Math.min(most, 210) };
  const scale = Math.min(1, most / Math.max(width, height));
  return { width: Math.max(80, Math.round(width * scale)), height: Math.max(40, Math.round(height * scale)) };
}
