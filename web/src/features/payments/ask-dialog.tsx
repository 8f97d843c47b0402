import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { conversation as conversationQuery } from "@/api/conversations";
import { contactDeals, deal as dealQuery, pipelines } from "@/api/deals";
import { useMay } from "@/api/may";
import { paymentAccounts, paymentProviders } from "@/api/payments";
import { heldConversation } from "@/live/cache";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Failed, Lines } from "@/ui/states";
import { AskForm } from "./ask-form-fields";

interface AskDialogProps {
  conversationId?: string;
  dealId?: string;
  onClose: () => void;
}

/** Asks for money, in a conversation or by a link of its own. */
export function AskDialog({ conversationId, dealId, onClose }: AskDialogProps) {
  const client = useQueryClient();
  const providers = useQuery(paymentProviders());
  const accounts = useQuery(paymentAccounts());
  const place = useQuery({ ...conversationQuery(conversationId ?? ""), enabled: conversationId !== undefined, placeholderData: () => heldConversation(client, conversationId ?? "") });
  const contactId = place.data?.contact.id;
  const known = useQuery({ ...contactDeals(contactId ?? ""), enabled: contactId !== undefined });
  const named = useQuery({ ...dealQuery(dealId ?? ""), enabled: dealId !== undefined });
  const usual = useQuery(pipelines()).data?.[0]?.currency;
  const usable = accounts.data?.filter((one) => one.status === "connected");
  const error = accounts.error ?? providers.error;
  const waits = !error && (!usable || !providers.data || (dealId !== undefined && named.isPending) || (contactId !== undefined && known.isPending) || (conversationId !== undefined && place.isPending));
  const deals = [...(named.data ? [named.data] : []), ...(known.data ?? []).filter((one) => one.id !== dealId && one.status === "open")];
  const whom = place.data ? place.data.contact.name || "the customer" : undefined;
  return (
    <Dialog open onClose={onClose} title={whom ? `Ask ${whom} for money` : "Ask for money"} description={whom ? undefined : "A link to send yourself."}>
      {error ? <Failed error={error} onRetry={() => void Promise.all([accounts.refetch(), providers.refetch()])} /> : null}
      {waits ? <Lines rows={6} /> : null}
      {!waits && usable?.length === 0 ? <NoAccount onClose={onClose} /> : null}
      {!waits && usable?.length && providers.data ? <AskForm usual={usual} accounts={usable} providers={providers.data} deals={deals} dealId={dealId} conversationId={conversationId} onClose={onClose} /> : null}
    </Dialog>
  );
}

/** Somebody has to connect a provider first. */
function NoAccount({ onClose }: { onClose: () => void }) {
  const writes = useMay("writeIntegrations");
  return (
    <div className="flex flex-col items-start gap-3">
      <p className="text-muted">No payment account is connected{writes ? "." : ". An owner or admin can connect one in the settings."}</p>
      {writes ? (
        <Button asChild look="primary">
          <Link to="/settings/$page" params={{ page: "payments" }} onClick={onClose}>
            Connect one
          </Link>
        </Button>
      ) : null}
    </div>
  );
}
