import { type ComponentType, type ReactNode, useRef, useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { MoreHorizontal, Pencil, Plus, Trash2, X } from "lucide-react";

import { dealFields } from "@/api/deal-fields";
import { type Deal, deal as dealQuery, type DealChange, pipelines, removeDeal, restoreDeal } from "@/api/deals";
import { useMay } from "@/api/may";
import { members } from "@/api/organization";
import { Problem } from "@/api/problem";
import { moneyText, plainAmount, readMoney } from "@/lib/money";
import { changeDeal, onDeal } from "@/live/deals";
import { Button, IconButton } from "@/ui/button";
import { Chip } from "@/ui/chip";
import { EditInPlace } from "@/ui/edit-in-place";
import { Fact } from "@/ui/fact";
import { Select } from "@/ui/field";
import { late } from "@/ui/late";
import { Menu, MenuItem } from "@/ui/menu";
import { Section } from "@/ui/section";
import { Failed, Lines } from "@/ui/states";
import { Tags } from "@/ui/tags";
import { toast, toastError } from "@/ui/toast";
import { TypedFields } from "@/ui/typed-fields";
import { DealFiles } from "./deal-files";
import { DropZone } from "./drop-zone";
import { Story } from "./story";

const LinesDialog = late(() => import("./lines-dialog").then((module) => module.LinesDialog));

interface DealCardProps {
  dealId: string;
  onClose: () => void;
  /** Where it is talked about. */
  talks: (deal: Deal) => ReactNode;
  /** Its next steps. */
  tasks: (deal: Deal) => ReactNode;
  /** Shows the company that it is made with, and changes it. */
  company: ComponentType<{ company?: { id: string; name: string } | null; disabled: boolean; onChange: (id: string | null) => Promise<boolean> }>;
  /** What was asked for, and paid. */
  payments?: (deal: Deal) => ReactNode;
}

/** All that is known of a deal, each thing changed where it stands. */
export function DealCard({ dealId, onClose, talks, tasks, company: Company, payments }: DealCardProps) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const found = useQuery(dealQuery(dealId));
  const boards = useQuery(pipelines()).data ?? [];
  const people = (useQuery(members()).data ?? []).filter((one) => !one.deactivated_at && !one.invited && one.role !== "viewer");
  const fields = (useQuery(dealFields()).data ?? []).filter((one) => one.about === "deal");
  const writes = useMay("writeDeals");
  const deletes = useMay("deleteDeals");
  const underway = useRef<Promise<unknown>>(Promise.resolve());
  const [selling, setSelling] = useState(false);
  const [lost, setLost] = useState<string>();
  if (found.isPending) return <Lines rows={6} className="p-4" />;
  if (found.isError) return <Failed error={found.error} onRetry={() => void found.refetch()} />;
  const deal = found.data;
  const board = boards.find((one) => one.id === deal.pipeline_id);

  async function change(what: DealChange, foreseen: Partial<Deal> = {}): Promise<boolean> {
    // One after the other: two quick changes by the same person do not stand in each other's way.
    const turn = underway.current.then(() => {
      const held = client.getQueryData(dealQuery(dealId).queryKey) ?? deal;
      return changeDeal(client, held, { ...what, version: held.version }, foreseen);
    });
    underway.current = turn.catch(() => undefined);
    try {
      await turn;
      return true;
    } catch (error) {
      // Somebody else was faster: theirs is shown, what was typed stays in its field.
      if (error instanceof Problem && error.code === "version_conflict") onDeal(client, error.current as Deal);
      toastError(error);
      return false;
    }
  }
  async function remove() {
    try {
      await removeDeal(deal.id);
      void navigate({ to: "/deals" });
      toast("Deal deleted.", { act: { label: "Undo", run: () => void restoreDeal(deal.id).then((back) => onDeal(client, back), toastError) } });
    } catch (error) {
      toastError(error);
    }
  }
  function move(stageId: string) {
    const stage = board?.stages.find((one) => one.id === stageId);
    if (!stage) return;
    setLost(stage.kind === "lost" ? "" : undefined);
    void change({ stage_id: stageId }, { stage_id: stageId, status: stage.kind });
  }
  return (
    <DropZone dealId={deal.id} disabled={!writes}>
      <header className="flex flex-col gap-2 px-4 pt-3 pb-4">
        <div className="flex items-start gap-1">
          <h2 className="min-w-0 flex-1 pt-1 text-lg font-semibold [overflow-wrap:anywhere]">
            <EditInPlace label="Title" value={deal.title} disabled={!writes} onSave={(title) => (title ? change({ title }) : Promise.resolve(false))} />
          </h2>
          {deletes ? (
            <Menu
              align="end"
              trigger={
                <IconButton label="More about this deal">
                  <MoreHorizontal />
                </IconButton>
              }
            >
              <MenuItem icon={<Trash2 />} danger onSelect={() => void remove()}>
                Delete
              </MenuItem>
            </Menu>
          ) : null}
          <IconButton label="Close the deal" onClick={onClose}>
            <X />
          </IconButton>
        </div>
        <Select aria-label="Stage" value={deal.stage_id} disabled={!writes} onChange={(event) => move(event.target.value)}>
          {board?.stages.map((stage) => (
            <option key={stage.id} value={stage.id}>
              {stage.name}
            </option>
          ))}
        </Select>
        <div className="flex flex-wrap gap-1 empty:hidden">
          {deal.status === "won" ? <Chip tone="positive">Won</Chip> : null}
          {deal.status === "lost" ? <Chip tone="negative">Lost</Chip> : null}
          {deal.stale ? <Chip tone="warning">Nothing happened for a while</Chip> : null}
        </div>
        {deal.status === "lost" && (lost !== undefined || deal.lost_reason) ? (
          <label className="text-sm">
            <span className="text-muted">Why it was lost: </span>
            <EditInPlace label="Reason" value={deal.lost_reason ?? ""} placeholder="Add a reason" disabled={!writes} onSave={(reason) => change({ lost_reason: reason || null })} />
          </label>
        ) : null}
      </header>
      <Section title="Details">
        <dl className="flex flex-col gap-1.5">
          <Fact name="Value">
            {deal.lines.length > 0 ? (
              <span className="tabular-nums">{moneyText(deal.value)}</span>
            ) : (
              <EditInPlace label="Value" value={deal.value.minor > 0 ? moneyText(deal.value) : ""} edited={plainAmount(deal.value)} disabled={!writes} onSave={value} />
            )}
          </Fact>
          <Fact name="Closes">
            <input
              type="date"
              aria-label="Expected to close"
              disabled={!writes}
              value={deal.expected_close ?? ""}
              onChange={(event) => void change({ expected_close: event.target.value || null }, { expected_close: event.target.value || null })}
              className="-mx-1 rounded bg-transparent px-1 hover:bg-line/60"
            />
          </Fact>
          <Fact name="Owner">
            <select
              aria-label="Owner"
              disabled={!writes}
              value={deal.owner_id ?? ""}
              onChange={(event) => void change({ owner_id: event.target.value || null }, { owner_id: event.target.value || null })}
              className="-mx-1 w-full rounded bg-transparent px-1 hover:bg-line/60"
            >
              <option value="">Nobody</option>
              {people.map((one) => (
                <option key={one.id} value={one.id}>
                  {one.name}
                </option>
              ))}
            </select>
          </Fact>
          {deal.contact ? (
            <Fact name="Contact">
              <Link to="/contacts/$contactId" params={{ contactId: deal.contact.id }} className="text-accent-text hover:underline">
                {deal.contact.name || "Unnamed"}
              </Link>
            </Fact>
          ) : null}
          <Fact name="Company">
            <Company company={deal.account} disabled={!writes} onChange={(account_id) => change({ account_id })} />
          </Fact>
        </dl>
      </Section>
      <Section title="Fields">
        <TypedFields fields={fields} attributes={deal.attributes} disabled={!writes} onChange={change} />
      </Section>
      <Section title="Tags">
        <Tags tags={deal.tags} disabled={!writes} onChange={(tags) => change({ tags })} />
      </Section>
      {deal.lines.length > 0 || writes ? (
        <Section title="What is sold">
          <ul aria-label="What is sold" className="flex flex-col gap-1 text-sm">
            {deal.lines.map((one, index) => (
              <li key={index} className="flex gap-2">
                <span className="min-w-0 flex-1 [overflow-wrap:anywhere]">{one.name}</span>
                <span className="text-muted tabular-nums">
                  {one.quantity} × {moneyText({ minor: one.unit_minor, currency: deal.value.currency })}
                </span>
              </li>
            ))}
          </ul>
          {writes ? (
            <Button small look="quiet" className="-ml-2 text-muted" onClick={() => setSelling(true)}>
              {deal.lines.length > 0 ? <Pencil /> : <Plus />} {deal.lines.length > 0 ? "Change the lines" : "Add lines"}
            </Button>
          ) : null}
        </Section>
      ) : null}
      <Section title="Next steps">{tasks(deal)}</Section>
      {payments?.(deal)}
      {talks(deal)}
      <Section title="Files">
        <DealFiles deal={deal} />
      </Section>
      <Section title="What happened">
        <Story deal={deal} />
      </Section>
      {selling ? <LinesDialog deal={deal} onClose={() => setSelling(false)} onSave={(lines) => change({ lines })} /> : null}
    </DropZone>
  );

  function value(text: string): Promise<boolean> {
    const money = readMoney(text || "0", deal.value.currency);
    if (money) return change({ value: money });
    toast("This is no amount.", { negative: true });
    return Promise.resolve(false);
  }
}
