import { Download } from "lucide-react";

import type { ImportedRow } from "@/api/types";
import { writeCsv } from "@/lib/csv";
import { saveFile } from "@/lib/save-file";
import { count } from "@/lib/text";
import { Button } from "@/ui/button";

interface ImportResultProps {
  rows: ImportedRow[];
  table: string[][];
  titles: string[];
}

const shown = 50;

/** How many were made and changed, and why others were not; those can be taken along, to be mended. */
export function ImportResult({ rows, table, titles }: ImportResultProps) {
  const faulty = rows.filter((row) => row.error);
  const of = (outcome: ImportedRow["outcome"]) => rows.filter((row) => row.outcome === outcome && !row.error).length;
  const sentence = [`${count(of("created"), "contact")} created`, `${count(of("updated"), "contact")} updated`, of("skipped") ? `${of("skipped").toLocaleString()} unchanged` : ""].filter(Boolean).join(", ");

  function save() {
    const lines = faulty.map((row) => [...(table[row.row - 1] ?? []), row.error ?? ""]);
    saveFile(new Blob([writeCsv([[...titles, "error"], ...lines])], { type: "text/csv" }), "contacts-not-imported.csv");
  }
  return (
    <div className="flex flex-col gap-3">
      <p role="status">{sentence}.</p>
      {faulty.length ? (
        <>
          <div className="flex flex-wrap items-center gap-3">
            <p className="flex-1 font-medium text-negative-text">{count(faulty.length, "row")} could not be taken. The others are safe.</p>
            <Button small onClick={save}>
              <Download /> Save these rows
            </Button>
          </div>
          <ul className="max-h-60 overflow-y-auto rounded-md border text-sm" aria-label="Rows that were not taken" tabIndex={0}>
            {faulty.slice(0, shown).map((row) => (
              <li key={row.row} className="flex gap-3 border-b px-3 py-1.5 last:border-0">
                <span className="w-16 shrink-0 text-muted tabular-nums">Row {row.row}</span>
                <span className="min-w-0 flex-1 break-words">
                  {row.error} <span className="text-muted">{table[row.row - 1]?.filter(Boolean).join(", ")}</span>
                </span>
              </li>
            ))}
            {faulty.length > shown ? <li className="px-3 py-1.5 text-muted">and {count(faulty.length - shown, "more row")}</li> : null}
          </ul>
        </>
      ) : null}
    </div>
  );
}
