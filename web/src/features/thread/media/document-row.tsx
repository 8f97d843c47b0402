import { useQueryClient } from "@tanstack/react-query";
import { Download, FileText } from "lucide-react";

import { mediaAddress } from "@/api/media";
import type { Attachment } from "@/api/types";
import { fileSize } from "@/lib/text";
import { IconButton } from "@/ui/button";
import { toastError } from "@/ui/toast";

export function DocumentRow({ attachment }: { attachment: Attachment }) {
  const client = useQueryClient();
  const name = attachment.file_name ?? "Document";
  const facts = [attachment.mime?.split("/").pop()?.split(";")[0]?.toUpperCase(), attachment.size ? fileSize(attachment.size) : undefined];

  async function download() {
    try {
      const href = attachment.local_url ?? (await client.fetchQuery(mediaAddress(attachment.id)));
      const link = document.createElement("a");
      link.href = href;
      link.download = name;
      link.click();
    } catch (error) {
      toastError(error);
    }
  }
  return (
    <div className="flex w-72 max-w-full items-center gap-2.5 rounded-md border border-line-strong/60 bg-surface/70 p-2">
      <FileText className="size-6 shrink-0 text-muted" strokeWidth={1.5} aria-hidden="true" />
      <div className="min-w-0 flex-1">
        <p className="truncate font-medium" title={name}>
          {name}
        </p>
        <p className="text-xs text-muted">{attachment.state === "pending" ? "Being fetched…" : facts.filter(Boolean).join(" · ")}</p>
      </div>
      <IconButton label={`Download ${name}`} disabled={attachment.state !== "stored"} onClick={() => void download()}>
        <Download />
      </IconButton>
    </div>
  );
}
