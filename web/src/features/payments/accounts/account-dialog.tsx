import { useState } from "react";
import { useQueryClient } from "@tanstack/react-query";

import { connectPaymentAccount, patchPaymentAccount, type PaymentAccount, paymentAccounts, type PaymentProvider } from "@/api/payments";
import { isProblem } from "@/api/problem";
import { classes } from "@/lib/classes";
import { AccountFields } from "@/ui/account-form/account-fields";
import { changes, filledIn, type Values } from "@/ui/account-form/account-values";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, Input } from "@/ui/field";
import { Fault, Lines } from "@/ui/states";
import { toast } from "@/ui/toast";

interface AccountDialogProps {
  providers: PaymentProvider[];
  /** The one that is changed; without it a new one is connected. */
  account?: PaymentAccount;
  onClose: () => void;
}

/** Which provider, and what it asks for. */
export function AccountDialog({ providers, account, onClose }: AccountDialogProps) {
  const [chosen, setChosen] = useState<string>();
  const provider = providers.find((one) => one.id === (account?.provider ?? chosen)) ?? providers[0];
  return (
    <Dialog open onClose={onClose} title={account ? `Edit ${account.name}` : "Connect a payment account"}>
      {provider ? null : <Lines rows={5} />}
      {account ? null : (
        <div role="radiogroup" aria-label="Provider" className="mb-4 grid grid-cols-2 gap-2">
          {providers.map((one) => (
            <button
              key={one.id}
              type="button"
              role="radio"
              aria-checked={one.id === provider?.id}
              onClick={() => setChosen(one.id)}
              className={classes("h-11 truncate rounded-md border px-3 font-medium", one.id === provider?.id ? "border-accent bg-accent-quiet on-tint" : "bg-surface hover:border-line-strong")}
            >
              {one.name}
            </button>
          ))}
        </div>
      )}
      {provider ? <AccountForm key={provider.id} provider={provider} account={account} onClose={onClose} /> : null}
    </Dialog>
  );
}

function AccountForm({ provider, account, onClose }: { provider: PaymentProvider; account?: PaymentAccount; onClose: () => void }) {
  const client = useQueryClient();
  const [name, setName] = useState(account?.name ?? provider.name);
  const [values, setValues] = useState<Values>({});
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const faults = isProblem(error) ? error.fields : {};
  const changed = account ? changes(values, provider.account_form, account.account) : {};

  async function save() {
    setBusy(true);
    setError(undefined);
    try {
      if (account) await patchPaymentAccount(account.id, { name: name.trim(), account: Object.keys(changed).length ? changed : undefined, version: account.version });
      else await connectPaymentAccount({ provider: provider.id, name: name.trim(), account: filledIn(values) });
      await client.invalidateQueries({ queryKey: paymentAccounts().queryKey });
      toast(account ? "Saved." : `${name.trim()} is connected.`);
      onClose();
    } catch (caught) {
      setError(caught);
      setBusy(false);
    }
  }
  return (
    <form
      noValidate
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <Fault error={error} />
      <Field label="Name" help="For your team: which shop, which country." error={faults.name}>
        {(props) => <Input {...props} maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />}
      </Field>
      <AccountFields fields={provider.account_form} values={values} faults={faults} stored={account?.account} onChange={setValues} />
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="primary" busy={busy} disabled={busy || !name.trim() || (account !== undefined && name.trim() === account.name && Object.keys(changed).length === 0)}>
          {account ? "Save" : `Connect ${provider.name}`}
        </Button>
      </div>
    </form>
  );
}
