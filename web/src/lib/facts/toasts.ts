import { create } from "zustand";

export interface Toast {
  id: number;
  text: string;
  negative: boolean;
  act?: { label: string; run: () => void };
}

export const useToasts = create<{ toasts: Toast[] }>(() => ({ toasts: [] }));
let next = 1;

/** Says something short for six seconds; errors stay ten. Answers a way to take it back. */
export function toast(text: string, options: { negative?: boolean; act?: Toast["act"] } = {}): () => void {
  const id = next++;
  useToasts.setState(({ toasts }) => ({ toasts: [...toasts.slice(-2), { id, text, negative: options.negative ?? false, act: options.act }] }));
  setTimeout(() => dismiss(id), options.negative ? 10_000 : 6_000);
  return () => dismiss(id);
}

/** Shows a caught error in its own words. */
export function toastError(error: unknown): void {
  toast((error instanceof Error && error.message) || "Something went wrong. Nothing was changed.", { negative: true });
}

export function dismiss(id: number): void {
  useToasts.setState(({ toasts }) => ({ toasts: toasts.filter((one) => one.id !== id) }));
}
