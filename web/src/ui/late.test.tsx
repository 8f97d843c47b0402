// @vitest-environment jsdom
import { act, cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";

import { late } from "./late";

afterEach(cleanup);

const Hello = ({ name }: { name: string }) => <p>Hello {name}</p>;

it("is there at once when its code has come before", async () => {
  const Greeting = late(() => Promise.resolve(Hello));
  await Greeting.preload();
  render(<Greeting name="Ada" fallback={<p>waiting</p>} />);
  expect(screen.getByText("Hello Ada")).toBeTruthy();
});

it("shows what stands in its place until then, fetches once, and follows without a pause", async () => {
  let come: (component: typeof Hello) => void = () => undefined;
  const load = vi.fn(() => new Promise<typeof Hello>((done) => (come = done)));
  const Greeting = late(load);
  render(
    <>
      <Greeting name="Ada" fallback={<p>waiting</p>} />
      <Greeting name="Bruno" />
    </>,
  );
  expect(screen.getByText("waiting")).toBeTruthy();
  await act(async () => {
    come(Hello);
    await Promise.resolve();
  });
  expect(screen.getByText("Hello Ada")).toBeTruthy();
  expect(screen.getByText("Hello Bruno")).toBeTruthy();
  expect(load).toHaveBeenCalledTimes(1);
});

it("asks again after a fetch that failed", async () => {
  const load = vi.fn<() => Promise<typeof Hello>>().mockRejectedValueOnce(new Error("offline")).mockResolvedValue(Hello);
  const Greeting = late(load);
  await expect(Greeting.preload()).rejects.toThrow("offline");
  await Greeting.preload();
  render(<Greeting name="Ada" />);
  expect(screen.getByText("Hello Ada")).toBeTruthy();
});
