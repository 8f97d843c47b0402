import { useState } from "react";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Pencil, Plus } from "lucide-react";

import { accountKeys, accountList } from "@/api/accounts";
import { useDelayed } from "@/lib/use-delayed";
import { Button, IconButton } from "@/ui/button";
import { Chooser } from "@/ui/chooser";
import { Dialog } from "@/ui/dialog";
import { late } from "@/ui/late";

const CompanyDialog = late(() => import("./company-dialog").then((module) => module.CompanyDialog));

interface CompanyOfProps {
  company?: { id: string; name: string } | null;
  disabled: boolean;
  onChange: (id: string | null) => Promise<boolean>;
}

/** The company that a contact or a deal belongs to: a way to it, and a way to another. */
export function CompanyOf({ company, disabled, onChange }: CompanyOfProps) {
  const client = useQueryClient();
  const [choosing, setChoosing] = useState(false);

  async function choose(id: string | null) {
    setChoosing(false);
    // Its contacts and numbers are others now.
    if (await onChange(id)) void client.invalidateQueries({ queryKey: accountKeys.all });
  }
  if (!company && disabled) return <span className="text-muted">None</span>;
  return (
    <span className="flex items-center gap-1">
      {company ? (
        <Link to="/companies/$companyId" params={{ companyId: company.id }} className="min-w-0 truncate text-accent-text hover:underline">
          {company.name}
        </Link>
      ) : (
        <button type="button" onClick={() => setChoosing(true)} className="-mx-1 rounded px-1 text-muted hover:bg-line/60 max-md:min-h-8">
          Add a company
        </button>
      )}
      {company && !disabled ? (
        <IconButton small label="Change the company" className="-my-1" onClick={() => setChoosing(true)}>
          <Pencil />
        </IconButton>
      ) : null}
      {choosing ? <Choice current={company?.id} onClose={() => setChoosing(false)} onChoose={(id) => void choose(id)} /> : null}
    </span>
  );
}

function Choice({ current, onClose, onChoose }: { current?: string; onClose: () => void; onChoose: (id: string | null) => void }) {
  const [typed, setTyped] = useState("");
  const [making, setMaking] = useState(false);
  const found = useInfiniteQuery(accountList(useDelayed(typed.trim())));
  const rows = found.data?.pages.flatMap((page) => page.data) ?? [];
  if (making) return <CompanyDialog name={typed.trim()} onClose={() => setMaking(false)} onMade={(made) => onChoose(made.id)} />;
  return (
    <Dialog open onClose={onClose} title="Which company?">
      <Chooser
        label="Find a company"
        empty={found.isPending ? "Looking…" : "No company fits."}
        choices={rows.map((one) => ({ id: one.id, name: one.name, hint: one.domain, chosen: one.id === current }))}
        onType={setTyped}
        onChoose={onChoose}
      />
      <div className="mt-3 flex justify-between gap-2 border-t pt-3">
        <Button onClick={() => setMaking(true)}>
          <Plus /> New company
        </Button>
        {current ? <Button onClick={() => onChoose(null)}>No company</Button> : null}
      </div>
    </Dialog>
  );
}
