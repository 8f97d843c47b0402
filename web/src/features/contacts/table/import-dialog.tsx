import { useState } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { FileUp } from "lucide-react";

import { contactKeys, importContacts } from "@/api/contacts";
import type { ImportedRow } from "@/api/types";
import { readCsv } from "@/lib/csv";
import { count, fileSize } from "@/lib/text";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Fault } from "@/ui/states";
import { ColumnTable } from "./column-table";
import { ImportResult } from "./import-result";
import { batches, type Column, fault, guess } from "./mapping";

const mostBytes = 20_000_000;

interface Table {
  name: string;
  rows: string[][];
}

/** Takes a table of contacts in: choose it, say what its columns are, watch it go, see what became of each row. */
export function ImportDialog({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const [table, setTable] = useState<Table>();
  const [columns, setColumns] = useState<Column[]>([]);
  const [done, setDone] = useState<ImportedRow[]>();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const wrong = table ? fault(columns) : undefined;

  async function open(file: File | undefined) {
    if (!file) return;
    setError(undefined);
    if (file.size > mostBytes) return setError(new Error(`${file.name} is ${fileSize(file.size)}; a table may have ${fileSize(mostBytes)}. Split it into parts.`));
    const [head, ...rows] = readCsv(await file.text());
    if (!head || rows.length === 0) return setError(new Error(`${file.name} holds no rows below a first line with the names of the columns. Save the sheet as CSV.`));
    setTable({ name: file.name, rows });
    setColumns(guess(head));
  }
  async function run() {
    if (!table) return;
    setBusy(true);
    setError(undefined);
    const all: ImportedRow[] = done ?? [];
    try {
      for (const batch of batches(columns, table.rows)) {
        if (batch.first <= all.length) continue;
        const outcomes = await importContacts(batch.csv);
        all.push(...outcomes.map((one) => ({ ...one, row: one.row + batch.first - 1 })));
        setDone([...all]);
      }
    } catch (caught) {
      setDone([...all]);
      setError(caught);
    } finally {
      setBusy(false);
      void client.invalidateQueries({ queryKey: contactKeys.lists });
    }
  }

  if (table && done && !busy && done.length >= table.rows.length) {
    return (
      <Dialog open wide onClose={onClose} title="Contacts imported">
        <ImportResult rows={done} table={table.rows} titles={columns.map((column) => column.title)} />
        <div className="mt-4 flex justify-end">
          <Button look="primary" onClick={onClose}>
            Done
          </Button>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog open wide onClose={busy ? () => undefined : onClose} title="Import contacts" description="A row changes the contact with its phone number or e-mail address, or makes a new one. Empty cells change nothing.">
      <div className="flex flex-col gap-4">
        <Fault error={error} />
        {table ? (
          <>
            <p>
              <strong className="font-medium break-all">{table.name}</strong> · {count(table.rows.length, "row")}
            </p>
            <ColumnTable columns={columns} rows={table.rows} disabled={busy || done !== undefined} onChange={setColumns} />
            {wrong ? <p className="text-sm text-negative-text">{wrong}</p> : null}
            {busy || done ? <Progress done={done?.length ?? 0} of={table.rows.length} /> : null}
            <div className="flex justify-end gap-2">
              <Button disabled={busy} onClick={() => (setTable(undefined), setDone(undefined), setError(undefined))}>
                Another file
              </Button>
              <Button look="primary" busy={busy} disabled={busy || wrong !== undefined} onClick={() => void run()}>
                {done ? "Continue" : `Import ${count(table.rows.length, "row")}`}
              </Button>
            </div>
          </>
        ) : (
          <label
            className="flex cursor-pointer flex-col items-center gap-2 rounded-lg border border-dashed border-line-strong px-6 py-10 text-center hover:bg-sunken has-focus-visible:outline-2 has-focus-visible:outline-accent"
            onDragOver={(event) => event.preventDefault()}
            onDrop={(event) => {
              event.preventDefault();
              void open(event.dataTransfer.files[0]);
            }}
          >
            <FileUp className="size-7 text-muted" strokeWidth={1.5} aria-hidden="true" />
            <span className="font-medium">Choose a CSV file, or drop it here</span>
            <span className="text-sm text-muted">Its first line names the columns.</span>
            <input type="file" accept=".csv,text/csv" className="sr-only" aria-label="CSV file" onChange={(event) => void open(event.target.files?.[0])} />
          </label>
        )}
      </div>
    </Dialog>
  );
}

function Progress({ done, of }: { done: number; of: number }) {
  return (
    <div>
      <progress aria-label="Rows taken in" max={of} value={done} className="h-1.5 w-full appearance-none overflow-hidden rounded-full bg-line [&::-moz-progress-bar]:bg-accent [&::-webkit-progress-bar]:bg-line [&::-webkit-progress-value]:bg-accent" />
      <p className="text-sm text-muted tabular-nums" role="status">
        {done.toLocaleString()} of {count(of, "row")}
      </p>
    </div>
  );
}
