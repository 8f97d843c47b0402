import { Problem } from "@/api/problem";
import type { Account, Act, ChatMessage, Customer, Person, Room, Seat } from "./types";

async function answer<T>(call: Promise<Response>): Promise<T> {
  const response = await call.catch(() => {
    throw Problem.offline();
  });
  const text = await response.text();
  const body: unknown = text.startsWith("{") || text.startsWith("[") ? JSON.parse(text) : undefined;
  if (!response.ok) throw Problem.from(response.status, body);
  return body as T;
}

export async function accounts(): Promise<Account[]> {
  return (await answer<{ data: Account[] }>(fetch("/playground/api/accounts"))).data;
}

export async function customer(channel: string, { name, digits }: Person): Promise<Customer> {
  const query = new URLSearchParams({ channel, name, digits });
  return answer<Customer>(fetch(`/playground/api/customer?${query.toString()}`));
}

export async function chat({ channel, account, customer }: Seat): Promise<ChatMessage[]> {
  const query = new URLSearchParams({ channel, account, customer: customer.id });
  return (await answer<{ data: ChatMessage[] }>(fetch(`/playground/api/chat?${query.toString()}`))).data;
}

export async function perform(seat: Seat, act: Act): Promise<void> {
  const headers = { "content-type": "application/json" };
  await answer(fetch("/playground/api/act", { method: "POST", headers, body: JSON.stringify({ ...seat, act }) }));
}

export async function sendFile({ channel, account, customer }: Seat, file: File, kind: string, caption: string): Promise<void> {
  const form = new FormData();
  const fields = { channel, account, customer_id: customer.id, customer_name: customer.name, kind, caption };
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", file, file.name);
  await answer(fetch("/playground/api/media", { method: "POST", body: form }));
}

export function room(account: string): Promise<Room> {
  return answer<Room>(fetch(`/playground/api/room?${new URLSearchParams({ account }).toString()}`));
}

export async function sayInRoom(said: { account: string; name: string; thread?: string; text: string }): Promise<void> {
  await answer(fetch("/playground/api/room", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(said) }));
}
