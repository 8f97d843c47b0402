import { type ReactNode, useRef, useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Download, FileText, Paperclip, Trash2, X } from "lucide-react";

import type { Deal } from "@/api/deals";
import { dealFileBytes, type DealFile, dealFiles, removeDealFile } from "@/api/deal-files";
import { useMay } from "@/api/may";
import { members } from "@/api/organization";
import { useSession } from "@/api/session";
import { saveFile } from "@/lib/save-file";
import { fileSize } from "@/lib/text";
import { Ago } from "@/ui/ago";
import { Button, IconButton } from "@/ui/button";
import { late } from "@/ui/late";
import { Failed, Lines } from "@/ui/states";
import { toastError } from "@/ui/toast";
import { type Arriving, useDealUploads } from "./use-deal-uploads";

const Confirm = late(() => import("@/ui/confirm").then((module) => module.Confirm));

/** The files on a deal. New ones are chosen here, or dropped anywhere on the deal's card. */
export function DealFiles({ deal }: { deal: Deal }) {
  const client = useQueryClient();
  const found = useQuery(dealFiles(deal.id));
  const people = useQuery(members()).data;
  const me = useSession((session) => session.user?.id);
  const writes = useMay("writeDeals");
  const deletes = useMay("deleteDeals");
  const { arriving, add, drop } = useDealUploads(deal.id);
  const [doomed, setDoomed] = useState<DealFile>();
  const chooser = useRef<HTMLInputElement>(null);
  if (found.isPending) return <Lines rows={1} />;
  if (found.isError) return <Failed error={found.error} onRetry={() => void found.refetch()} />;

  async function remove(file: DealFile) {
    setDoomed(undefined);
    try {
      await removeDealFile(deal.id, file.id);
    } catch (error) {
      toastError(error);
    }
    void client.invalidateQueries({ queryKey: dealFiles(deal.id).queryKey });
  }
  return (
    <>
      <ul aria-label="Files" className="flex flex-col gap-1">
        {arriving.map((one) => (
          <Coming key={one.key} file={one} onDrop={() => drop(one.key)} />
        ))}
        {found.data.map((file) => (
          <Line key={file.id} name={file.file_name} note={<FileNote file={file} by={people?.find((one) => one.id === file.added_by)?.name} />}>
            <IconButton small label={`Download ${file.file_name}`} onClick={() => void dealFileBytes(file.id).then((bytes) => saveFile(bytes, file.file_name), toastError)}>
              <Download />
            </IconButton>
            {deletes || (writes && file.added_by === me) ? (
              <IconButton small label={`Remove ${file.file_name}`} onClick={() => setDoomed(file)}>
                <Trash2 />
              </IconButton>
            ) : null}
          </Line>
        ))}
      </ul>
      {found.data.length === 0 && !writes ? <p className="text-sm text-muted">None.</p> : null}
      {writes ? (
        <>
          <input
            ref={chooser}
            type="file"
            multiple
            hidden
            aria-label="Files for the deal"
            onChange={(event) => {
              add(event.target.files ?? []);
              event.target.value = "";
            }}
          />
          <Button small look="quiet" className="-ml-2 text-muted" onClick={() => chooser.current?.click()}>
            <Paperclip /> Add files
          </Button>
        </>
      ) : null}
      {doomed ? (
        <Confirm
          open
          title={`Remove ${doomed.file_name}?`}
          text="The file is deleted for everybody and cannot be brought back. The deal stays."
          act="Remove file"
          onClose={() => setDoomed(undefined)}
          onConfirm={() => void remove(doomed)}
        />
      ) : null}
    </>
  );
}

function FileNote({ file, by }: { file: DealFile; by?: string }) {
  return (
    <>
      {[file.size == null ? "" : fileSize(file.size), by].filter(Boolean).join(" · ")} · <Ago at={file.created_at} />
    </>
  );
}

/** A file on its way: how far it is, or why it stopped. */
function Coming({ file, onDrop }: { file: Arriving; onDrop: () => void }) {
  const percent = Math.round(file.progress * 100);
  return (
    <Line name={file.name} note={file.error ? <span className="text-negative-text">{file.error}</span> : <progress aria-label={`Upload of ${file.name}`} max={100} value={percent} className="h-1.5 w-full" />}>
      <IconButton small label={file.error ? `Dismiss ${file.name}` : `Stop ${file.name}`} onClick={onDrop}>
        <X />
      </IconButton>
    </Line>
  );
}

function Line({ name, note, children }: { name: string; note: ReactNode; children: ReactNode }) {
  return (
    <li className="flex items-center gap-2">
      <FileText aria-hidden="true" className="size-4 shrink-0 text-muted" />
      <span className="flex min-w-0 flex-1 flex-col">
        <span className="truncate text-sm" title={name}>
          {name}
        </span>
        <span className="truncate text-xs text-muted">{note}</span>
      </span>
      <span className="flex shrink-0">{children}</span>
    </li>
  );
}
