import type { ReactNode } from "react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CircleAlert, ExternalLink, MessageSquare } from "lucide-react";

import { paymentAccounts, type PaymentDetail } from "@/api/payments";
import { moneyText } from "@/lib/money";
import { isOpen, paymentMethodNames } from "@/lib/payment-words";
import { dateAndTime, exact } from "@/lib/time";
import { Button } from "@/ui/button";
import { Chip } from "@/ui/chip";
import { CopyField } from "@/ui/copy-field";
import { Fact } from "@/ui/fact";
import { PaymentChip } from "@/ui/payment-chip";
import { Charges, Disputed, Part, Refunds } from "./detail-lists";
import { DetailActs } from "./detail-acts";
import { historyText, mismatchText } from "./words";

export function Detail({ payment, onClose }: { payment: PaymentDetail; onClose: () => void }) {
  const account = useQuery(paymentAccounts()).data?.find((one) => one.id === payment.account_id);
  const open = isOpen(payment.state);
  const taken = payment.charges.filter((one) => one.captured.minor > 0).map((one) => one.method);
  const methods: string[] = taken.length > 0 ? [...new Set(taken)] : payment.methods;
  return (
    <div className="flex flex-col gap-5">
      <header className="flex flex-col gap-1">
        <p className="text-2xl font-semibold tabular-nums">{moneyText(payment.amount)}</p>
        <p dir="auto" className="break-words">
          {payment.description}
        </p>
        <div className="mt-1 flex flex-wrap gap-1.5">
          <PaymentChip state={payment.state} />
          {account && !account.live ? <Chip>Test</Chip> : null}
          {payment.closing && open ? <Chip tone="warning">Being cancelled</Chip> : null}
          {payment.dispute ? <Chip tone="negative">Disputed</Chip> : null}
        </div>
      </header>
      {payment.error ? <Notice>{payment.error.detail}</Notice> : null}
      {payment.mismatch ? <Notice>{mismatchText(payment.mismatch)}</Notice> : null}
      {payment.dispute ? <Disputed dispute={payment.dispute} /> : null}
      {open && payment.url ? <CopyField label="Link" value={payment.url} /> : null}
      {open && payment.pix_code ? <CopyField label="Pix code" value={payment.pix_code} /> : null}
      {payment.state === "preparing" ? <p className="text-sm text-muted">The provider is being asked; the link appears here.</p> : null}
      <dl className="grid gap-x-6 gap-y-1.5 sm:grid-cols-2">
        {payment.contact ? <Fact name="From">{payment.contact.name || "Unnamed"}</Fact> : null}
        <Fact name="Paid to">{account?.name ?? payment.provider}</Fact>
        <Fact name={taken.length > 0 ? "Paid by" : "Can be paid by"}>{methods.map((one) => paymentMethodNames[one] ?? one).join(", ")}</Fact>
        {open ? <Fact name="Expires">{dateAndTime(payment.expires_at)}</Fact> : null}
        {payment.paid_at ? <Fact name="Paid">{dateAndTime(payment.paid_at)}</Fact> : null}
        {payment.captured.minor > 0 ? <Fact name="Taken">{moneyText(payment.captured)}</Fact> : null}
        {payment.refunded.minor > 0 ? <Fact name="Went back">{moneyText(payment.refunded)}</Fact> : null}
        {payment.fee ? <Fact name="Fee">{moneyText(payment.fee)}</Fact> : null}
        {payment.net ? <Fact name="Net">{moneyText(payment.net)}</Fact> : null}
        {payment.created_by ? <Fact name="Asked by">{payment.created_by.name}</Fact> : null}
      </dl>
      <div className="flex flex-wrap gap-2 empty:hidden">
        {payment.conversation_id ? (
          <Button asChild small>
            <Link to="/inbox/$conversationId" params={{ conversationId: payment.conversation_id }} search={{ at: payment.message_id ?? undefined }} onClick={onClose}>
              <MessageSquare /> Conversation
            </Link>
          </Button>
        ) : null}
        {payment.receipt_url ? (
          <Button asChild small>
            <a href={payment.receipt_url} target="_blank" rel="noreferrer noopener">
              <ExternalLink /> Receipt
            </a>
          </Button>
        ) : null}
      </div>
      <Charges charges={payment.charges} />
      <Refunds refunds={payment.refunds} />
      {payment.history.length > 0 ? (
        <Part title="History">
          <ol className="flex flex-col gap-1 text-sm">
            {payment.history.map((one, index) => (
              <li key={index} className="flex flex-wrap gap-x-2">
                <span className="min-w-0 flex-1 basis-48 [overflow-wrap:anywhere]">
                  {historyText(one, payment.amount.currency)}
                  {one.by ? <span className="text-muted"> · {one.by.name}</span> : null}
                </span>
                <time dateTime={one.at} title={exact(one.at)} className="text-muted tabular-nums">
                  {dateAndTime(one.at)}
                </time>
              </li>
            ))}
          </ol>
        </Part>
      ) : null}
      <DetailActs payment={payment} />
    </div>
  );
}

function Notice({ children }: { children: ReactNode }) {
  return (
    <p className="flex items-start gap-2 rounded-md bg-negative-quiet px-3 py-2 text-sm text-negative-text">
      <CircleAlert className="mt-px size-4 shrink-0" aria-hidden="true" /> <span className="min-w-0 [overflow-wrap:anywhere]">{children}</span>
    </p>
  );
}
