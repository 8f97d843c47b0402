/** The simulator's words: what a customer can do, and what they see. */

export interface Account {
  channel: string;
  account: string;
  name: string;
  /** Where a person can be the customer with their own hands. */
  page: string | null;
}

/** Somebody to be, on whichever platform. */
export interface Person {
  digits: string;
  name: string;
}

/** The same as a platform calls them. */
export interface Customer {
  id: string;
  name: string;
  username?: string | null;
}

export interface ChatButton {
  id: string;
  title: string;
  description: string | null;
  url: string | null;
}

export interface ChatMessage {
  id: string;
  from_customer: boolean;
  kind: string;
  text: string;
  media_url: string | null;
  file_name: string | null;
  buttons: ChatButton[];
  reply_to: string | null;
  /** Emoji, each with who set it: `customer` or `business`. */
  reactions: [string, string][];
  edited: boolean;
  deleted: boolean;
  status: string;
  at: string;
}

export type Act =
  | { type: "text"; text: string; reply_to?: string }
  | { type: "location"; latitude: number; longitude: number; name?: string }
  | { type: "contact"; name: string; phone: string }
  | { type: "react"; message: string; emoji: string }
  | { type: "press"; message: string; button: string }
  | { type: "edit"; message: string; text: string }
  | { type: "delete"; message: string }
  | { type: "read" }
  | { type: "block" }
  | { type: "unblock" }
  | { type: "phone"; act: "call" | "answer" | "hang_up" }
  | { type: "phone"; act: "speak"; seconds: number };

export interface ChatChanged {
  channel: string;
  account: string;
  customer: string;
  typing: boolean;
}

/** Who is played, where. */
export interface Seat {
  channel: string;
  account: string;
  customer: Customer;
}

/** What stands in the channel of the played Slack in which colleagues follow conversations. */
export interface Room {
  name: string;
  people: string[];
  data: RoomMessage[];
}

export interface RoomMessage {
  id: string;
  /** The thread's first message; null on what is in no thread. */
  thread: string | null;
  text: string;
  /** Null: Switchboard. */
  name: string | null;
}
