/** The structured pieces of a message, as the server describes them. */

import type { PaymentPart } from "./payment-types";
import type { components } from "./schema";

export type { PaymentPart };

type Told = components["schemas"];

export type Part = Exclude<Told["MessagePart"], { type: "payment" }> | PaymentPart;
export type Mailbox = Told["Mailbox"];
export type LetterPart = Told["Letter"];
export type InvitePart = Told["CalendarInvite"];
export type CallPart = Told["Call"];
export type FormatRange = Told["FormatRange"];
