import { classes } from "@/lib/classes";

interface RowsProps {
  /** What is waited for, for assistive technology. */
  label: string;
  rows?: number;
  /** Of one row, in pixels. */
  height?: number;
  /** Whether rows begin with a picture. */
  face?: boolean;
  /** In a frame of its own, as on the pages of settings. */
  framed?: boolean;
}

/** A list that is on its way: rows as high as the ones to come. */
export function Rows({ label, rows = 6, height = 56, face, framed }: RowsProps) {
  const tall = height >= 50;
  return (
    <div role="status" aria-busy="true" aria-label={label} className={classes("divide-y divide-line/70 overflow-hidden", framed && "rounded-lg border bg-surface")}>
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className="flex items-center gap-3 px-4" style={{ height }}>
          {face ? <div className="skeleton size-9 rounded-full" /> : null}
          <div className="flex flex-1 flex-col gap-2">
            <div className="skeleton h-3" style={{ width: `${22 + ((index * 13) % 24)}%` }} />
            {tall ? <div className="skeleton h-3" style={{ width: `${38 + ((index * 29) % 30)}%` }} /> : null}
          </div>
        </div>
      ))}
    </div>
  );
}

/** Panels that are on their way, each with so many lines. */
export function Panels({ label, lines }: { label: string; lines: number[] }) {
  return (
    <div role="status" aria-busy="true" aria-label={label}>
      {lines.map((count, index) => (
        <div key={index} className="mb-5 flex flex-col gap-4 rounded-lg border bg-surface p-4">
          <div className="skeleton h-4 w-28" />
          {Array.from({ length: count }, (_, line) => (
            <div key={line} className="skeleton h-4" style={{ width: `${45 + ((line * 23 + index * 11) % 45)}%` }} />
          ))}
        </div>
      ))}
    </div>
  );
}
