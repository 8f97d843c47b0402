import { useState } from "react";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ArrowLeft, Building2, Plus } from "lucide-react";

import { useMay } from "@/api/may";
import { CompanyCard } from "@/features/companies/company-card";
import { CompanyList } from "@/features/companies/company-list";
import { ContactSearch } from "@/features/contacts/contact-search";
import { useNarrow } from "@/lib/use-media";
import { Button, IconButton } from "@/ui/button";
import { late } from "@/ui/late";
import { Empty } from "@/ui/states";
import { PeopleTabs } from "./people-tabs";

const CompanyDialog = late(() => import("@/features/companies/company-dialog").then((module) => module.CompanyDialog));

/** The list of companies, and one of them beside it. */
export function Companies() {
  const { companyId } = useParams({ strict: false });
  const { q = "" } = useSearch({ strict: false });
  const narrow = useNarrow();
  const navigate = useNavigate();
  const writes = useMay("writeContacts");
  const [adding, setAdding] = useState(false);
  return (
    <main className="flex h-full min-h-0">
      {narrow && companyId ? null : (
        <section aria-label="Companies" className="flex min-h-0 w-full flex-col border-r bg-canvas md:w-96 md:shrink-0">
          <header className="flex flex-col gap-2 border-b px-4 py-3">
            <div className="flex items-center justify-between">
              <h1 className="text-lg font-semibold">Companies</h1>
              {writes ? (
                <IconButton label="New company" onClick={() => setAdding(true)}>
                  <Plus />
                </IconButton>
              ) : null}
            </div>
            <PeopleTabs />
            <ContactSearch q={q} label="Search companies" placeholder="Name or domain" />
          </header>
          <CompanyList q={q} openId={companyId} />
        </section>
      )}
      {companyId ? (
        <section aria-label="Company" className="relative min-h-0 min-w-0 flex-1 overflow-y-auto bg-surface">
          {narrow ? (
            <Button look="quiet" className="m-2" onClick={() => void navigate({ to: "/companies", search: { q: q || undefined } })}>
              <ArrowLeft /> Companies
            </Button>
          ) : null}
          <div className="relative mx-auto max-w-xl">
            <CompanyCard key={companyId} companyId={companyId} />
          </div>
        </section>
      ) : narrow ? null : (
        <section className="flex-1 bg-surface">
          <Empty icon={<Building2 />} text="Choose a company to see its contacts and deals." />
        </section>
      )}
      {adding ? <CompanyDialog onClose={() => setAdding(false)} onMade={(made) => void navigate({ to: "/companies/$companyId", params: { companyId: made.id } })} /> : null}
    </main>
  );
}
