import { useMemo } from "react";
import { useQuery } from "@tanstack/react-query";

import { type BoardFilter, type Pipeline, totals as totalsQuery } from "@/api/deals";
import { useMay } from "@/api/may";
import { members } from "@/api/organization";
import type { BoardSearch } from "./board-search";
import { Column } from "./column";

interface BoardProps {
  pipeline: Pipeline;
  filter: BoardFilter;
  openId?: string;
  search: BoardSearch;
}

/** A pipeline's stages side by side. */
export function Board({ pipeline, filter, openId, search }: BoardProps) {
  const sums = useQuery(totalsQuery(pipeline.id, filter)).data ?? [];
  const people = useQuery(members()).data;
  const names = useMemo(() => new Map((people ?? []).map((one) => [one.id, one.name])), [people]);
  const writes = useMay("writeDeals");
  return (
    <div className="flex min-h-0 flex-1 gap-3 overflow-x-auto px-4 pb-4" role="group" aria-label={pipeline.name}>
      {pipeline.stages.map((stage) => (
        <Column
          key={stage.id}
          stage={stage}
          stages={pipeline.stages}
          filter={filter}
          totals={sums.filter((one) => one.stage_id === stage.id)}
          openId={openId}
          writes={writes}
          names={names}
          search={search}
        />
      ))}
    </div>
  );
}
