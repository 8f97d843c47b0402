import { Select } from "@/ui/field";
import type { Column, Target } from "./mapping";

interface ColumnTableProps {
  columns: Column[];
  rows: string[][];
  disabled: boolean;
  onChange: (columns: Column[]) => void;
}

const previewed = 4;

/** The table's beginning, under what each column becomes. */
export function ColumnTable({ columns, rows, disabled, onChange }: ColumnTableProps) {
  const choose = (index: number, target: Target) => onChange(columns.map((column, at) => (at === index ? { ...column, target } : column)));
  return (
    <div className="overflow-x-auto rounded-md border" tabIndex={0} role="region" aria-label="Columns and first rows">
      <table className="w-full border-collapse text-sm">
        <thead>
          <tr>
            {columns.map((column, index) => (
              <th key={index} scope="col" className="min-w-36 border-b bg-canvas p-2 text-left align-bottom font-medium">
                <span className="mb-1 block truncate" title={column.title}>
                  {column.title || `Column ${index + 1}`}
                </span>
                <Select aria-label={`What ${column.title || `column ${index + 1}`} becomes`} disabled={disabled} value={column.target} onChange={(event) => choose(index, event.target.value as Target)}>
                  <option value="name">Name</option>
                  <option value="phone">Phone</option>
                  <option value="email">E-mail</option>
                  {column.title ? <option value="attribute">Attribute “{column.title}”</option> : null}
                  <option value="skip">Leave out</option>
                </Select>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, previewed).map((row, index) => (
            <tr key={index} className="border-b last:border-0">
              {columns.map((column, at) => (
                <td key={at} dir="auto" className={column.target === "skip" ? "max-w-48 truncate p-2 text-muted line-through" : "max-w-48 truncate p-2"} title={row[at]}>
                  {row[at] ?? ""}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
