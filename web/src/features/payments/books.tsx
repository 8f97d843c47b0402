import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { BookOpenText } from "lucide-react";

import { balance, paymentAccounts } from "@/api/payments";
import { moneyText } from "@/lib/money";
import { day } from "@/lib/time";
import { Input } from "@/ui/field";
import { Rows } from "@/ui/skeletons";
import { Empty, Failed } from "@/ui/states";
import { AccountChoice } from "./account-choice";
import { books, type Sum } from "./sums";

/** A day of UTC, as the books have them. */
function dateField(at: Date): string {
  return at.toISOString().slice(0, 10);
}

/** What came in, went back and was kept by the provider, day by day, for each account and currency. */
export function Books() {
  const [from, setFrom] = useState(() => `${dateField(new Date()).slice(0, 8)}01`);
  const [to, setTo] = useState(() => dateField(new Date()));
  const [account, setAccount] = useState<string>();
  const known = from !== "" && to !== "" && from <= to;
  const found = useQuery({ ...balance({ from, to, account_id: account }), enabled: known });
  const accounts = useQuery(paymentAccounts()).data;
  const pages = books(found.data ?? []);
  return (
    <>
      <div className="mb-4 flex flex-wrap items-center gap-2">
        <label className="flex items-center gap-2 text-sm text-muted">
          From
          <Input type="date" className="w-40" value={from} max={to} onChange={(event) => setFrom(event.target.value)} />
        </label>
        <label className="flex items-center gap-2 text-sm text-muted">
          to
          <Input type="date" className="w-40" value={to} min={from} onChange={(event) => setTo(event.target.value)} />
        </label>
        <span className="text-xs text-muted">Days of UTC</span>
        <AccountChoice value={account} onChange={setAccount} />
      </div>
      {known ? null : <p className="text-muted">Choose two days, the earlier one first.</p>}
      {known && found.isPending ? <Rows label="Loading the books" rows={6} height={40} framed /> : null}
      {known && found.isError ? <Failed error={found.error} onRetry={() => void found.refetch()} /> : null}
      {known && found.data?.length === 0 ? <Empty icon={<BookOpenText />} text="No money moved in these days." /> : null}
      {pages.map((page) => {
        const name = accounts?.find((one) => one.id === page.account_id)?.name ?? page.days[0]?.provider ?? "";
        return (
          <section key={page.key} aria-label={`${name}, ${page.currency}`} className="mb-6">
            <h2 className="mb-2 font-semibold">
              {name} <span className="font-normal text-muted">{page.currency}</span>
            </h2>
            <div className="overflow-x-auto rounded-lg border bg-surface" tabIndex={0} role="group" aria-label={`Days of ${name} in ${page.currency}`}>
              <table className="w-full min-w-150 text-right whitespace-nowrap tabular-nums [&_td]:px-3 [&_th]:px-3">
                <thead className="bg-canvas text-xs text-muted [&_th]:py-2 [&_th]:font-medium">
                  <tr>
                    <th className="text-left">Day</th>
                    <th>Payments</th>
                    <th>Taken</th>
                    <th>Went back</th>
                    <th>Disputes lost</th>
                    <th>Fees</th>
                    <th>Net</th>
                  </tr>
                </thead>
                <tbody className="[&_td]:border-t [&_td]:py-1.5">
                  {page.days.map((one) => (
                    <tr key={one.day}>
                      <td className="text-left">{day(one.day)}</td>
                      <Amounts sum={one} currency={page.currency} />
                    </tr>
                  ))}
                </tbody>
                <tfoot className="font-semibold [&_td]:border-t-2 [&_td]:py-2">
                  <tr>
                    <td className="text-left">Total</td>
                    <Amounts sum={page.sum} currency={page.currency} />
                  </tr>
                </tfoot>
              </table>
            </div>
          </section>
        );
      })}
    </>
  );
}

function Amounts({ sum, currency }: { sum: Sum; currency: string }) {
  const text = (minor: number) => (minor === 0 ? <span className="text-muted">–</span> : moneyText({ minor, currency }));
  return (
    <>
      <td>{sum.count}</td>
      <td>{text(sum.captured)}</td>
      <td>{text(-sum.refunded)}</td>
      <td>{text(-sum.lost)}</td>
      <td>{text(-sum.fees)}</td>
      <td>{text(sum.net)}</td>
    </>
  );
}
