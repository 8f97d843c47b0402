import { useState } from "react";
import { Plus, Trash2 } from "lucide-react";

import type { Deal, DealLine } from "@/api/deals";
import { moneyText, plainAmount, readMoney } from "@/lib/money";
import { Button, IconButton } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Input } from "@/ui/field";

interface LinesDialogProps {
  deal: Deal;
  onClose: () => void;
  /** Whether the server took them. */
  onSave: (lines: DealLine[]) => Promise<boolean>;
}

interface Row {
  key: string;
  name: string;
  sku?: string | null;
  quantity: string;
  price: string;
}

/** What a deal sells, line by line; their sum is its value. */
export function LinesDialog({ deal, onClose, onSave }: LinesDialogProps) {
  const currency = deal.value.currency;
  const [rows, setRows] = useState<Row[]>(() =>
    deal.lines.length > 0
      ? deal.lines.map((line) => ({ key: crypto.randomUUID(), name: line.name, sku: line.sku, quantity: line.quantity, price: plainAmount({ minor: line.unit_minor, currency }) }))
      : [empty()],
  );
  const [busy, setBusy] = useState(false);
  const read = rows.filter((row) => row.name.trim() !== "" || row.price.trim() !== "").map((row) => line(row, currency));
  const whole = read.every((one) => one !== undefined);
  const sum = read.reduce((total, one) => total + (one ? Math.round(Number(one.quantity) * one.unit_minor) : 0), 0);
  const set = (key: string, change: Partial<Row>) => setRows(rows.map((row) => (row.key === key ? { ...row, ...change } : row)));

  async function save() {
    if (!whole) return;
    setBusy(true);
    if (await onSave(read.filter((one) => one !== undefined))) onClose();
    else setBusy(false);
  }
  return (
    <Dialog open onClose={onClose} title="What is sold" wide>
      <form
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <ul aria-label="Lines" className="flex flex-col gap-1.5">
          {rows.map((row, index) => (
            <li key={row.key} className="flex items-center gap-2">
              <Input aria-label={`Name of line ${index + 1}`} placeholder="What" maxLength={200} value={row.name} onChange={(event) => set(row.key, { name: event.target.value })} />
              <div className="w-20 shrink-0">
                <Input aria-label={`Quantity of line ${index + 1}`} inputMode="decimal" value={row.quantity} onChange={(event) => set(row.key, { quantity: event.target.value })} />
              </div>
              <div className="w-28 shrink-0">
                <Input aria-label={`Price of one in line ${index + 1}`} placeholder={`Each, ${currency}`} inputMode="decimal" value={row.price} onChange={(event) => set(row.key, { price: event.target.value })} />
              </div>
              <IconButton label={`Remove line ${index + 1}`} onClick={() => setRows(rows.filter((one) => one.key !== row.key))}>
                <Trash2 />
              </IconButton>
            </li>
          ))}
        </ul>
        <div className="flex items-center justify-between gap-2">
          <Button onClick={() => setRows([...rows, empty()])} disabled={rows.length >= 100}>
            <Plus /> Add a line
          </Button>
          <p className="font-medium tabular-nums">{whole ? moneyText({ minor: sum, currency }) : <span className="font-normal text-muted">A line has a name, a quantity and a price.</span>}</p>
        </div>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={busy} disabled={busy || !whole}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function empty(): Row {
  return { key: crypto.randomUUID(), name: "", quantity: "1", price: "" };
}

/** The line as the server takes it; `undefined` where it is not whole. */
function line(row: Row, currency: string): DealLine | undefined {
  const price = readMoney(row.price, currency);
  const quantity = row.quantity.trim().replace(",", ".");
  const fits = /^\d{1,7}(\.\d{1,3})?$/.test(quantity) && Number(quantity) > 0;
  return price && fits && row.name.trim() ? { name: row.name.trim(), sku: row.sku, quantity, unit_minor: price.minor } : undefined;
}
