import { useQueryClient } from "@tanstack/react-query";

import { fetchMessage } from "@/api/messages";
import { askForMoney, type PaymentRequest } from "@/api/payments";
import type { Money } from "@/lib/money";
import { usePaymentDialog } from "@/lib/facts/payment-dialog";
import { onPayment } from "@/live/payments";
import { sendMessage } from "@/live/outbox";
import { toastError } from "@/ui/toast";

/** Asks for money: in a conversation its bubble stands there at once; without one the link is shown as soon as there is one. */
export function useAsk() {
  const client = useQueryClient();
  const show = usePaymentDialog((state) => state.show);
  return (request: PaymentRequest, amount: Money) => {
    const { conversation_id: place } = request;
    const clientId = crypto.randomUUID();
    const whole = { ...request, client_id: clientId };
    if (!place) {
      askForMoney(whole).then((payment) => {
        onPayment(client, payment);
        show({ kind: "detail", id: payment.id });
      }, toastError);
      return;
    }
    void sendMessage(
      client,
      place,
      { client_id: clientId },
      {
        kind: "payment",
        text: request.description,
        parts: [{ type: "payment", payment_id: "", description: request.description, minor: amount.minor, currency: amount.currency, state: "preparing", url: null, pix_code: null, methods: request.methods, expires_at: null, refunded_minor: 0 }],
        send: async () => {
          const payment = await askForMoney(whole);
          onPayment(client, payment);
          const message = await fetchMessage(payment.message_id ?? "");
          return { ...message, client_id: clientId };
        },
      },
    );
  };
}
