import { useState } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { Ban, RefreshCw, Undo2 } from "lucide-react";

import { useMay } from "@/api/may";
import { cancelPayment, type Payment, type PaymentDetail, refreshPayment } from "@/api/payments";
import { usePaymentDialog } from "@/lib/facts/payment-dialog";
import { canRefund, isOpen } from "@/lib/payment-words";
import { onPayment } from "@/live/payments";
import { Button } from "@/ui/button";
import { toast, toastError } from "@/ui/toast";
import { refundable } from "./sums";

/** What can be done about it, as far as one may. */
export function DetailActs({ payment }: { payment: PaymentDetail }) {
  const client = useQueryClient();
  const show = usePaymentDialog((state) => state.show);
  const writes = useMay("writePayments");
  const refunds = useMay("refundPayments");
  const [busy, setBusy] = useState<"refresh" | "cancel">();
  const [sure, setSure] = useState(false);

  async function run(what: "refresh" | "cancel", act: Promise<Payment>, said: string) {
    setBusy(what);
    try {
      onPayment(client, await act);
      toast(said);
    } catch (error) {
      toastError(error);
    }
    setBusy(undefined);
    setSure(false);
  }
  if (!writes) return null;
  if (sure) {
    return (
      <div className="flex flex-wrap items-center justify-end gap-2 border-t pt-4">
        <p className="flex-1 basis-60 text-sm text-muted">Nobody can pay it any more: its link and code are closed. What was paid already stays.</p>
        <Button onClick={() => setSure(false)}>Keep it</Button>
        <Button look="danger" autoFocus busy={busy === "cancel"} onClick={() => void run("cancel", cancelPayment(payment.id), "It is being cancelled at the provider.")}>
          Cancel the request
        </Button>
      </div>
    );
  }
  return (
    <div className="flex flex-wrap justify-end gap-2 border-t pt-4">
      <Button busy={busy === "refresh"} onClick={() => void run("refresh", refreshPayment(payment.id), "Asked the provider.")}>
        <RefreshCw /> Look again
      </Button>
      {isOpen(payment.state) && !payment.closing ? (
        <Button look="danger" onClick={() => setSure(true)}>
          <Ban /> Cancel
        </Button>
      ) : null}
      {refunds && canRefund(payment.state) && refundable(payment).minor > 0 ? (
        <Button look="danger" onClick={() => show({ kind: "refund", id: payment.id })}>
          <Undo2 /> Refund…
        </Button>
      ) : null}
    </div>
  );
}
