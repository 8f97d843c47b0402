import { Link } from "@tanstack/react-router";

import { MeMenu } from "./me-menu";
import { places } from "./rail";

/** Payments are in one's own menu: a seventh would leave no room for words. */
const shown = places.filter((one) => !one.needs);

/** Navigation of a phone; hidden while a conversation or a page is open on top. */
export function BottomBar() {
  return (
    <nav aria-label="Main" className="grid shrink-0 grid-cols-6 border-t bg-surface pb-[env(safe-area-inset-bottom)]">
      {shown.map(({ to, name, icon: Icon }) => (
        <Link key={to} to={to} className="flex h-14 flex-col items-center justify-center gap-0.5 text-xs text-muted [&.active]:text-accent-text">
          <Icon className="size-5" strokeWidth={1.75} />
          {name}
        </Link>
      ))}
      <div className="flex h-14 items-center justify-center">
        <MeMenu />
      </div>
    </nav>
  );
}
