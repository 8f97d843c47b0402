import { useQuery } from "@tanstack/react-query";

import { lastPayments, type PaymentFilter } from "@/api/payments";
import { usePaymentDialog } from "@/lib/facts/payment-dialog";
import { moneyText } from "@/lib/money";
import { Ago } from "@/ui/ago";
import { PaymentChip } from "@/ui/payment-chip";
import { Failed, Lines } from "@/ui/states";

/** The last payments of a contact or a deal; each opens. */
export function PaymentRows({ label, filter }: { label: string; filter: PaymentFilter }) {
  const found = useQuery(lastPayments(filter));
  const show = usePaymentDialog((state) => state.show);
  if (found.isPending) return <Lines rows={1} />;
  if (found.isError) return <Failed error={found.error} onRetry={() => void found.refetch()} />;
  return (
    <ul aria-label={label} className="flex flex-col gap-1 empty:hidden">
      {found.data.map((one) => (
        <li key={one.id}>
          <button type="button" onClick={() => show({ kind: "detail", id: one.id })} className="-mx-1.5 flex w-[calc(100%+0.75rem)] flex-col gap-0.5 rounded-md px-1.5 py-1 text-left hover:bg-line/60">
            <span className="flex w-full gap-2">
              <span dir="auto" className="min-w-0 flex-1 truncate">
                {one.description}
              </span>
              <span className="tabular-nums">{moneyText(one.amount)}</span>
            </span>
            <span className="flex items-center gap-1.5 text-xs text-muted">
              <PaymentChip state={one.state} /> <Ago at={one.paid_at ?? one.created_at} />
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}
