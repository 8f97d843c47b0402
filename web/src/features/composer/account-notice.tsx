import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { TriangleAlert } from "lucide-react";

import { integrations } from "@/api/integrations";
import { useMay } from "@/api/may";

/** Says before somebody writes that nothing leaves: the account is broken or paused. For those who may look into it. */
export function AccountNotice({ integrationId }: { integrationId: string }) {
  const reads = useMay("readIntegrations");
  const account = useQuery({ ...integrations(), enabled: reads }).data?.find((one) => one.id === integrationId);
  if (!account || account.status === "active") return null;
  const broken = account.status === "broken";
  return (
    <p role="status" className="flex items-center gap-2 bg-warning-quiet px-3 py-1.5 text-sm text-warning">
      <TriangleAlert className="size-4 shrink-0" aria-hidden="true" />
      <span className="min-w-0 flex-1">{broken ? `Nothing leaves on ${account.name}: ${account.fault?.detail ?? "the platform refuses it."}` : `${account.name} is paused: nothing leaves until it is resumed.`}</span>
      <Link to="/settings/$page/$item" params={{ page: "integrations", item: account.id }} className="shrink-0 font-medium underline underline-offset-2">
        {broken ? "What to do" : "Open"}
      </Link>
    </p>
  );
}
