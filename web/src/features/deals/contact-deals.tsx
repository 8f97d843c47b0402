import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Plus } from "lucide-react";

import { contactDeals, pipelines } from "@/api/deals";
import { useMay } from "@/api/may";
import { moneyText } from "@/lib/money";
import { Button } from "@/ui/button";
import { late } from "@/ui/late";
import { Failed, Lines } from "@/ui/states";
import { StageDot } from "./stage-dot";

const DealDialog = late(() => import("./deal-dialog").then((module) => module.DealDialog));

interface ContactDealsProps {
  contactId: string;
  /** Where new ones are talked about. */
  conversationId?: string;
}

/** A contact's deals, and a way to a new one. */
export function ContactDeals({ contactId, conversationId }: ContactDealsProps) {
  const found = useQuery(contactDeals(contactId));
  const boards = useQuery(pipelines()).data;
  const writes = useMay("writeDeals");
  const [adding, setAdding] = useState(false);
  const stages = boards?.flatMap((board) => board.stages) ?? [];
  if (found.isPending) return <Lines rows={1} />;
  if (found.isError) return <Failed error={found.error} onRetry={() => void found.refetch()} />;
  return (
    <>
      {found.data.length === 0 && !writes ? <p className="text-sm text-muted">None.</p> : null}
      <ul aria-label="Deals with the contact" className="flex flex-col gap-1">
        {found.data.map((deal) => {
          const stage = stages.find((one) => one.id === deal.stage_id);
          return (
            <li key={deal.id}>
              <Link to="/deals/$dealId" params={{ dealId: deal.id }} className="-mx-1.5 flex flex-col rounded-md px-1.5 py-1 hover:bg-line/60">
                <span className="flex gap-2">
                  <span className="min-w-0 flex-1 truncate">{deal.title}</span>
                  {deal.value.minor > 0 ? <span className="tabular-nums">{moneyText(deal.value, true)}</span> : null}
                </span>
                {stage ? (
                  <span className="flex items-center gap-1.5 text-xs text-muted">
                    <StageDot stage={stage} /> {stage.name}
                  </span>
                ) : null}
              </Link>
            </li>
          );
        })}
      </ul>
      {writes && boards && boards.length > 0 ? (
        <Button small look="quiet" className="-ml-2 text-muted" onClick={() => setAdding(true)}>
          <Plus /> Add a deal
        </Button>
      ) : null}
      {boards?.length === 0 ? (
        <p className="text-sm text-muted">
          Deals stand in a pipeline. <Link to="/deals" className="text-accent-text hover:underline">Make one</Link>
        </p>
      ) : null}
      {adding ? <DealDialog contactId={contactId} conversationId={conversationId} onClose={() => setAdding(false)} /> : null}
    </>
  );
}
