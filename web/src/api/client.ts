import createClient from "openapi-fetch";

import { authorizedFetch } from "./authorized-fetch";
import { Problem } from "./problem";
import type { paths } from "./schema";

/** Typed by the server's own description. */
export const api = createClient<paths>({ baseUrl: location.origin, fetch: authorizedFetch, credentials: "same-origin" });

/** JSON that platforms and people decide on: the server only hands it on, and we describe what we look for in it. */
type Open = "attributes" | "events" | "request";

/** What the server's description says of our types: its texts are plain strings where ours name the words, and it leaves open whether a null is written. */
type Told<T> = T extends string
  ? string
  : T extends readonly (infer Item)[]
    ? Told<Item>[]
    : T extends object
      ? { [Key in keyof T as null extends T[Key] ? never : Key]: Field<T, Key> } & { [Key in keyof T as null extends T[Key] ? Key : never]?: Field<T, Key> }
      : T;

type Field<T, Key extends keyof T> = Key extends Open ? unknown : Told<T[Key]>;

/** The body of a successful answer; a problem is thrown. A type of ours that the server's description does not bear out does not compile. */
export async function body<T>(call: Promise<{ data?: Told<T>; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) throw Problem.from(response.status, error);
  return data as T;
}
