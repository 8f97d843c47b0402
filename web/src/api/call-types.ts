import type { Conversation, Message } from "./types";

/** A call that goes on, and with whom. */
export interface LiveCall {
  message: Message;
  conversation: Conversation;
}

/** An account that takes calls. */
export interface Phone {
  integration_id: string;
  name: string;
  channel: string;
  number: string;
  /** Whether browsers are telephones of it. */
  browser: boolean;
  /** Whose library carries the sound in the browser; null where nothing is heard there. */
  library: string | null;
}

export interface VoiceIdentity {
  identity: string;
  token: string;
}

export interface VoiceToken {
  own: VoiceIdentity;
  shared: VoiceIdentity;
  expires_at: string;
}
