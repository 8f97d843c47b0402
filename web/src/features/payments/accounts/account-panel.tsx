import { useState } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { BookOpen, CircleAlert, CircleCheck, CirclePause, Pencil, Stethoscope, Trash2 } from "lucide-react";

import { type PaymentAccount, paymentAccounts, type PaymentProvider, removePaymentAccount, testPaymentAccount } from "@/api/payments";
import { Button } from "@/ui/button";
import { Chip } from "@/ui/chip";
import { Confirm } from "@/ui/confirm";
import { CopyField } from "@/ui/copy-field";
import { Panel } from "@/ui/page";
import { toast, toastError } from "@/ui/toast";
import { AccountDialog } from "./account-dialog";
import { callbackEvents } from "./callback-events";

interface AccountPanelProps {
  account: PaymentAccount;
  provider: PaymentProvider | undefined;
  writes: boolean;
}

/** One account: how it is, where its provider calls, and what can be done with it. */
export function AccountPanel({ account, provider, writes }: AccountPanelProps) {
  const client = useQueryClient();
  const [dialog, setDialog] = useState<"edit" | "remove">();
  const [busy, setBusy] = useState(false);
  const name = provider?.name ?? account.provider;
  const { queryKey } = paymentAccounts();
  const put = (after: PaymentAccount) => client.setQueryData(queryKey, (held: PaymentAccount[] | undefined) => held?.map((one) => (one.id === after.id ? after : one)));

  async function check() {
    setBusy(true);
    try {
      const after = await testPaymentAccount(account.id);
      put(after);
      toast(after.problem ? `${account.name}: ${after.problem}` : `${account.name} works.`, { negative: Boolean(after.problem) });
    } catch (error) {
      toastError(error);
    }
    setBusy(false);
  }
  async function remove() {
    setDialog(undefined);
    try {
      await removePaymentAccount(account.id);
      toast("The account is disconnected. Its payments stay.");
    } catch (error) {
      toastError(error);
    }
    void client.invalidateQueries({ queryKey });
  }
  return (
    <Panel>
      <header className="flex flex-wrap items-center gap-2">
        <div className="min-w-0 flex-1 basis-48">
          <h2 className="truncate font-semibold">{account.name}</h2>
          <p className="truncate text-sm text-muted">{[name === account.name ? "" : name, account.holder, account.currency].filter(Boolean).join(" · ")}</p>
        </div>
        <Chip tone={account.live ? "accent" : "neutral"}>{account.live ? "Live" : "Test"}</Chip>
        <Status status={account.status} />
      </header>
      {account.problem ? <p className="mt-3 rounded-md bg-negative-quiet px-3 py-2 text-sm text-negative-text">{account.problem}</p> : null}
      <div className="mt-4 flex flex-col gap-2">
        <p className="text-sm text-muted">Callback address: enter it at {name}, so that a payment is known the moment it is made.</p>
        <CopyField label={`Callback address of ${account.name}`} value={account.webhook_url} />
        <Events provider={account.provider} name={name} />
      </div>
      {writes ? (
        <div className="mt-4 flex flex-wrap gap-2 border-t pt-4">
          <Button busy={busy} onClick={() => void check()}>
            <Stethoscope /> Test
          </Button>
          <Button disabled={!provider} onClick={() => setDialog("edit")}>
            <Pencil /> Edit
          </Button>
          <span className="flex-1" />
          <Button look="danger" onClick={() => setDialog("remove")}>
            <Trash2 /> Disconnect
          </Button>
        </div>
      ) : null}
      {dialog === "edit" && provider ? <AccountDialog providers={[provider]} account={account} onClose={() => setDialog(undefined)} /> : null}
      <Confirm
        open={dialog === "remove"}
        title={`Disconnect ${account.name}?`}
        text="Nobody can ask for money to this account any more, and what happens there is not heard of. Payments that were made stay in the books."
        act="Disconnect"
        onClose={() => setDialog(undefined)}
        onConfirm={() => void remove()}
      />
    </Panel>
  );
}

function Status({ status }: Pick<PaymentAccount, "status">) {
  if (status === "connected") {
    return (
      <Chip tone="positive">
        <CircleCheck /> Connected
      </Chip>
    );
  }
  if (status === "paused") {
    return (
      <Chip tone="warning">
        <CirclePause /> Paused
      </Chip>
    );
  }
  return (
    <Chip tone="negative">
      <CircleAlert /> Needs attention
    </Chip>
  );
}

/** What the provider is to call for. */
function Events({ provider, name }: { provider: string; name: string }) {
  const events = callbackEvents[provider];
  return (
    <>
      {events ? (
        <details className="text-sm">
          <summary className="w-fit rounded text-muted hover:text-text">Which events to tick</summary>
          <ul className="mt-1.5 flex flex-wrap gap-1.5">
            {events.map((one) => (
              <li key={one} className="rounded bg-sunken px-1.5 py-0.5 font-mono text-xs">
                {one}
              </li>
            ))}
          </ul>
        </details>
      ) : null}
      <a href={`/guides/${provider}.html`} target="_blank" rel="noreferrer" className="inline-flex w-fit items-center gap-1.5 text-sm text-accent-text hover:underline">
        <BookOpen className="size-4" aria-hidden="true" /> How to connect {name}, step by step
      </a>
    </>
  );
}
