import { useCallback, useEffect, useRef, useState } from "react";

import { upload } from "@/api/upload";
import type { Abilities, Attachment, MediaKind } from "@/api/types";
import { toast } from "@/ui/toast";
import { fileFit } from "./limits";

/** A file on its way into a message. */
export interface Upload {
  key: number;
  name: string;
  size: number;
  kind: MediaKind;
  preview: string;
  /** From 0 to 1. */
  progress: number;
  attachment?: Attachment;
  error?: string;
}

let next = 1;

/** The files that wait under the composer. They are uploaded at once, so that sending waits for little. */
export function useUploads(abilities: Abilities | undefined, channelName: string) {
  const [uploads, setUploads] = useState<Upload[]>([]);
  const files = useRef(new Map<number, { file: File; abort: AbortController }>());
  useEffect(() => {
    const held = files.current;
    return () => held.forEach(({ abort }) => abort.abort());
  }, []);

  const patch = useCallback((key: number, change: Partial<Upload>) => {
    setUploads((all) => all.map((one) => (one.key === key ? { ...one, ...change } : one)));
  }, []);

  const run = useCallback(
    (key: number) => {
      const held = files.current.get(key);
      if (!held) return;
      patch(key, { error: undefined, progress: 0 });
      upload(held.file, (progress) => patch(key, { progress }), held.abort.signal)
        .then((attachment) => patch(key, { attachment, progress: 1 }))
        .catch((error: unknown) => {
          if (error instanceof DOMException && error.name === "AbortError") return;
          patch(key, { error: error instanceof Error ? error.message : "The upload failed." });
        });
    },
    [patch],
  );

  const add = useCallback(
    (given: Iterable<File>) => {
      for (const file of given) {
        const fit = abilities ? fileFit(file, abilities, channelName) : { kind: "document" as const };
        if ("refusal" in fit) {
          toast(fit.refusal, { negative: true });
          continue;
        }
        const key = next++;
        files.current.set(key, { file, abort: new AbortController() });
        setUploads((all) => [...all, { key, name: file.name, size: file.size, kind: fit.kind, preview: URL.createObjectURL(file), progress: 0 }]);
        run(key);
      }
    },
    [abilities, channelName, run],
  );

  const remove = useCallback((key: number) => {
    files.current.get(key)?.abort.abort();
    files.current.delete(key);
    setUploads((all) => all.filter((one) => one.key !== key));
  }, []);
  const clear = useCallback(() => {
    files.current.clear();
    setUploads([]);
  }, []);
  return { uploads, add, remove, retry: run, clear };
}
