import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { CircleDollarSign, Plus } from "lucide-react";

import { useMay } from "@/api/may";
import { paymentAccounts, paymentProviders } from "@/api/payments";
import { Button } from "@/ui/button";
import { Page } from "@/ui/page";
import { Panels } from "@/ui/skeletons";
import { Empty, Failed } from "@/ui/states";
import { AccountDialog } from "./account-dialog";
import { AccountPanel } from "./account-panel";

/** Where customers pay to: the organization's accounts at payment providers. */
export function PaymentAccountsPage() {
  const list = useQuery(paymentAccounts());
  const providers = useQuery(paymentProviders());
  const writes = useMay("writeIntegrations");
  const [connecting, setConnecting] = useState(false);
  const add = writes ? (
    <Button look="primary" onClick={() => setConnecting(true)}>
      <Plus /> Connect an account
    </Button>
  ) : null;
  return (
    <Page title="Payments" text="Where the money goes that your team asks for in conversations." act={list.data?.length ? add : null}>
      {list.isPending ? <Panels label="Loading payment accounts" lines={[3, 3]} /> : null}
      {list.isError ? <Failed error={list.error} onRetry={() => void list.refetch()} /> : null}
      {list.data?.length === 0 ? (
        <Empty icon={<CircleDollarSign />} text="No payment account is connected yet.">
          {add}
        </Empty>
      ) : null}
      {list.data?.map((one) => <AccountPanel key={one.id} account={one} provider={providers.data?.find((other) => other.id === one.provider)} writes={writes} />)}
      {connecting ? <AccountDialog providers={providers.data ?? []} onClose={() => setConnecting(false)} /> : null}
    </Page>
  );
}
