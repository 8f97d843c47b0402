import { useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";

import { payment as paymentQuery, paymentKeys, paymentProviders, type PaymentDetail, refundPayment } from "@/api/payments";
import { moneyText, plainAmount, readMoney } from "@/lib/money";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, Input } from "@/ui/field";
import { Failed, Fault, Lines } from "@/ui/states";
import { toast } from "@/ui/toast";
import { refundable } from "./sums";

/** Gives money back, all or some of it. */
export function RefundDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const found = useQuery(paymentQuery(id));
  return (
    <Dialog open onClose={onClose} title="Refund">
      {found.isPending ? <Lines rows={4} /> : null}
      {found.isError && !found.data ? <Failed error={found.error} onRetry={() => void found.refetch()} /> : null}
      {found.data ? <RefundForm payment={found.data} onClose={onClose} /> : null}
    </Dialog>
  );
}

function RefundForm({ payment, onClose }: { payment: PaymentDetail; onClose: () => void }) {
  const client = useQueryClient();
  const provider = useQuery(paymentProviders()).data?.find((one) => one.id === payment.provider)?.name ?? payment.provider;
  const { currency } = payment.captured;
  const left = refundable(payment);
  const [typed, setTyped] = useState(() => plainAmount(left));
  const [reason, setReason] = useState("");
  // The same for each try: a lost answer gives nothing back twice.
  const [key] = useState(() => crypto.randomUUID());
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<unknown>();
  const amount = readMoney(typed, currency);
  const wrong = !amount || amount.minor === 0 ? "Write an amount, such as 12.50 or 12,50." : amount.minor > left.minor ? `No more than ${moneyText(left)} is left.` : undefined;

  async function refund() {
    if (!amount || wrong || !reason.trim()) return;
    setBusy(true);
    setFault(undefined);
    try {
      await refundPayment(payment.id, { amount, reason: reason.trim() }, key);
      void client.invalidateQueries({ queryKey: paymentKeys.all });
      toast(`${moneyText(amount)} is on its way back.`);
      onClose();
    } catch (error) {
      setFault(error);
      setBusy(false);
    }
  }
  return (
    <form
      noValidate
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        void refund();
      }}
    >
      <Field label={`Amount in ${currency}`} help={`${moneyText(left)} of ${moneyText(payment.captured)} is left.`} error={typed.trim() === "" ? undefined : wrong}>
        {(props) => <Input {...props} autoFocus inputMode="decimal" autoComplete="off" className="text-lg tabular-nums" value={typed} onChange={(event) => setTyped(event.target.value)} />}
      </Field>
      <Field label="Why" help="For your team and your books.">
        {(props) => <Input {...props} dir="auto" maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} />}
      </Field>
      <p className="rounded-md bg-warning-quiet px-3 py-2 text-sm text-warning">
        {amount && !wrong ? (amount.minor === left.minor ? `All that is left, ${moneyText(amount)},` : moneyText(amount)) : "The amount"} goes back to {payment.contact?.name || "the payer"} through {provider}, by the way it was paid. It may take some days
        until it arrives. This cannot be taken back, and the provider may keep its fee.
      </p>
      <Fault error={fault} />
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="danger" busy={busy} disabled={busy || Boolean(wrong) || !reason.trim()}>
          {amount && !wrong ? `Refund ${moneyText(amount)}` : "Refund"}
        </Button>
      </div>
    </form>
  );
}
