import { CircleDollarSign } from "lucide-react";

import { useMay } from "@/api/may";
import { usePaymentDialog } from "@/lib/facts/payment-dialog";
import { Button } from "@/ui/button";
import { Section } from "@/ui/section";
import { PaymentRows } from "./payment-rows";

interface PanelPaymentsProps {
  contactId?: string;
  dealId?: string;
  /** Where the next one is asked for. */
  conversationId?: string;
}

/** What a contact paid, or what was paid for a deal, and a way to ask for more. */
export function PanelPayments({ contactId, dealId, conversationId }: PanelPaymentsProps) {
  const show = usePaymentDialog((state) => state.show);
  const reads = useMay("readPayments");
  const writes = useMay("writePayments");
  if (!reads) return null;
  return (
    <Section title="Payments">
      <PaymentRows label={dealId ? "Payments of the deal" : "Payments of the contact"} filter={dealId ? { deal_id: dealId } : { contact_id: contactId }} />
      {writes && conversationId ? (
        <Button small look="quiet" className="-ml-2 text-muted" onClick={() => show({ kind: "ask", conversationId, dealId })}>
          <CircleDollarSign /> Ask for money
        </Button>
      ) : null}
    </Section>
  );
}
