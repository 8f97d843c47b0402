import { usePaymentDialog } from "@/lib/facts/payment-dialog";
import { AskDialog } from "./ask-dialog";
import { DetailDialog } from "./detail-dialog";
import { RefundDialog } from "./refund-dialog";

/** Whatever is open about payments. */
export function PaymentDialogs() {
  const { dialog, show } = usePaymentDialog();
  const close = () => show(undefined);
  if (dialog?.kind === "ask") return <AskDialog conversationId={dialog.conversationId} dealId={dialog.dealId} onClose={close} />;
  if (dialog?.kind === "detail") return <DetailDialog key={dialog.id} id={dialog.id} onClose={close} />;
  if (dialog?.kind === "refund") return <RefundDialog key={dialog.id} id={dialog.id} onClose={() => show({ kind: "detail", id: dialog.id })} />;
  return null;
}
