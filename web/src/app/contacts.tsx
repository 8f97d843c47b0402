import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ArrowLeft, Users } from "lucide-react";

import { CompanyOf } from "@/features/companies/company-of";
import { ContactCard } from "@/features/contact/contact-card";
import { ContactList } from "@/features/contacts/contact-list";
import { ContactSearch } from "@/features/contacts/contact-search";
import { TableMenu } from "@/features/contacts/table-menu";
import { ContactDeals } from "@/features/deals/contact-deals";
import { PanelPayments } from "@/features/payments/panel-payments";
import { useNarrow } from "@/lib/use-media";
import { Button } from "@/ui/button";
import { Empty } from "@/ui/states";
import { PanelTasks } from "./panel-tasks";
import { PeopleTabs } from "./people-tabs";

/** The list of contacts, and one of them beside it. */
export function Contacts() {
  const { contactId } = useParams({ strict: false });
  const { q = "" } = useSearch({ strict: false });
  const narrow = useNarrow();
  const navigate = useNavigate();
  const back = () => void navigate({ to: "/contacts", search: { q: q || undefined } });
  return (
    <main className="flex h-full min-h-0">
      {narrow && contactId ? null : (
        <section aria-label="Contacts" className="flex min-h-0 w-full flex-col border-r bg-canvas md:w-96 md:shrink-0">
          <header className="flex flex-col gap-2 border-b px-4 py-3">
            <div className="flex items-center justify-between">
              <h1 className="text-lg font-semibold">Contacts</h1>
              <TableMenu />
            </div>
            <PeopleTabs />
            <ContactSearch q={q} />
          </header>
          <ContactList q={q} openId={contactId} />
        </section>
      )}
      {contactId ? (
        <section aria-label="Contact" className="relative min-h-0 min-w-0 flex-1 overflow-y-auto bg-surface">
          {narrow ? (
            <Button look="quiet" className="m-2" onClick={back}>
              <ArrowLeft /> Contacts
            </Button>
          ) : null}
          <div className="relative mx-auto max-w-xl">
            <ContactCard key={contactId} contactId={contactId} company={CompanyOf} deals={<ContactDeals contactId={contactId} />} payments={<PanelPayments contactId={contactId} />} tasks={<PanelTasks contactId={contactId} />} />
          </div>
        </section>
      ) : narrow ? null : (
        <section className="flex-1 bg-surface">
          <Empty icon={<Users />} text="Choose a contact to see what is known about them." />
        </section>
      )}
    </main>
  );
}
