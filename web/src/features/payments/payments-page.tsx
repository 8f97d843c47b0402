import { Link, useSearch } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { CircleDollarSign } from "lucide-react";

import { useMay } from "@/api/may";
import { reconciliation } from "@/api/payments";
import { usePaymentDialog } from "@/lib/facts/payment-dialog";
import { classes } from "@/lib/classes";
import { Button } from "@/ui/button";
import { Page } from "@/ui/page";
import { Failed } from "@/ui/states";
import { Books } from "./books";
import { PaymentTable } from "./payment-table";
import { ToLookAt } from "./to-look-at";
import { openMatters } from "./sums";

const views = { payments: "Payments", books: "Books", look: "To look at" };
type View = keyof typeof views;

/** All requests for money, what came of them day by day, and what a person has to look at. */
export function PaymentsPage() {
  const { view: asked } = useSearch({ strict: false });
  const reads = useMay("readPayments");
  const writes = useMay("writePayments");
  const counts = useMay("refundPayments");
  const view: View = counts && asked !== undefined && asked in views ? (asked as View) : "payments";
  const show = usePaymentDialog((state) => state.show);
  const matters = openMatters(useQuery({ ...reconciliation(), enabled: counts }).data);
  const ask = (
    <Button look="primary" onClick={() => show({ kind: "ask" })}>
      <CircleDollarSign /> Make a payment link
    </Button>
  );
  return (
    <main className="h-full overflow-y-auto bg-canvas">
      <Page wide title="Payments" act={writes ? ask : null}>
        {reads ? (
          <>
            {counts ? (
              <nav aria-label="What of the payments" className="mb-4 flex w-fit gap-1 rounded-md bg-line/50 p-0.5">
                {Object.entries(views).map(([id, name]) => (
                  <Link
                    key={id}
                    to="/payments"
                    search={{ view: id === "payments" ? undefined : id }}
                    aria-current={id === view ? "page" : undefined}
                    className={classes("flex h-7 items-center gap-1.5 rounded-md px-3 text-sm", id === view ? "bg-surface font-medium shadow-sm" : "text-muted hover:text-text")}
                  >
                    {name}
                    {id === "look" && matters > 0 ? <span className="rounded bg-warning-quiet px-1 text-xs font-medium text-warning tabular-nums">{matters}</span> : null}
                  </Link>
                ))}
              </nav>
            ) : null}
            {view === "payments" ? <PaymentTable /> : view === "books" ? <Books /> : <ToLookAt />}
          </>
        ) : (
          <Failed error={{ status: 403 }} />
        )}
      </Page>
    </main>
  );
}
