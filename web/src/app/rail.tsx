import { Link } from "@tanstack/react-router";
import { CircleHelp, CircleDollarSign, Inbox, KanbanSquare, ListTodo, type LucideIcon, Settings, Users } from "lucide-react";

import { type May, useMay } from "@/api/may";
import { ReadyButton } from "@/features/phone/ready-for-calls";
import { useOverlay } from "@/lib/facts/overlay";
import { IconButton } from "@/ui/button";
import { Tip } from "@/ui/tooltip";
import { MeMenu } from "./me-menu";

interface Place {
  to: "/inbox" | "/deals" | "/tasks" | "/payments" | "/contacts" | "/settings";
  name: string;
  icon: LucideIcon;
  keys: string;
  needs?: May;
}

export const places: Place[] = [
  { to: "/inbox", name: "Inbox", icon: Inbox, keys: "g i" },
  { to: "/deals", name: "Deals", icon: KanbanSquare, keys: "g b" },
  { to: "/tasks", name: "Tasks", icon: ListTodo, keys: "g t" },
  { to: "/payments", name: "Payments", icon: CircleDollarSign, keys: "g p", needs: "readPayments" },
  { to: "/contacts", name: "Contacts", icon: Users, keys: "g c" },
  { to: "/settings", name: "Settings", icon: Settings, keys: "g s" },
];

/** Those that one may go to. */
export function usePlaces(): Place[] {
  const pays = useMay("readPayments");
  return pays ? places : places.filter((one) => !one.needs);
}

export function Rail() {
  const show = useOverlay((state) => state.show);
  return (
    <nav aria-label="Main" className="flex w-12 shrink-0 flex-col items-center gap-1 border-r bg-canvas py-3">
      <img src="/favicon.svg" alt="Switchboard" className="mb-3 size-7" />
      {usePlaces().map(({ to, name, icon: Icon, keys }) => (
        <Tip key={to} text={name} keys={keys} side="right">
          <Link
            to={to}
            aria-label={name}
            className="flex size-9 items-center justify-center rounded-md text-muted hover:bg-line/60 hover:text-text [&.active]:bg-accent-quiet [&.active]:text-accent-text"
          >
            <Icon className="size-5" strokeWidth={1.75} />
          </Link>
        </Tip>
      ))}
      <div className="flex-1" />
      <ReadyButton />
      <IconButton label="Keyboard shortcuts" keys="?" onClick={() => show("shortcuts")}>
        <CircleHelp />
      </IconButton>
      <MeMenu />
    </nav>
  );
}
