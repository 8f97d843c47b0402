import { useQuery } from "@tanstack/react-query";

import { mediaAddress } from "@/api/media";
import type { Attachment } from "@/api/types";

export function VideoFrame({ attachment }: { attachment: Attachment }) {
  const address = useQuery({ ...mediaAddress(attachment.id), enabled: attachment.state === "stored" && !attachment.local_url });
  const poster = useQuery({ ...mediaAddress(attachment.id, true), enabled: attachment.thumbnail });
  const ratio = attachment.width && attachment.height ? `${attachment.width} / ${attachment.height}` : "16 / 9";
  return (
    <video
      controls
      preload="metadata"
      aria-label={attachment.file_name ?? "Video"}
      src={attachment.local_url ?? address.data}
      poster={poster.data}
      className="max-h-80 w-80 max-w-full rounded-md bg-line/60"
      style={{ aspectRatio: ratio }}
    />
  );
}
