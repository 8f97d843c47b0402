import type { ReactNode } from "react";
import { ExternalLink, Gavel } from "lucide-react";

import type { Charge, Dispute, Refund } from "@/api/payments";
import { moneyText } from "@/lib/money";
import { paymentMethodNames } from "@/lib/payment-words";
import { dateAndTime, exact } from "@/lib/time";
import { Chip } from "@/ui/chip";
import { disputeNames, disputeOver, progressNames, refundNames } from "./words";

export function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h3 className="mb-1.5 text-sm font-semibold">{title}</h3>
      {children}
    </section>
  );
}

/** Each time that somebody paid, or tried to. */
export function Charges({ charges }: { charges: Charge[] }) {
  if (charges.length === 0) return null;
  return (
    <Part title="At the provider">
      <ul aria-label="Charges" className="divide-y rounded-md border text-sm">
        {charges.map((one) => (
          <li key={one.id} className="flex flex-col gap-0.5 px-3 py-2">
            <span className="flex flex-wrap items-center gap-2">
              <Chip tone={one.progress === "captured" ? "positive" : one.progress === "failed" ? "negative" : "neutral"}>{progressNames[one.progress] ?? one.progress}</Chip>
              <span>{paymentMethodNames[one.method] ?? one.method}</span>
              <span className="min-w-0 flex-1 truncate text-muted">{one.payer}</span>
              <span className="font-medium tabular-nums">{moneyText(one.captured.minor > 0 ? one.captured : one.amount)}</span>
            </span>
            <span className="flex flex-wrap items-center gap-x-2 text-xs text-muted">
              <span className="font-mono [overflow-wrap:anywhere]">{one.external_id}</span>
              <time dateTime={one.paid_at ?? one.created_at} title={exact(one.paid_at ?? one.created_at)}>
                {dateAndTime(one.paid_at ?? one.created_at)}
              </time>
              {one.fee ? <span>fee {moneyText(one.fee)}</span> : null}
              {one.receipt_url ? (
                <a href={one.receipt_url} target="_blank" rel="noreferrer noopener" className="inline-flex items-center gap-1 text-accent-text underline underline-offset-2">
                  Receipt <ExternalLink className="size-3" aria-label="opens in a new tab" />
                </a>
              ) : null}
            </span>
            {one.failure ? <span className="text-negative-text">{one.failure.detail || one.failure.code}</span> : null}
          </li>
        ))}
      </ul>
    </Part>
  );
}

/** What went back, why, and who gave it. */
export function Refunds({ refunds }: { refunds: Refund[] }) {
  if (refunds.length === 0) return null;
  return (
    <Part title="Refunds">
      <ul aria-label="Refunds" className="divide-y rounded-md border text-sm">
        {refunds.map((one) => (
          <li key={one.id} className="flex flex-col gap-0.5 px-3 py-2">
            <span className="flex items-center gap-2">
              <RefundChip state={one.state} />
              <span dir="auto" className="min-w-0 flex-1 [overflow-wrap:anywhere]">
                {one.reason}
              </span>
              <span className="font-medium tabular-nums">{moneyText(one.amount)}</span>
            </span>
            <span className="text-xs text-muted">
              {one.by ? `${one.by.name} · ` : ""}
              {dateAndTime(one.created_at)}
            </span>
            {one.detail ? <span className={one.state === "failed" ? "text-negative-text" : "text-muted"}>{one.detail}</span> : null}
          </li>
        ))}
      </ul>
    </Part>
  );
}

export function RefundChip({ state }: Pick<Refund, "state">) {
  return <Chip tone={state === "done" ? "positive" : state === "failed" ? "negative" : "warning"}>{refundNames[state] ?? state}</Chip>;
}

/** The payer's bank wants the money back. */
export function Disputed({ dispute }: { dispute: Dispute }) {
  const over = disputeOver(dispute);
  return (
    <section aria-label="Dispute" className="flex items-start gap-2 rounded-md border border-negative/40 px-3 py-2 text-sm">
      <Gavel className="mt-0.5 size-4 shrink-0 text-negative-text" aria-hidden="true" />
      <div>
        <p className="font-medium">
          Dispute{dispute.amount ? ` over ${moneyText(dispute.amount)}` : ""}: {disputeNames[dispute.state] ?? dispute.state}
        </p>
        {dispute.reason ? <p className="text-muted">The bank’s reason: {dispute.reason.replaceAll("_", " ")}</p> : null}
        {dispute.due && !over ? (
          <p className="font-medium text-negative-text">Evidence is taken until {dateAndTime(dispute.due)}, on the provider’s own page.</p>
        ) : null}
      </div>
    </section>
  );
}
