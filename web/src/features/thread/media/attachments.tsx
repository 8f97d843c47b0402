import { useQueryClient } from "@tanstack/react-query";
import { CircleAlert, RotateCw } from "lucide-react";

import { messageKeys, retryAttachment } from "@/api/messages";
import type { Attachment } from "@/api/types";
import { Button } from "@/ui/button";
import { toastError } from "@/ui/toast";
import { DocumentRow } from "./document-row";
import { Mosaic } from "./mosaic";
import { Picture } from "./picture";
import { Player } from "./player";
import { VideoFrame } from "./video-frame";

interface AttachmentsProps {
  attachments: Attachment[];
  conversationId: string;
  /** Without their names: those of recordings say nothing to people. */
  unnamed?: boolean;
  /** Opens a picture large. */
  onView: (id: string) => void;
}

export function Attachments({ attachments, conversationId, unnamed, onView }: AttachmentsProps) {
  const pictures = attachments.filter((one) => one.kind === "image" && one.state !== "failed");
  const [only] = pictures;
  const others = attachments.filter((one) => !pictures.includes(one));
  return (
    <div className="flex flex-col gap-1">
      {only && pictures.length === 1 ? <Picture attachment={only} onOpen={() => onView(only.id)} /> : null}
      {pictures.length > 1 ? <Mosaic tiles={pictures.map((attachment) => ({ attachment, onOpen: () => onView(attachment.id) }))} /> : null}
      {others.map((one) => (
        <One key={one.id} attachment={unnamed ? { ...one, file_name: null } : one} conversationId={conversationId} />
      ))}
    </div>
  );
}

function One({ attachment, conversationId }: { attachment: Attachment; conversationId: string }) {
  if (attachment.state === "failed") return <FailedMedia attachment={attachment} conversationId={conversationId} />;
  switch (attachment.kind) {
    case "audio":
    case "voice":
      return <Player attachment={attachment} />;
    case "video":
      return <VideoFrame attachment={attachment} />;
    case "sticker":
      return <Picture attachment={attachment} sticker />;
    default:
      return <DocumentRow attachment={attachment} />;
  }
}

function FailedMedia({ attachment, conversationId }: { attachment: Attachment; conversationId: string }) {
  const client = useQueryClient();
  async function again() {
    try {
      await retryAttachment(attachment.id);
      await client.invalidateQueries({ queryKey: messageKeys.of(conversationId) });
    } catch (error) {
      toastError(error);
    }
  }
  return (
    <div className="flex min-w-56 items-center gap-2.5 rounded-md border border-negative/40 bg-surface/70 p-2.5">
      <CircleAlert className="size-4 shrink-0 text-negative-text" aria-hidden="true" />
      <div className="min-w-0 flex-1">
        <p className="font-medium">The {attachment.kind} could not be fetched</p>
        <p className="text-sm break-words text-muted">{attachment.error ?? "The platform did not give it."}</p>
      </div>
      <Button small onClick={() => void again()}>
        <RotateCw /> Try again
      </Button>
    </div>
  );
}
