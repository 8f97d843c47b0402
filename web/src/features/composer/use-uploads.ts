import { create } from "zustand";

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
const none: Upload[] = [];
const files = new Map<number, { file: File; abort: AbortController }>();
/** By conversation: who looks at another one meanwhile finds the files where they were left. */
const useTrays = create<{ trays: Record<string, Upload[]> }>(() => ({ trays: {} }));

function change(conversationId: string, to: (uploads: Upload[]) => Upload[]): void {
  useTrays.setState(({ trays }) => ({ trays: { ...trays, [conversationId]: to(trays[conversationId] ?? none) } }));
}

function run(conversationId: string, key: number): void {
  const held = files.get(key);
  if (!held) return;
  const patch = (fields: Partial<Upload>) => change(conversationId, (all) => all.map((one) => (one.key === key ? { ...one, ...fields } : one)));
  patch({ error: undefined, progress: 0 });
  upload(held.file, (progress) => patch({ progress }), held.abort.signal)
    .then((attachment) => patch({ attachment, progress: 1 }))
    .catch((error: unknown) => {
      if (error instanceof DOMException && error.name === "AbortError") return;
      patch({ error: error instanceof Error ? error.message : "The upload failed." });
    });
}

/** The files that wait under the composer. They are uploaded at once, so that sending waits for little. */
export function useUploads(conversationId: string, abilities: Abilities | undefined, channelName: string) {
  const uploads = useTrays((state) => state.trays[conversationId] ?? none);

  function add(given: Iterable<File>) {
    for (const file of given) {
      const fit = abilities ? fileFit(file, abilities, channelName) : { kind: "document" as const };
      if ("refusal" in fit) {
        toast(fit.refusal, { negative: true });
        continue;
      }
      const key = next++;
      files.set(key, { file, abort: new AbortController() });
      change(conversationId, (all) => [...all, { key, name: file.name, size: file.size, kind: fit.kind, preview: URL.createObjectURL(file), progress: 0 }]);
      run(conversationId, key);
    }
  }
  function remove(key: number) {
    files.get(key)?.abort.abort();
    files.delete(key);
    change(conversationId, (all) => all.filter((one) => one.key !== key));
  }
  function clear() {
    for (const one of uploads) files.delete(one.key);
    change(conversationId, () => none);
  }
  return { uploads, add, remove, retry: (key: number) => run(conversationId, key), clear };
}
