import { useMemo } from "react";
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { create } from "zustand";

import { addDealFile, dealFiles } from "@/api/deal-files";
import { upload } from "@/api/upload";

/** A file on its way onto a deal. */
export interface Arriving {
  key: number;
  name: string;
  /** From 0 to 1. */
  progress: number;
  error?: string;
}

let next = 1;
const none: Arriving[] = [];
const aborts = new Map<number, AbortController>();
/** By deal: who looks at another one meanwhile finds them where they were left. */
const useArriving = create<{ files: Record<string, Arriving[]> }>(() => ({ files: {} }));

function change(dealId: string, to: (files: Arriving[]) => Arriving[]): void {
  useArriving.setState(({ files }) => ({ files: { ...files, [dealId]: to(files[dealId] ?? none) } }));
}

function drop(dealId: string, key: number): void {
  aborts.get(key)?.abort();
  aborts.delete(key);
  change(dealId, (all) => all.filter((one) => one.key !== key));
}

async function send(client: QueryClient, dealId: string, file: File): Promise<void> {
  const key = next++;
  const abort = new AbortController();
  aborts.set(key, abort);
  const patch = (part: Partial<Arriving>) => change(dealId, (all) => all.map((one) => (one.key === key ? { ...one, ...part } : one)));
  change(dealId, (all) => [...all, { key, name: file.name, progress: 0 }]);
  try {
    const { id } = await upload(file, (progress) => patch({ progress }), abort.signal);
    await addDealFile(dealId, id);
    await client.invalidateQueries({ queryKey: dealFiles(dealId).queryKey });
    drop(dealId, key);
  } catch (error) {
    if (!abort.signal.aborted) patch({ error: error instanceof Error ? error.message : "The upload failed." });
  }
}

/** Uploads to a deal; they go on while another one is looked at. */
export function useDealUploads(dealId: string) {
  const client = useQueryClient();
  const arriving = useArriving((state) => state.files[dealId] ?? none);
  const acts = useMemo(
    () => ({
      add: (files: Iterable<File>) => [...files].forEach((file) => void send(client, dealId, file)),
      drop: (key: number) => drop(dealId, key),
    }),
    [client, dealId],
  );
  return { arriving, ...acts };
}
