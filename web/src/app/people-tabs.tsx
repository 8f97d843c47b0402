import { Link } from "@tanstack/react-router";

const tab = "flex h-7 flex-1 items-center justify-center rounded-md px-3 text-sm text-muted hover:text-text [&.active]:bg-surface [&.active]:font-medium [&.active]:text-text [&.active]:shadow-sm";

/** From the people to their companies, and back. */
export function PeopleTabs() {
  return (
    <nav aria-label="Contacts or companies" className="flex gap-1 rounded-md bg-line/50 p-0.5">
      <Link to="/contacts" className={tab}>
        People
      </Link>
      <Link to="/companies" className={tab}>
        Companies
      </Link>
    </nav>
  );
}
