import type { InfiniteData, QueryClient } from "@tanstack/react-query";

import { type Payment, type PaymentDetail, paymentKeys } from "@/api/payments";
import type { Page, PaymentPart } from "@/api/types";
import { changeMessages } from "./cache";
import { patchMessage } from "./message-pages";

type List = InfiniteData<Page<Payment>, string | undefined>;

/** Writes a payment wherever it is shown: in lists, alone, and in its message. An older version than the shown one is dropped. */
export function holdPayment(client: QueryClient, payment: Payment): void {
  const put = (held: Payment) => (held.id === payment.id && held.version <= payment.version ? { ...held, ...payment } : held);
  client.setQueryData<PaymentDetail>(paymentKeys.one(payment.id), (held) => held && { ...held, ...put(held) });
  client.setQueriesData<List>({ queryKey: paymentKeys.lists }, (list) => list && { ...list, pages: list.pages.map((page) => ({ ...page, data: page.data.map(put) })) });
  client.setQueriesData<Payment[]>({ queryKey: paymentKeys.lasts }, (list) => list?.map(put));
  const { conversation_id: place, message_id: message } = payment;
  if (place && message) changeMessages(client, place, (pages) => patchMessage(pages, message, (held) => ({ ...held, parts: held.parts.map((part) => (part.type === "payment" ? { ...part, ...partOf(payment) } : part)) })));
}

/** What a message says of its payment. */
export function partOf(payment: Payment): PaymentPart {
  const { id, description, amount, state, url, pix_code, methods, expires_at, refunded } = payment;
  return { type: "payment", payment_id: id, description, minor: amount.minor, currency: amount.currency, state, url, pix_code, methods, expires_at, refunded_minor: refunded.minor };
}

let asking: ReturnType<typeof setTimeout> | undefined;

/** What is told of a payment. What stands beside it, and lists where it may belong now, are asked for anew, once after a burst. */
export function onPayment(client: QueryClient, payment: Payment): void {
  holdPayment(client, payment);
  asking ??= setTimeout(() => {
    asking = undefined;
    void client.invalidateQueries({ queryKey: paymentKeys.all });
  }, 300);
}
