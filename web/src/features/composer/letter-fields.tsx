import { useState } from "react";

import type { Abilities } from "@/api/types";
import { Button } from "@/ui/button";
import type { LetterHead } from "./letter";

interface LetterFieldsProps {
  abilities: Abilities;
  head: LetterHead;
  /** What the letter goes on with where no subject is written. */
  subject?: string | null;
  fault?: string;
  onChange: (head: LetterHead) => void;
}

const field = "h-8 min-w-0 flex-1 bg-transparent text-base outline-none placeholder:text-muted max-md:text-[16px]";

/** Subject and copies, where the channel has letters. */
export function LetterFields({ abilities, head, subject, fault, onChange }: LetterFieldsProps) {
  const [copies, setCopies] = useState(head.cc !== "" || head.bcc !== "");
  return (
    <div className="mx-3 divide-y divide-line border-b text-sm">
      {abilities.subject ? (
        <label className="flex items-center gap-2">
          <span className="text-muted">Subject</span>
          <input dir="auto" maxLength={500} placeholder={subject ? `Re: ${subject.replace(/^(re:\s*)+/i, "")}` : ""} value={head.subject} onChange={(event) => onChange({ ...head, subject: event.target.value })} className={field} />
          {abilities.cc && !copies ? (
            <Button small look="quiet" onClick={() => setCopies(true)}>
              Cc
            </Button>
          ) : null}
        </label>
      ) : null}
      {abilities.cc && copies
        ? (["cc", "bcc"] as const).map((which) => (
            <label key={which} className="flex items-center gap-2">
              <span className="w-7 text-muted">{which === "cc" ? "Cc" : "Bcc"}</span>
              <input inputMode="email" placeholder="name@example.org, another@example.org" value={head[which]} onChange={(event) => onChange({ ...head, [which]: event.target.value })} className={field} />
            </label>
          ))
        : null}
      {fault ? (
        <p role="alert" className="py-1 text-negative-text">
          {fault}
        </p>
      ) : null}
    </div>
  );
}
