import type { components } from "./schema";

/** What the server tells about channels and the accounts on them, in the server's own words where these are exact enough. */

type Told = components["schemas"];

export type MediaKind = Told["MediaKind"];
export type Button = Told["Button"];
export type Abilities = Told["Abilities"];
/** A field of an account, as its channel describes it. */
export type FormField = Told["AccountField"];
export type Channel = Told["ChannelView"];
export type Check = Told["Check"];
export type LiveConnection = Told["LiveConnection"];
export type MirrorPlace = Told["Place"];
export type Mirror = Told["Mirror"];
export type Template = Told["Template"];
export type TemplateValue = Told["TemplateValue"];
export type TemplateRequest = Told["OutboundTemplate"];

/** Why something was not done. Faults that this browser found itself name no next step. */
export type Refusal = Omit<Told["Refusal"], "next_step"> & { next_step?: string | null };

export interface TestResult {
  checks: Check[];
  integration: Integration;
}

/** An account: the server's words, with its states named. */
export type Integration = Omit<Told["IntegrationView"], "status" | "fault"> & { status: "active" | "paused" | "broken"; fault?: Refusal | null };

/** One account, with what was refused in its name and what the platform told about it. */
export type IntegrationDetail = Integration & Pick<Told["IntegrationDetail"], "live" | "mirror"> & { notices: Notice[] };

export type Notice = Omit<Told["Notice"], "severity"> & { severity: "info" | "warning" | "critical" };
