import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { CircleAlert, CircleDollarSign } from "lucide-react";

import { paymentAccounts, paymentList, paymentStates, type Payment } from "@/api/payments";
import { usePaymentDialog } from "@/lib/facts/payment-dialog";
import { classes } from "@/lib/classes";
import { moneyText } from "@/lib/money";
import { paymentStateNames } from "@/lib/payment-words";
import { Ago } from "@/ui/ago";
import { Button } from "@/ui/button";
import { Select } from "@/ui/field";
import { PaymentChip } from "@/ui/payment-chip";
import { Rows } from "@/ui/skeletons";
import { Empty, Failed } from "@/ui/states";
import { AccountChoice } from "./account-choice";

const row = "grid w-full grid-cols-[minmax(10rem,3fr)_minmax(7rem,1.5fr)_8rem_minmax(6rem,1fr)_minmax(9.5rem,1.4fr)_5.5rem] items-center gap-3 px-4 max-md:grid-cols-[minmax(0,1fr)_auto] max-md:gap-y-0.5";
const wide = "max-md:hidden";

/** Requests for money, newest first, of a state or an account. */
export function PaymentTable() {
  const { state: asked, account } = useSearch({ strict: false });
  const state = paymentStates.find((one) => one === asked);
  const navigate = useNavigate();
  const list = useInfiniteQuery(paymentList({ state, account_id: account }));
  const accounts = useQuery(paymentAccounts()).data;
  const payments = list.data?.pages.flatMap((page) => page.data) ?? [];
  const filtered = state !== undefined || account !== undefined;
  const go = (change: { state?: string; account?: string }) => void navigate({ to: "/payments", search: { state, account, ...change }, replace: true });
  return (
    <>
      <div className="mb-3 flex flex-wrap gap-2">
        <div className="w-44 max-md:w-full">
          <Select aria-label="State" value={state ?? ""} onChange={(event) => go({ state: event.target.value || undefined })}>
            <option value="">All states</option>
            {paymentStates.map((one) => (
              <option key={one} value={one}>
                {paymentStateNames[one]}
              </option>
            ))}
          </Select>
        </div>
        <AccountChoice value={account} onChange={(next) => go({ account: next })} />
      </div>
      {list.isPending ? <Rows label="Loading payments" rows={8} height={48} framed /> : null}
      {list.isError && payments.length === 0 ? <Failed error={list.error} onRetry={() => void list.refetch()} /> : null}
      {list.data && payments.length === 0 ? <Empty icon={<CircleDollarSign />} text={filtered ? "No payment fits." : "Nothing was asked for yet. Open a conversation and press $."} /> : null}
      {payments.length > 0 ? (
        <div className="overflow-hidden rounded-lg border bg-surface">
          <div aria-hidden="true" className={classes(row, wide, "h-9 border-b bg-canvas text-xs font-medium text-muted")}>
            <span>For what</span>
            <span>From</span>
            <span>State</span>
            <span className="text-right">Amount</span>
            <span>Account</span>
            <span>When</span>
          </div>
          <ul aria-label="Payments" className="divide-y divide-line/70">
            {payments.map((one) => (
              <Line key={one.id} payment={one} account={accounts?.find((other) => other.id === one.account_id)?.name ?? one.provider} />
            ))}
          </ul>
        </div>
      ) : null}
      {list.hasNextPage ? (
        <Button className="mx-auto mt-3 flex" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          Show more
        </Button>
      ) : null}
    </>
  );
}

function Line({ payment, account }: { payment: Payment; account: string }) {
  const show = usePaymentDialog((state) => state.show);
  const { refunded } = payment;
  return (
    <li>
      <button type="button" data-payment={payment.id} onClick={() => show({ kind: "detail", id: payment.id })} className={classes(row, "min-h-12 py-2 text-left hover:bg-sunken")}>
        <span className="flex min-w-0 items-center gap-1.5">
          {payment.mismatch || payment.dispute ? <CircleAlert className="size-4 shrink-0 text-negative-text" aria-label={payment.dispute ? "Disputed" : "Does not add up"} /> : null}
          <span dir="auto" className="truncate font-medium">
            {payment.description}
          </span>
        </span>
        <span className={classes("truncate", wide)}>{payment.contact?.name ?? ""}</span>
        <span className="max-md:order-3">
          <PaymentChip state={payment.state} />
        </span>
        <span className="text-right tabular-nums">
          {moneyText(payment.amount)}
          {refunded.minor > 0 ? <span className="block text-xs text-muted">−{moneyText(refunded)}</span> : null}
        </span>
        <span className={classes("truncate text-muted", wide)}>{account}</span>
        <span className="truncate text-sm text-muted max-md:order-4 max-md:text-right">
          <Ago at={payment.paid_at ?? payment.created_at} />
        </span>
      </button>
    </li>
  );
}
