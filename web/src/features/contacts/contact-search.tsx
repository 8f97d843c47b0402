import { useRef, useState } from "react";
import { useNavigate } from "@tanstack/react-router";
import { Search } from "lucide-react";

import { useShortcuts } from "@/lib/shortcuts";
import { useRested } from "@/lib/use-delayed";
import { Input } from "@/ui/field";

export function ContactSearch({ q, label = "Search contacts", placeholder = "Name, phone, e-mail" }: { q: string; label?: string; placeholder?: string }) {
  const [typed, setTyped] = useState(q);
  const field = useRef<HTMLInputElement>(null);
  const navigate = useNavigate();
  useShortcuts({ "/": () => field.current?.focus() });
  const search = useRested((text: string) => {
    if (text.trim() !== q) void navigate({ to: ".", search: { q: text.trim() || undefined }, replace: true });
  });
  return (
    <div className="relative" ref={(box) => void (field.current = box?.querySelector("input") ?? null)}>
      <Search className="pointer-events-none absolute top-2.5 left-2.5 size-4 text-muted" aria-hidden="true" />
      <Input type="search" aria-label={label} placeholder={placeholder} className="pl-8" value={typed} 
        onChange={(event) => {
          setTyped(event.target.value);
          search(event.target.value);
        }}
      />
    </div>
  );
}
