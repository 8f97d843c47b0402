import { useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { CircleCheck, RefreshCw } from "lucide-react";

import { checkNow, paymentAccounts, paymentKeys, reconciliation } from "@/api/payments";
import { usePaymentDialog } from "@/lib/facts/payment-dialog";
import { moneyText } from "@/lib/money";
import { count } from "@/lib/text";
import { Ago } from "@/ui/ago";
import { Button } from "@/ui/button";
import { Panel } from "@/ui/page";
import { PaymentChip } from "@/ui/payment-chip";
import { Rows } from "@/ui/skeletons";
import { Empty, Failed } from "@/ui/states";
import { toast, toastError } from "@/ui/toast";
import { RefundChip } from "./detail-lists";
import { OrphanRow } from "./orphan-row";
import { openMatters } from "./sums";
import { mismatchText } from "./words";

/** What the machine cannot settle: money that nobody asked for here, sums that differ, refunds without an answer. */
export function ToLookAt() {
  const client = useQueryClient();
  const found = useQuery(reconciliation());
  const accounts = useQuery(paymentAccounts()).data;
  const show = usePaymentDialog((state) => state.show);
  const [busy, setBusy] = useState(false);
  const nameOf = (id: string) => accounts?.find((one) => one.id === id)?.name ?? "An account";

  function check() {
    setBusy(true);
    checkNow()
      .then(() => toast("Every account is compared with its provider now."), toastError)
      .finally(() => {
        setBusy(false);
        setTimeout(() => void client.invalidateQueries({ queryKey: paymentKeys.all }), 2000);
      });
  }
  if (found.isPending) return <Rows label="Loading what to look at" rows={5} framed />;
  if (found.isError && !found.data) return <Failed error={found.error} onRetry={() => void found.refetch()} />;
  const { orphans, mismatches, unanswered, checked } = found.data;
  return (
    <>
      <Panel title="Compared with the providers">
        <div className="flex flex-wrap items-start gap-3">
          <ul className="flex min-w-0 flex-1 basis-60 flex-col gap-1 text-sm">
            {checked.map((one) => (
              <li key={one.account_id}>
                <span className="font-medium">{nameOf(one.account_id)}</span>{" "}
                <span className="text-muted">
                  {one.at ? (
                    <>
                      <Ago at={one.at} />, {count(one.charges ?? 0, "charge")}
                      {one.repaired ? `, ${count(one.repaired, "difference")} repaired` : ""}
                    </>
                  ) : (
                    "not yet"
                  )}
                </span>
                {one.error ? <span className="block text-negative-text">{one.error}</span> : null}
              </li>
            ))}
            {checked.length === 0 ? <li className="text-muted">No account was compared yet.</li> : null}
          </ul>
          <Button busy={busy} onClick={check}>
            <RefreshCw /> Check now
          </Button>
        </div>
      </Panel>
      {openMatters(found.data) === 0 ? <Empty icon={<CircleCheck />} text="Everything adds up. Nothing waits for you." /> : null}
      {orphans.length > 0 ? (
        <Panel title="Paid, and asked for by nobody here">
          <p className="mb-2 text-sm text-muted">Money that came to the account without a request of yours: say what it was for, or put it aside.</p>
          <ul aria-label="Paid, and asked for by nobody here" className="divide-y">
            {orphans.map((one) => (
              <OrphanRow key={one.charge_id} orphan={one} account={nameOf(one.account_id)} />
            ))}
          </ul>
        </Panel>
      ) : null}
      {mismatches.length > 0 ? (
        <Panel title="Does not add up">
          <ul aria-label="Does not add up" className="divide-y">
            {mismatches.map((one) => (
              <li key={one.id}>
                <button type="button" onClick={() => show({ kind: "detail", id: one.id })} className="flex w-full flex-wrap items-center gap-x-3 gap-y-0.5 rounded-md py-2 text-left hover:bg-sunken">
                  <span className="min-w-0 flex-1 basis-48">
                    <span dir="auto" className="block truncate font-medium">
                      {one.description}
                    </span>
                    <span className="block text-sm text-negative-text">{one.mismatch ? mismatchText(one.mismatch) : ""}</span>
                  </span>
                  <PaymentChip state={one.state} />
                  <span className="tabular-nums">
                    {moneyText(one.captured)} of {moneyText(one.amount)}
                  </span>
                </button>
              </li>
            ))}
          </ul>
        </Panel>
      ) : null}
      {unanswered.length > 0 ? (
        <Panel title="Refunds that failed, or got no answer">
          <ul aria-label="Refunds that failed, or got no answer" className="divide-y">
            {unanswered.map((one) => (
              <li key={one.id}>
                <button type="button" onClick={() => show({ kind: "detail", id: one.payment_id })} className="flex w-full flex-wrap items-center gap-x-3 gap-y-0.5 rounded-md py-2 text-left hover:bg-sunken">
                  <span className="min-w-0 flex-1 basis-48">
                    <span dir="auto" className="block truncate font-medium">
                      {one.reason}
                    </span>
                    <span className="block text-sm text-muted">{one.detail ?? "The provider has not said whether it was made."}</span>
                  </span>
                  <RefundChip state={one.state} />
                  <span className="tabular-nums">{moneyText(one.amount)}</span>
                </button>
              </li>
            ))}
          </ul>
        </Panel>
      ) : null}
    </>
  );
}
