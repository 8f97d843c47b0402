import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";

import { members } from "@/api/organization";
import { plainAmount, readMoney } from "@/lib/money";
import { useRested } from "@/lib/use-delayed";
import { Button } from "@/ui/button";
import { Input, Select } from "@/ui/field";
import { type BoardSearch, conditionCount, unfiltered } from "./board-search";

interface FilterBarProps {
  search: BoardSearch;
  /** What amounts are typed in. */
  currency: string;
}

const named = ["", "0", "8", "31"];

/** Conditions that narrow the board and the table, kept in the address. */
export function FilterBar({ search, currency }: FilterBarProps) {
  const navigate = useNavigate();
  const people = (useQuery(members()).data ?? []).filter((one) => !one.deactivated_at && !one.invited && one.role !== "viewer");
  const [byDay, setByDay] = useState(!named.includes(search.closing ?? ""));
  const set = (change: BoardSearch) => void navigate({ to: ".", search: { ...search, ...change }, replace: true });
  return (
    <div role="group" aria-label="Filter" className="flex flex-wrap items-center gap-2 px-4 pb-3 max-md:grid max-md:grid-cols-2">
      <div className="md:w-40">
        <Select aria-label="Owner is" value={search.owner ?? ""} onChange={(event) => set({ owner: event.target.value || undefined })}>
          <option value="">Any owner</option>
          <option value="me">Me</option>
          <option value="none">Nobody</option>
          {people.map((one) => (
            <option key={one.id} value={one.id}>
              {one.name}
            </option>
          ))}
        </Select>
      </div>
      <div className="md:w-36">
        <Select aria-label="Status is" value={search.status ?? ""} onChange={(event) => set({ status: event.target.value || undefined })}>
          <option value="">Any status</option>
          <option value="open">Open</option>
          <option value="won">Won</option>
          <option value="lost">Lost</option>
        </Select>
      </div>
      <div className="md:w-48">
        <Select
          aria-label="Closes"
          value={byDay ? "day" : (search.closing ?? "")}
          onChange={(event) => {
            setByDay(event.target.value === "day");
            if (event.target.value !== "day") set({ closing: event.target.value || undefined });
          }}
        >
          <option value="">Closes at any time</option>
          <option value="0">Overdue</option>
          <option value="8">Within 7 days</option>
          <option value="31">Within 30 days</option>
          <option value="day">Before a day…</option>
        </Select>
      </div>
      {byDay ? (
        <div className="md:w-40">
          <Input type="date" aria-label="Closes before" value={named.includes(search.closing ?? "") ? "" : search.closing} onChange={(event) => set({ closing: event.target.value || undefined })} />
        </div>
      ) : null}
      <div className="md:w-32">
        <Typed key={`tag ${search.view ?? ""}`} label="Tag" value={search.tag ?? ""} onRest={(tag) => set({ tag: tag || undefined })} />
      </div>
      <Amount label="Worth at least" value={search.from} currency={currency} view={search.view} onChange={(from) => set({ from })} />
      <Amount label="Worth at most" value={search.to} currency={currency} view={search.view} onChange={(to) => set({ to })} />
      <label className="flex h-9 items-center gap-2">
        <input type="checkbox" checked={search.stale === "yes"} onChange={(event) => set({ stale: event.target.checked ? "yes" : undefined })} /> Quiet only
      </label>
      {conditionCount(search) > 0 || search.q ? (
        <Button
          look="quiet"
          className="text-muted"
          onClick={() => {
            setByDay(false);
            void navigate({ to: ".", search: unfiltered(search), replace: true });
          }}
        >
          Clear
        </Button>
      ) : null}
    </div>
  );
}

interface TypedProps {
  label: string;
  value: string;
  wrong?: (text: string) => boolean;
  onRest: (text: string) => void;
}

/** A field whose words count once the typing rests. */
function Typed({ label, value, wrong, onRest }: TypedProps) {
  const [typed, setTyped] = useState(value);
  const [held, setHeld] = useState(value);
  const rest = useRested((text: string) => {
    if (!wrong?.(text)) onRest(text.trim());
  });
  // Cleared from outside, or another view was opened.
  if (held !== value) {
    setHeld(value);
    if (typed.trim() !== value) setTyped(value);
  }
  return (
    <Input
      aria-label={label}
      placeholder={label}
      aria-invalid={wrong?.(typed) ? true : undefined}
      value={typed}
      onChange={(event) => {
        setTyped(event.target.value);
        rest(event.target.value);
      }}
    />
  );
}

interface AmountProps {
  label: string;
  value?: string;
  currency: string;
  view?: string;
  onChange: (minor: string | undefined) => void;
}

function Amount({ label, value, currency, view, onChange }: AmountProps) {
  const shown = value && /^\d+$/.test(value) ? plainAmount({ minor: Number(value), currency }) : "";
  const [typed, setTyped] = useState<{ text: string; minor?: string }>();
  const read = (text: string) => (text.trim() ? readMoney(text, currency) : undefined);
  return (
    <div className="md:w-44">
      <Typed
        key={view}
        label={`${label}, ${currency}`}
        // As it was typed, while it means the same.
        value={typed && typed.minor === value ? typed.text : shown}
        wrong={(text) => text.trim() !== "" && !read(text)}
        onRest={(text) => {
          const minor = read(text)?.minor.toString();
          setTyped({ text, minor });
          onChange(minor);
        }}
      />
    </div>
  );
}
