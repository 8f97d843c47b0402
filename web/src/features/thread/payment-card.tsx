import { useState } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { Ban, Check, Copy, CircleDollarSign, Info, MoreHorizontal, QrCode, RefreshCw, Undo2 } from "lucide-react";

import { useMay } from "@/api/may";
import { cancelPayment, type Payment, type PaymentPart, refreshPayment } from "@/api/payments";
import type { HeldMessage } from "@/live/message-pages";
import { onPayment } from "@/live/payments";
import { usePaymentDialog } from "@/lib/facts/payment-dialog";
import { moneyText } from "@/lib/money";
import { canRefund, isOpen, paymentMethodNames } from "@/lib/payment-words";
import { exact, span } from "@/lib/time";
import { useCopied } from "@/lib/use-copied";
import { useNow } from "@/lib/use-now";
import { Button, IconButton } from "@/ui/button";
import { late } from "@/ui/late";
import { Menu, MenuItem } from "@/ui/menu";
import { PaymentChip } from "@/ui/payment-chip";
import { toast, toastError } from "@/ui/toast";

const Confirm = late(() => import("@/ui/confirm").then((module) => module.Confirm));

interface PaymentCardProps {
  part: PaymentPart;
  message: Pick<HeldMessage, "id" | "local">;
}

/** A request for money in the thread: how it stands, what can be copied, and what can be done about it. */
export function PaymentCard({ part, message }: PaymentCardProps) {
  const { state, minor, currency, refunded_minor: refunded } = part;
  const show = usePaymentDialog((store) => store.show);
  const asked = !message.local;
  return (
    <section aria-label={`Payment: ${part.description}`} className="flex w-72 max-w-full flex-col gap-2 rounded-lg bg-bubble-out on-tint p-3">
      <div className="flex items-start gap-2">
        <CircleDollarSign className="mt-1 size-4 shrink-0 text-muted" aria-hidden="true" />
        <button type="button" disabled={!asked} onClick={() => show({ kind: "detail", id: part.payment_id })} className="min-w-0 flex-1 rounded text-left">
          <span className="block text-lg font-semibold tabular-nums">{moneyText({ minor, currency })}</span>
          <span dir="auto" className="block text-sm break-words">
            {part.description}
          </span>
        </button>
        {asked ? <Acts part={part} /> : null}
      </div>
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1 text-xs text-muted" aria-live="polite">
        <PaymentChip state={message.local?.state === "failed" ? "failed" : state} />
        {refunded > 0 && state !== "refunded" ? <span>{moneyText({ minor: refunded, currency })} went back</span> : null}
        {isOpen(state) && part.expires_at ? <Remaining until={part.expires_at} /> : null}
        {state === "pending" ? <span>{part.methods.map((one) => paymentMethodNames[one] ?? one).join(", ")}</span> : null}
      </div>
      {state === "pending" ? (
        <div className="flex flex-wrap gap-1.5 empty:hidden">
          {part.url ? <CopyButton what="Copy link" value={part.url} /> : null}
          {part.pix_code ? <CopyButton what="Copy Pix code" value={part.pix_code} pix /> : null}
        </div>
      ) : null}
    </section>
  );
}

/** How long it can still be paid; to the second in the last minutes. */
function Remaining({ until }: { until: string }) {
  const end = new Date(until).getTime();
  const [pace, setPace] = useState(1000);
  const now = useNow(pace);
  const next = end - now < 300_000 ? 1000 : 20_000;
  if (next !== pace) setPace(next);
  return (
    <time dateTime={until} title={exact(until)} className="tabular-nums">
      {end > now ? `expires in ${span(end - now)}` : "expires now"}
    </time>
  );
}

function CopyButton({ what, value, pix }: { what: string; value: string; pix?: boolean }) {
  const { copied, copy } = useCopied(value);
  return (
    <Button small onClick={copy}>
      {copied ? <Check /> : pix ? <QrCode /> : <Copy />}
      {copied ? "Copied" : what}
    </Button>
  );
}

function Acts({ part }: { part: PaymentPart }) {
  const client = useQueryClient();
  const show = usePaymentDialog((store) => store.show);
  const writes = useMay("writePayments");
  const refunds = useMay("refundPayments");
  const [doomed, setDoomed] = useState(false);
  const run = (act: Promise<Payment>, said: string) =>
    void act.then((payment) => {
      onPayment(client, payment);
      toast(said);
    }, toastError);
  const { payment_id: id, state } = part;
  return (
    <>
      <Menu
        trigger={
          <IconButton small label="More about this payment">
            <MoreHorizontal />
          </IconButton>
        }
      >
        <MenuItem icon={<Info />} onSelect={() => show({ kind: "detail", id })}>
          All about it
        </MenuItem>
        {writes ? (
          <MenuItem icon={<RefreshCw />} onSelect={() => run(refreshPayment(id), "Asked the provider.")}>
            Look again
          </MenuItem>
        ) : null}
        {refunds && canRefund(state) ? (
          <MenuItem icon={<Undo2 />} onSelect={() => show({ kind: "refund", id })}>
            Refund…
          </MenuItem>
        ) : null}
        {writes && isOpen(state) ? (
          <MenuItem icon={<Ban />} danger onSelect={() => setDoomed(true)}>
            Cancel
          </MenuItem>
        ) : null}
      </Menu>
      {doomed ? (
        <Confirm
          open
          title="Cancel this request?"
          text="Nobody can pay it any more: its link and code are closed at the provider. What was paid already stays."
          act="Cancel the request"
          onClose={() => setDoomed(false)}
          onConfirm={() => {
            setDoomed(false);
            run(cancelPayment(id), "It is being cancelled at the provider.");
          }}
        />
      ) : null}
    </>
  );
}
