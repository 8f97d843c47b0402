// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from "vitest";

import { authorizedFetch } from "./authorized-fetch";
import { freshToken, renew, signIn, useSession } from "./session";
import type { SignedIn } from "./types";

const answer = (token: string): SignedIn => ({
  access_token: token,
  expires_in: 900,
  user: { id: "u", name: "Ada", email: "ada@example.org" },
  organization: { id: "o", name: "Example" },
  role: "agent",
});

let refreshes: number;

/** A hub that takes `good` only and renews to it, or refuses to. */
function hub(good: string, renews: boolean) {
  refreshes = 0;
  vi.stubGlobal("fetch", async (input: Request | string) => {
    await Promise.resolve();
    if (typeof input === "string") {
      refreshes += 1;
      return renews ? Response.json(answer(good)) : Response.json({ code: "session_ended" }, { status: 401 });
    }
    const ok = input.headers.get("authorization") === `Bearer ${good}`;
    return ok ? Response.json({ echo: await input.text() }) : Response.json({ code: "token_expired" }, { status: 401 });
  });
}

const post = () => authorizedFetch(new Request("http://hub/api/v1/labels", { method: "POST", body: "the body" }));

beforeEach(() => {
  useSession.setState({ state: "unknown", token: undefined, expires: undefined });
});

describe("the session", () => {
  it("renews once for all requests that find the token old, and repeats each with its body", async () => {
    signIn(answer("old"));
    hub("new", true);
    const answers = await Promise.all([post(), post(), post()]);
    expect(answers.map((one) => one.status)).toEqual([200, 200, 200]);
    expect(await answers[0]?.json()).toEqual({ echo: "the body" });
    expect(refreshes).toBe(1);
  });

  it("does not renew again for a request that started with a token renewed since", async () => {
    signIn(answer("old"));
    hub("new", true);
    await renew("old");
    expect(await renew("old")).toBe("new");
    expect(refreshes).toBe(1);
  });

  it("ends when the refresh is refused", async () => {
    signIn(answer("old"));
    hub("new", false);
    const response = await post();
    expect(response.status).toBe(401);
    expect(useSession.getState()).toMatchObject({ state: "out", token: undefined });
  });

  it("survives an unreachable hub: nobody is logged out by a tunnel", async () => {
    signIn(answer("old"));
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("network")));
    await expect(renew("old")).rejects.toMatchObject({ code: "offline" });
    expect(useSession.getState().state).toBe("in");
  });

  it("gives a token that still lasts without asking", async () => {
    hub("new", true);
    signIn(answer("good"));
    expect(await freshToken()).toBe("good");
    useSession.setState({ expires: Date.now() + 10_000 });
    expect(await freshToken()).toBe("new");
    expect(refreshes).toBe(1);
  });
});
