import { useRef, useState } from "react";
import { Paperclip, SendHorizontal, X } from "lucide-react";

import { IconButton } from "@/ui/button";
import type { ChatMessage } from "./types";

interface PhoneInputProps {
  quoted?: ChatMessage;
  edited?: ChatMessage;
  onDrop: () => void;
  onText: (text: string) => void;
  onFile: (file: File, kind: string, caption: string) => void;
}

export function PhoneInput({ quoted, edited, onDrop, onText, onFile }: PhoneInputProps) {
  const [text, setText] = useState(edited?.text ?? "");
  const files = useRef<HTMLInputElement>(null);
  const about = edited ?? quoted;
  return (
    <form
      className="border-t px-3 pt-2 pb-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim()) onText(text.trim());
        setText("");
      }}
    >
      {about ? (
        <p className="mb-1 flex items-center gap-2 text-sm text-muted">
          <span className="min-w-0 flex-1 truncate">
            {edited ? "Editing" : "Answering"}: {about.text || about.kind}
          </span>
          <IconButton small label="Drop" onClick={onDrop}>
            <X />
          </IconButton>
        </p>
      ) : null}
      <div className="flex items-center gap-1.5">
        <IconButton label="Send a file" onClick={() => files.current?.click()}>
          <Paperclip />
        </IconButton>
        <input
          ref={files}
          type="file"
          hidden
          aria-label="File to send"
          onChange={(event) => {
            const file = event.target.files?.[0];
            if (file) onFile(file, kindOf(file), text.trim());
            setText("");
            event.target.value = "";
          }}
        />
        <input
          aria-label="Message"
          placeholder="Message"
          autoComplete="off"
          value={text}
          onChange={(event) => setText(event.target.value)}
          className="h-9 min-w-0 flex-1 rounded-full border bg-canvas px-4"
        />
        <button type="submit" aria-label="Send" disabled={!text.trim()} className="flex size-9 items-center justify-center rounded-full bg-accent text-on-accent disabled:opacity-50">
          <SendHorizontal className="size-4" />
        </button>
      </div>
    </form>
  );
}

function kindOf(file: File): string {
  if (file.type.startsWith("image/")) return "image";
  if (file.type.startsWith("video/")) return "video";
  if (file.type === "audio/ogg") return "voice";
  return file.type.startsWith("audio/") ? "audio" : "document";
}
