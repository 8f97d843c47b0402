import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { KanbanSquare, ListFilter, MessageSquare, Plus, Rows3 } from "lucide-react";

import { type Deal, deal as dealQuery, pipelines } from "@/api/deals";
import { type DealOrder, dealOrders } from "@/api/deal-keys";
import { useMay } from "@/api/may";
import { useSession } from "@/api/session";
import { CompanyOf } from "@/features/companies/company-of";
import { Board } from "@/features/deals/board";
import { boardSearch, conditionCount, filterOf, orderOf } from "@/features/deals/board-search";
import { DealCard } from "@/features/deals/deal-card";
import { ColumnsMenu } from "@/features/deals/columns-menu";
import { FilterBar } from "@/features/deals/filter-bar";
import { FirstPipeline } from "@/features/deals/first-pipeline";
import { ViewTabs } from "@/features/deals/view-tabs";
import { PanelPayments } from "@/features/payments/panel-payments";
import { DealTasks } from "@/features/tasks/deal-tasks";
import { classes } from "@/lib/classes";
import { useNarrow } from "@/lib/use-media";
import { Button } from "@/ui/button";
import { Input, Select } from "@/ui/field";
import { late } from "@/ui/late";
import { Section } from "@/ui/section";
import { Failed, Lines } from "@/ui/states";

const Talk = late(() => import("./inbox").then((module) => module.Talk));
const DealTable = late(() => import("@/features/deals/deal-table").then((module) => module.DealTable));
const DealDialog = late(() => import("@/features/deals/deal-dialog").then((module) => module.DealDialog));

const orderNames: Record<DealOrder, string> = { newest: "Newest first", closing: "Closing next", value: "Greatest first" };

/** The board of a pipeline; a deal opens beside it, and its conversation beside that. */
export function Deals() {
  const { dealId } = useParams({ strict: false });
  const search = boardSearch(useSearch({ strict: false }));
  const { pipeline: asked, q = "", shape } = search;
  const order = orderOf(search);
  const boards = useQuery(pipelines());
  const opened = useQuery({ ...dealQuery(dealId ?? ""), enabled: dealId !== undefined });
  const me = useSession((session) => session.user?.id);
  const writes = useMay("writeDeals");
  const narrow = useNarrow();
  const navigate = useNavigate();
  const [adding, setAdding] = useState(false);
  const [filtering, setFiltering] = useState(() => conditionCount(search) > 0);
  const [talk, setTalk] = useState<string>();
  if (boards.isPending) return <Lines rows={6} className="p-6" />;
  if (boards.isError) return <Failed error={boards.error} onRetry={() => void boards.refetch()} className="h-full" />;
  const wanted = asked ?? opened.data?.pipeline_id;
  const pipeline = boards.data.find((one) => one.id === wanted) ?? boards.data[0];
  if (!pipeline) return <FirstPipeline />;
  const filter = filterOf(search, me);
  const conditions = conditionCount(search);
  const shows = opened.data?.conversation_ids.includes(talk ?? "") ? talk : undefined;
  return (
    <main className="flex h-full min-h-0 bg-canvas">
      {narrow && dealId ? null : (
        <section aria-label="Board" className="flex min-h-0 min-w-0 flex-1 flex-col">
          <header className="flex flex-wrap items-center gap-2 px-4 py-3">
            <h1 className="text-lg font-semibold">Deals</h1>
            {boards.data.length > 1 ? (
              <div className="w-44">
                <Select aria-label="Pipeline" value={pipeline.id} onChange={(event) => void navigate({ to: "/deals", search: { ...search, pipeline: event.target.value } })}>
                  {boards.data.map((one) => (
                    <option key={one.id} value={one.id}>
                      {one.name}
                    </option>
                  ))}
                </Select>
              </div>
            ) : null}
            <nav aria-label="How they are shown" className="flex gap-1 rounded-md bg-line/50 p-0.5">
              {[
                { id: undefined, name: "Board", icon: <KanbanSquare /> },
                { id: "table", name: "Table", icon: <Rows3 /> },
              ].map((one) => (
                <Link
                  key={one.name}
                  to="/deals"
                  search={{ ...search, shape: one.id }}
                  aria-label={one.name}
                  aria-current={one.id === shape ? "page" : undefined}
                  className={classes("flex h-7 items-center rounded-md px-2 [&_svg]:size-4", one.id === shape ? "bg-surface shadow-sm" : "text-muted hover:text-text")}
                >
                  {one.icon}
                </Link>
              ))}
            </nav>
            {shape === "table" ? (
              <div className="w-44">
                <Select aria-label="Order" value={order} onChange={(event) => void navigate({ to: "/deals", search: { ...search, order: event.target.value } })}>
                  {dealOrders.map((one) => (
                    <option key={one} value={one}>
                      {orderNames[one]}
                    </option>
                  ))}
                </Select>
              </div>
            ) : null}
            {shape === "table" ? <ColumnsMenu search={search} /> : null}
            <span className="flex-1" />
            <div className="w-52 max-md:w-full">
              <Input
                type="search"
                aria-label="Search deals"
                placeholder="Search deals"
                value={q}
                onChange={(event) => void navigate({ to: "/deals", search: { ...search, q: event.target.value || undefined }, replace: true })}
              />
            </div>
            <Button aria-expanded={filtering} onClick={() => setFiltering(!filtering)} className={classes(conditions > 0 && "border-accent text-accent-text")}>
              <ListFilter /> Filter{conditions > 0 ? ` (${conditions})` : ""}
            </Button>
            {writes ? (
              <Button look="primary" onClick={() => setAdding(true)}>
                <Plus /> New deal
              </Button>
            ) : null}
          </header>
          <ViewTabs search={search} pipelineId={pipeline.id} />
          {filtering ? <FilterBar key={pipeline.id} search={search} currency={pipeline.currency} /> : null}
          {shape === "table" ? (
            <DealTable key={pipeline.id} pipeline={pipeline} filter={filter} order={order} openId={dealId} search={search} />
          ) : (
            <Board key={pipeline.id} pipeline={pipeline} filter={filter} openId={dealId} search={search} />
          )}
        </section>
      )}
      {shows ? <Talk key={shows} conversationId={shows} /> : null}
      {dealId ? (
        <aside aria-label="Deal" className="min-h-0 w-80 shrink-0 overflow-y-auto border-l bg-surface max-md:w-full">
          <DealCard
            key={dealId}
            dealId={dealId}
            onClose={() => void navigate({ to: "/deals", search })}
            company={CompanyOf}
            talks={(deal) => <Talks deal={deal} shown={shows} onShow={setTalk} />}
            payments={(deal) => <PanelPayments dealId={deal.id} conversationId={deal.conversation_ids[0]} />}
            tasks={(deal) => <DealTasks dealId={deal.id} contactId={deal.contact?.id} conversationId={deal.conversation_ids[0]} />}
          />
        </aside>
      ) : null}
      {adding ? <DealDialog pipelineId={pipeline.id} onClose={() => setAdding(false)} onMade={(made) => void navigate({ to: "/deals/$dealId", params: { dealId: made.id }, search })} /> : null}
    </main>
  );
}

/** The conversations of a deal: one is read and answered without leaving the board; on a phone it opens by itself. */
function Talks({ deal, shown, onShow }: { deal: Deal; shown?: string; onShow: (id: string | undefined) => void }) {
  const narrow = useNarrow();
  if (deal.conversation_ids.length === 0) return null;
  const name = (index: number) => (deal.conversation_ids.length > 1 ? `Conversation ${index + 1}` : "Conversation");
  return (
    <Section title="Conversations">
      <ul className="flex flex-col gap-1">
        {deal.conversation_ids.map((id, index) => (
          <li key={id}>
            {narrow ? (
              <Button small asChild look="quiet" className="-ml-2">
                <Link to="/inbox/$conversationId" params={{ conversationId: id }}>
                  <MessageSquare /> {name(index)}
                </Link>
              </Button>
            ) : (
              <Button small look={id === shown ? "plain" : "quiet"} className="-ml-2" aria-pressed={id === shown} onClick={() => onShow(id === shown ? undefined : id)}>
                <MessageSquare /> {name(index)}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </Section>
  );
}
