import { useState } from "react";

import { isProblem } from "@/api/problem";

/** Runs a form's act once at a time and keeps its fault, split into those of fields and the rest. */
export function useSubmit(act: () => Promise<void>) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const fields = isProblem(error) ? error.fields : {};
  const rest = Object.keys(fields).length > 0 ? undefined : error;

  async function submit() {
    if (busy) return;
    setBusy(true);
    setError(undefined);
    try {
      await act();
    } catch (caught) {
      setError(caught);
    } finally {
      setBusy(false);
    }
  }
  return { busy, fields, error: rest, submit: () => void submit() };
}
