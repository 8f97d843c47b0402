import { CompanyOf } from "@/features/companies/company-of";
import { ContactCard } from "@/features/contact/contact-card";
import { ContactDeals } from "@/features/deals/contact-deals";
import { PanelPayments } from "@/features/payments/panel-payments";
import { PanelTasks } from "./panel-tasks";

/** All that is known of the contact of a conversation, beside it. */
export function ContactPanel({ contactId, conversationId }: { contactId: string; conversationId: string }) {
  const about = { contactId, conversationId };
  return <ContactCard {...about} company={CompanyOf} deals={<ContactDeals {...about} />} payments={<PanelPayments {...about} />} tasks={<PanelTasks {...about} />} />;
}
