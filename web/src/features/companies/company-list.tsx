import { useEffect, useMemo, useRef } from "react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { Building2 } from "lucide-react";

import { type Account, accountList } from "@/api/accounts";
import { classes } from "@/lib/classes";
import { useShortcuts } from "@/lib/shortcuts";
import { count } from "@/lib/text";
import { Avatar } from "@/ui/avatar";
import { Rows } from "@/ui/skeletons";
import { Empty, Failed } from "@/ui/states";

/** All companies, or those that fit a search, newest first. */
export function CompanyList({ q, openId }: { q: string; openId?: string }) {
  const list = useInfiniteQuery(accountList(q));
  const rows = useMemo(() => list.data?.pages.flatMap((page) => page.data) ?? [], [list.data]);
  const scroller = useRef<HTMLDivElement>(null);
  const navigate = useNavigate();
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => 56, getItemKey: (index) => rows[index]?.id ?? index, overscan: 8 });
  const items = virtual.getVirtualItems();
  const last = items[items.length - 1]?.index ?? 0;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && last >= rows.length - 10) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage, last, rows.length]);

  function step(by: number) {
    const index = rows.findIndex((row) => row.id === openId) + by;
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
    if (row) void navigate({ to: "/companies/$companyId", params: { companyId: row.id }, search: { q: q || undefined } });
  }
  useShortcuts({ j: () => step(1), k: () => step(-1) });

  if (list.isPending) return <Rows label="Loading companies" rows={14} face />;
  if (list.isError && rows.length === 0) return <Failed error={list.error} onRetry={() => void list.refetch()} className="flex-1" />;
  if (rows.length === 0) return <Empty icon={<Building2 />} text={q ? `No company fits “${q}”.` : "No companies yet. Contacts and deals can belong to one."} />;
  return (
    <div ref={scroller} className="min-h-0 flex-1 overflow-y-auto" role="region" aria-label="All companies" tabIndex={-1}>
      <ul aria-label="Companies" className="relative" style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => {
          const company = rows[item.index];
          return company ? (
            <li key={item.key} className="absolute inset-x-0 top-0" style={{ height: item.size, transform: `translateY(${item.start}px)` }}>
              <Row company={company} open={company.id === openId} q={q} />
            </li>
          ) : null;
        })}
      </ul>
    </div>
  );
}

function Row({ company, open, q }: { company: Account; open: boolean; q: string }) {
  const has = [company.contacts > 0 ? count(company.contacts, "contact") : "", company.open_deals > 0 ? count(company.open_deals, "open deal") : ""].filter(Boolean).join(" · ");
  return (
    <Link
      to="/companies/$companyId"
      params={{ companyId: company.id }}
      search={{ q: q || undefined }}
      aria-current={open ? "true" : undefined}
      className={classes("flex h-full items-center gap-3 border-b border-line/70 px-4", open ? "bg-accent-quiet on-tint" : "hover:bg-line/40")}
    >
      <Avatar name={company.name} seed={company.id} />
      <span className="flex min-w-0 flex-1 flex-col">
        <span className="truncate font-medium">{company.name}</span>
        <span className="truncate text-sm text-muted">{[company.domain, has].filter(Boolean).join(" · ") || "Nobody yet"}</span>
      </span>
    </Link>
  );
}
