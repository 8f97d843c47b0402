import { useRef, useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { MoreHorizontal, Trash2 } from "lucide-react";

import { account, type AccountChange, accountContacts, accountDeals, accountKeys, patchAccount, removeAccount } from "@/api/accounts";
import { dealFields } from "@/api/deal-fields";
import { pipelines } from "@/api/deals";
import { useMay } from "@/api/may";
import { members } from "@/api/organization";
import { isProblem } from "@/api/problem";
import { moneyText } from "@/lib/money";
import { Avatar } from "@/ui/avatar";
import { IconButton } from "@/ui/button";
import { Chip } from "@/ui/chip";
import { EditInPlace } from "@/ui/edit-in-place";
import { Fact } from "@/ui/fact";
import { late } from "@/ui/late";
import { Menu, MenuItem } from "@/ui/menu";
import { Section } from "@/ui/section";
import { Failed, Lines } from "@/ui/states";
import { Tags } from "@/ui/tags";
import { toast, toastError } from "@/ui/toast";
import { TypedFields } from "@/ui/typed-fields";

const Confirm = late(() => import("@/ui/confirm").then((module) => module.Confirm));

/** All that is known of a company, each thing changed where it stands. */
export function CompanyCard({ companyId }: { companyId: string }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const found = useQuery(account(companyId));
  const fields = (useQuery(dealFields()).data ?? []).filter((one) => one.about === "account");
  const people = (useQuery(members()).data ?? []).filter((one) => !one.deactivated_at && !one.invited && one.role !== "viewer");
  const writes = useMay("writeContacts");
  const deletes = useMay("deleteContacts");
  const [doomed, setDoomed] = useState(false);
  const underway = useRef<Promise<unknown>>(Promise.resolve());
  if (found.isPending) return <Lines rows={6} className="p-6" />;
  if (found.isError) return <Failed error={found.error} onRetry={() => void found.refetch()} />;
  const company = found.data;

  async function change(what: AccountChange): Promise<boolean> {
    // One after the other: two quick changes by the same person do not stand in each other's way.
    const turn = underway.current.then(() => patchAccount(companyId, { ...what, version: client.getQueryData(account(companyId).queryKey)?.version ?? company.version }));
    underway.current = turn.then(
      (after) => client.setQueryData(account(companyId).queryKey, after),
      () => undefined,
    );
    try {
      await turn;
      await underway.current;
      void client.invalidateQueries({ queryKey: [...accountKeys.all, "list"] });
      return true;
    } catch (error) {
      if (isProblem(error, "version_conflict")) {
        await client.invalidateQueries({ queryKey: account(companyId).queryKey });
        toast("Somebody else changed this company meanwhile. Their version is shown now; make your change again.", { negative: true });
      } else toastError(error);
      return false;
    }
  }
  async function remove() {
    setDoomed(false);
    try {
      await removeAccount(company.id);
      void navigate({ to: "/companies" });
      toast(`${company.name} was deleted.`);
      void client.invalidateQueries({ queryKey: [...accountKeys.all, "list"] });
    } catch (error) {
      toastError(error);
    }
  }
  return (
    <div className="relative pb-6">
      <header className="flex flex-col items-center gap-2 px-4 pt-5 pb-4 text-center">
        <Avatar name={company.name} seed={company.id} size="lg" />
        <h2 className="w-full text-lg font-semibold">
          <EditInPlace label="Name" value={company.name} disabled={!writes} className="text-center" onSave={(name) => (name ? change({ name }) : Promise.resolve(false))} />
        </h2>
        {deletes ? (
          <Menu
            align="end"
            trigger={
              <IconButton label="More about this company" className="absolute top-2 right-2">
                <MoreHorizontal />
              </IconButton>
            }
          >
            <MenuItem icon={<Trash2 />} danger onSelect={() => setDoomed(true)}>
              Delete
            </MenuItem>
          </Menu>
        ) : null}
      </header>
      <Section title="Details">
        <dl className="flex flex-col gap-1.5">
          <Fact name="Domain">
            <EditInPlace label="Domain" value={company.domain ?? ""} disabled={!writes} onSave={(domain) => change({ domain: domain || null })} />
          </Fact>
          <Fact name="Phone">
            <EditInPlace label="Phone" type="tel" value={company.phone ?? ""} disabled={!writes} onSave={(phone) => change({ phone: phone || null })} />
          </Fact>
          <Fact name="Owner">
            <select
              aria-label="Owner"
              disabled={!writes}
              value={company.owner_id ?? ""}
              onChange={(event) => void change({ owner_id: event.target.value || null })}
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
        </dl>
      </Section>
      <Section title="Contacts">
        <Contacts companyId={company.id} total={company.contacts} />
      </Section>
      <Section title="Deals">
        <Deals companyId={company.id} />
      </Section>
      <Section title="Tags">
        <Tags tags={company.tags} disabled={!writes} onChange={(tags) => change({ tags })} />
      </Section>
      <Section title="Fields">
        <TypedFields fields={fields} attributes={company.attributes} disabled={!writes} onChange={change} />
      </Section>
      {doomed ? (
        <Confirm
          open
          title={`Delete ${company.name}?`}
          text="Its contacts and deals stay, and belong to no company then. This cannot be undone."
          act="Delete company"
          onClose={() => setDoomed(false)}
          onConfirm={() => void remove()}
        />
      ) : null}
    </div>
  );
}

const line = "-mx-1.5 flex items-center gap-2 rounded-md px-1.5 py-1 hover:bg-line/60 max-md:min-h-9";

function Contacts({ companyId, total }: { companyId: string; total: number }) {
  const found = useQuery(accountContacts(companyId));
  if (found.isPending) return <Lines rows={1} />;
  if (found.isError) return <Failed error={found.error} onRetry={() => void found.refetch()} />;
  const { data } = found.data;
  if (data.length === 0) return <p className="text-sm text-muted">None. A contact is put here from their own card.</p>;
  return (
    <>
      <ul aria-label="Contacts of the company" className="flex flex-col gap-1">
        {data.map((contact) => (
          <li key={contact.id}>
            <Link to="/contacts/$contactId" params={{ contactId: contact.id }} className={line}>
              <Avatar name={contact.name} seed={contact.id} size="xs" />
              <span className="min-w-0 flex-1 truncate">{contact.name || "Unnamed"}</span>
              <span className="truncate text-sm text-muted">{contact.phone ?? contact.email ?? ""}</span>
            </Link>
          </li>
        ))}
      </ul>
      {total > data.length ? <p className="pt-1 text-sm text-muted">The newest {data.length} of {total}.</p> : null}
    </>
  );
}

function Deals({ companyId }: { companyId: string }) {
  const found = useQuery(accountDeals(companyId));
  const stages = useQuery(pipelines()).data?.flatMap((board) => board.stages) ?? [];
  if (found.isPending) return <Lines rows={1} />;
  if (found.isError) return <Failed error={found.error} onRetry={() => void found.refetch()} />;
  const { data, next_cursor } = found.data;
  if (data.length === 0) return <p className="text-sm text-muted">None. A deal is put here from its card.</p>;
  return (
    <>
      <ul aria-label="Deals with the company" className="flex flex-col gap-1">
        {data.map((deal) => (
          <li key={deal.id}>
            <Link to="/deals/$dealId" params={{ dealId: deal.id }} className={line}>
              <span className="min-w-0 flex-1 truncate">{deal.title}</span>
              <Chip tone={deal.status === "won" ? "positive" : deal.status === "lost" ? "negative" : "neutral"}>{stages.find((stage) => stage.id === deal.stage_id)?.name ?? deal.status}</Chip>
              {deal.value.minor > 0 ? <span className="tabular-nums">{moneyText(deal.value, true)}</span> : null}
            </Link>
          </li>
        ))}
      </ul>
      {next_cursor ? <p className="pt-1 text-sm text-muted">The newest {data.length}.</p> : null}
    </>
  );
}
