import { useState } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { Link2 } from "lucide-react";

import { dismissOrphan, linkOrphan, type Orphan, paymentKeys, type Reconciliation } from "@/api/payments";
import { moneyText } from "@/lib/money";
import { paymentMethodNames } from "@/lib/payment-words";
import { Ago } from "@/ui/ago";
import { Button } from "@/ui/button";
import { Input } from "@/ui/field";
import { toast, toastError } from "@/ui/toast";

/** Money without a request: linked to one of those that it may pay, or put aside with a reason. */
export function OrphanRow({ orphan, account }: { orphan: Orphan; account: string }) {
  const client = useQueryClient();
  const [reason, setReason] = useState<string>();

  /** It is gone at once, and back where the server refuses. */
  async function settle(act: Promise<unknown>, said: string) {
    const before = client.getQueryData<Reconciliation>(paymentKeys.reconciliation);
    client.setQueryData<Reconciliation>(paymentKeys.reconciliation, (held) => held && { ...held, orphans: held.orphans.filter((one) => one.charge_id !== orphan.charge_id) });
    try {
      await act;
      toast(said);
    } catch (error) {
      client.setQueryData(paymentKeys.reconciliation, before);
      toastError(error);
    }
    void client.invalidateQueries({ queryKey: paymentKeys.all });
  }
  return (
    <li className="flex flex-col gap-2 py-3">
      <div className="flex flex-wrap items-baseline gap-x-3">
        <span className="font-semibold tabular-nums">{moneyText(orphan.captured)}</span>
        <span>{orphan.payer ?? "Unknown payer"}</span>
        <span className="text-sm text-muted">
          {paymentMethodNames[orphan.method] ?? orphan.method} · {account}
          {orphan.paid_at ? (
            <>
              {" · "}
              <Ago at={orphan.paid_at} />
            </>
          ) : null}
        </span>
        <span className="font-mono text-xs text-muted [overflow-wrap:anywhere]">{orphan.external_id}</span>
      </div>
      {reason === undefined ? (
        <div className="flex flex-wrap gap-2">
          {orphan.suggestions.map((one) => (
            <Button key={one.payment_id} small className="max-w-full" onClick={() => void settle(linkOrphan(orphan.charge_id, one.payment_id), "Linked.")}>
              <Link2 />
              <span className="truncate">
                It pays “{one.description}”{one.contact_name ? `, ${one.contact_name}` : ""}, {moneyText(one.amount)}
              </span>
            </Button>
          ))}
          <Button small look="quiet" onClick={() => setReason("")}>
            Put aside
          </Button>
        </div>
      ) : null}
      {reason !== undefined ? (
        <form
          className="flex flex-wrap gap-2"
          onSubmit={(event) => {
            event.preventDefault();
            if (reason.trim()) void settle(dismissOrphan(orphan.charge_id, reason.trim()), "Put aside.");
          }}
        >
          <div className="min-w-0 flex-1 basis-48">
            <Input autoFocus aria-label="Why it is put aside" placeholder="Why, such as: sold at the counter" maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} />
          </div>
          <Button className="h-9" onClick={() => setReason(undefined)}>
            Cancel
          </Button>
          <Button type="submit" look="primary" className="h-9" disabled={!reason.trim()}>
            Put aside
          </Button>
        </form>
      ) : null}
    </li>
  );
}
