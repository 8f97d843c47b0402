import { describe, expect, it } from "vitest";

import type { Abilities } from "@/api/types";
import { headFault, headRequest, mailboxes, noHead } from "./letter";

const letters = { subject: true, cc: true } as Abilities;

describe("a letter's head", () => {
  it("reads addresses with and without names", () => {
    expect(mailboxes('a@x.org; "Bo Ek" <bo@x.org>, C <c@x.org>,').boxes).toEqual([{ address: "a@x.org" }, { name: "Bo Ek", address: "bo@x.org" }, { name: "C", address: "c@x.org" }]);
  });
  it("names what is no address", () => {
    expect(headFault({ ...noHead, cc: "a@x.org, bo" })).toBe("bo is not an e-mail address.");
    expect(headFault({ ...noHead, bcc: "a@x.org" })).toBeUndefined();
  });
  it("is empty where nothing was written, and where the channel has none", () => {
    const none = { subject: undefined, cc: undefined, bcc: undefined };
    expect(headRequest({ subject: "  ", cc: "", bcc: " " }, letters)).toEqual(none);
    expect(headRequest({ subject: "Hello", cc: "a@x.org", bcc: "" }, {} as Abilities)).toEqual(none);
    expect(headRequest({ subject: " Hello ", cc: "a@x.org", bcc: "" }, letters)).toEqual({ ...none, subject: "Hello", cc: [{ address: "a@x.org" }] });
  });
});
