import { useState } from "react";
import { useQuery } from "@tanstack/react-query";

import { mediaAddress } from "@/api/media";
import type { Attachment } from "@/api/types";
import { DocumentRow } from "./document-row";

export function VideoFrame({ attachment }: { attachment: Attachment }) {
  const address = useQuery({ ...mediaAddress(attachment.id), enabled: attachment.state === "stored" && !attachment.local_url });
  const poster = useQuery({ ...mediaAddress(attachment.id, true), enabled: attachment.thumbnail });
  const [unplayable, setUnplayable] = useState(false);
  const ratio = attachment.width && attachment.height ? `${attachment.width} / ${attachment.height}` : "16 / 9";
  // Browsers know few of the films there are; it can still be kept and opened elsewhere.
  if (unplayable) return <DocumentRow attachment={{ ...attachment, file_name: attachment.file_name ?? "Video" }} />;
  return (
    <video
      controls
      preload="metadata"
      onError={() => setUnplayable(true)}
      aria-label={attachment.file_name ?? "Video"}
      src={attachment.local_url ?? address.data}
      poster={poster.data}
      className="max-h-80 w-80 max-w-full rounded-md bg-line/60"
      style={{ aspectRatio: ratio }}
    />
  );
}
