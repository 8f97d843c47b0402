import { expect, it } from "vitest";

import type { Channel, FormField } from "@/api/types";
import { canRenew, mended } from "./consent";

const field = (name: string, required = true): FormField => ({ name, label: name, kind: "text", required, secret: false, help: "" });
const channel = (install_form: FormField[] | null) => ({ install_form }) as Channel;

it("consent is renewed only where the app's keys are stored", () => {
  const form = channel([field("client_id"), field("client_secret"), field("tenant", false)]);
  expect(canRenew({ account: { client_id: "1.2", client_secret: "••••9876" } }, form)).toBe(true);
  expect(canRenew({ account: { bot_token: "••••1234", client_id: "1.2" } }, form)).toBe(false);
  expect(canRenew({ account: {} }, channel(null))).toBe(false);
  expect(canRenew({ account: {} }, undefined)).toBe(false);
});

it("a broken account says what its admin does", () => {
  const fault = { code: "token_refused", detail: "The session has been invalidated", next_step: "reconnect" };
  expect(mended(fault, true)).toBe("The session has been invalidated. Renew the consent, or enter a fresh key under Account, and test it.");
  expect(mended(fault, false)).toBe("The session has been invalidated. Enter a fresh key under Account, and test it.");
  expect(mended({ ...fault, next_step: "wait" }, false)).toBe("The session has been invalidated. Wait a while before you send it again.");
});
