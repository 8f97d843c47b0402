import { useRef, useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { Mic, Pause, Play } from "lucide-react";

import { mediaAddress } from "@/api/media";
import type { Attachment } from "@/api/types";
import { playTime } from "@/lib/time";

const speeds = [1, 1.5, 2];

/** Voice and audio: play, seek, speed. */
export function Player({ attachment }: { attachment: Attachment }) {
  const audio = useRef<HTMLAudioElement>(null);
  const [playing, setPlaying] = useState(false);
  const [at, setAt] = useState(0);
  const [speed, setSpeed] = useState(1);
  const [length, setLength] = useState(attachment.duration_seconds ?? 0);
  const address = useQuery({ ...mediaAddress(attachment.id), enabled: attachment.state === "stored" && !attachment.local_url });
  const src = attachment.local_url ?? address.data;

  function faster() {
    const next = speeds[(speeds.indexOf(speed) + 1) % speeds.length] ?? 1;
    setSpeed(next);
    if (audio.current) audio.current.playbackRate = next;
  }
  return (
    <div className="flex w-72 max-w-full items-center gap-2">
      <button
        type="button"
        disabled={!src}
        aria-label={playing ? "Pause" : `Play ${attachment.kind === "voice" ? "voice message" : (attachment.file_name ?? "audio")}`}
        onClick={() => void (playing ? audio.current?.pause() : audio.current?.play().catch(() => undefined))}
        className="flex size-9 shrink-0 items-center justify-center rounded-full bg-accent text-on-accent hover:bg-accent-hover disabled:opacity-50"
      >
        {playing ? <Pause className="size-4" fill="currentColor" /> : <Play className="ml-0.5 size-4" fill="currentColor" />}
      </button>
      <div className="min-w-0 flex-1">
        {attachment.kind === "audio" && attachment.file_name ? <p className="truncate text-sm">{attachment.file_name}</p> : null}
        <input
          type="range"
          aria-label="Position"
          min={0}
          max={length || 1}
          step={0.1}
          value={Math.min(at, length || 1)}
          onChange={(event) => {
            if (audio.current) audio.current.currentTime = Number(event.target.value);
          }}
          className="h-4 w-full accent-accent"
        />
      </div>
      <span className="flex flex-col items-end pt-1 text-xs text-muted tabular-nums">
        <span className="flex items-center gap-1">
          {attachment.kind === "voice" ? <Mic className="size-3" aria-hidden="true" /> : null}
          {playTime(playing || at > 0 ? at : length)}
        </span>
        <button type="button" onClick={faster} aria-label={`Speed ${speed}`} className="min-h-6 min-w-6 rounded px-0.5 text-right hover:text-text">
          {speed}×
        </button>
      </span>
      <audio
        ref={audio}
        src={src}
        preload="metadata"
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
        onEnded={() => setAt(0)}
        onTimeUpdate={(event) => setAt(event.currentTarget.currentTime)}
        onLoadedMetadata={(event) => {
          if (Number.isFinite(event.currentTarget.duration)) setLength(event.currentTarget.duration);
        }}
      />
    </div>
  );
}
