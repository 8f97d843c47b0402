import { useState } from "react";

import { asNumber } from "@/lib/facts/own-number";
import { Button } from "@/ui/button";
import { Input } from "@/ui/field";

interface NumberFormProps {
  label: string;
  act: string;
  start?: string;
  onSubmit: (number: string) => void;
}

/** A telephone number, and what to do with it. */
export function NumberForm({ label, act, start = "", onSubmit }: NumberFormProps) {
  const [written, setWritten] = useState(start);
  const number = asNumber(written);
  return (
    <form
      className="flex gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        if (number) onSubmit(number);
      }}
    >
      <Input type="tel" aria-label={label} placeholder="+49 151 00000001" value={written} onChange={(event) => setWritten(event.target.value)} className="min-w-0 flex-1" />
      <Button type="submit" look="primary" className="h-9" disabled={!number}>
        {act}
      </Button>
    </form>
  );
}
