import { QueryClient } from "@tanstack/react-query";
import { expect, test } from "vitest";

import { changeHeld } from "./meanwhile";

const add = (name: string) => (held: string[] | undefined) => (held && !held.includes(name) ? [...held, name] : held);

/** A question whose answer comes when it is told to. */
function asked(client: QueryClient, key: string[]) {
  let answer: (value: string[]) => void = () => undefined;
  let refuse: (error: Error) => void = () => undefined;
  const told = client.fetchQuery({
    queryKey: key,
    staleTime: 0,
    retry: false,
    queryFn: () =>
      new Promise<string[]>((done, fail) => {
        answer = done;
        refuse = fail;
      }),
  });
  return { told, answer: (value: string[]) => answer(value), refuse: () => refuse(new Error("away")) };
}

test("what is told while an older answer is on its way outlives it", async () => {
  const client = new QueryClient();
  client.setQueryData(["names"], ["Ada"]);
  const { told, answer } = asked(client, ["names"]);
  changeHeld(client, ["names"], add("Bruno"));
  changeHeld(client, ["names"], add("Chen"));
  expect(client.getQueryData(["names"])).toEqual(["Ada", "Bruno", "Chen"]);
  answer(["Ada", "Bruno"]);
  await told;
  expect(client.getQueryData(["names"])).toEqual(["Ada", "Bruno", "Chen"]);
  // It is made for that answer alone.
  const again = asked(client, ["names"]);
  again.answer(["Ada"]);
  await again.told;
  expect(client.getQueryData(["names"])).toEqual(["Ada"]);
});

test("without an answer on its way, and when none comes, it is made once", async () => {
  const client = new QueryClient();
  client.setQueryData(["names"], ["Ada"]);
  let made = 0;
  changeHeld<string[]>(client, ["names"], (held) => (made++, held));
  expect(made).toBe(1);
  const { told, refuse } = asked(client, ["names"]);
  changeHeld(client, ["names"], add("Bruno"));
  refuse();
  await expect(told).rejects.toThrow("away");
  expect(client.getQueryData(["names"])).toEqual(["Ada", "Bruno"]);
});
