import { useState } from "react";

import type { Deal } from "@/api/deals";
import type { PaymentAccount, PaymentMethod, PaymentProvider } from "@/api/payments";
import { moneyText, plainAmount, readMoney } from "@/lib/money";
import { Button } from "@/ui/button";
import { Field, Input, Select } from "@/ui/field";
import { AmountFields } from "./amount-fields";
import { expiryChoices, isCode, lastCurrency, methodsFor, minutesInWords, rememberCurrency } from "./ask-form";
import { MethodToggles } from "./method-toggles";
import { useAsk } from "./use-ask";

interface AskFormProps {
  accounts: PaymentAccount[];
  providers: PaymentProvider[];
  /** Those that it may be for. */
  deals: Deal[];
  dealId?: string;
  conversationId?: string;
  /** The currency that one would expect, where nothing says so. */
  usual?: string;
  onClose: () => void;
}

/** How much, for what, and by which ways. */
export function AskForm({ accounts, providers, deals, dealId, conversationId, usual, onClose }: AskFormProps) {
  const ask = useAsk();
  const here = deals.find((one) => one.id === dealId) ?? deals.find((one) => conversationId !== undefined && one.conversation_ids.includes(conversationId));
  const [attached, setAttached] = useState(here?.id ?? "");
  const deal = deals.find((one) => one.id === attached);
  const sells = (deal?.lines.length ?? 0) > 0 && (deal?.value.minor ?? 0) > 0;
  const [lines, setLines] = useState(true);
  const [chosen, setChosen] = useState<string>();
  const account = accounts.find((one) => one.id === chosen) ?? accounts.find((one) => !one.currency || one.currency === here?.value.currency) ?? accounts[0];
  const abilities = providers.find((one) => one.id === account?.provider)?.abilities;
  const [typedCurrency, setCurrency] = useState<string>();
  const fromLines = sells && lines && (!account?.currency || account.currency === deal?.value.currency);
  const currency = (fromLines ? deal?.value.currency : (account?.currency ?? typedCurrency ?? here?.value.currency ?? lastCurrency())) ?? usual ?? "USD";
  const [typed, setTyped] = useState(() => (here && here.value.minor > 0 ? plainAmount(here.value) : ""));
  const [typedText, setText] = useState<string>();
  const text = typedText ?? deal?.title ?? "";
  const [without, setWithout] = useState<PaymentMethod[]>(["other"]);
  const [typedExpiry, setExpiry] = useState<number>();
  const offered = abilities && isCode(currency) ? methodsFor(abilities, currency) : [];
  const methods = offered.filter((one) => !without.includes(one));
  const expiries = abilities ? expiryChoices(abilities) : [];
  const expiry = typedExpiry !== undefined && expiries.includes(typedExpiry) ? typedExpiry : abilities?.usual_minutes;
  const amount = fromLines ? deal?.value : isCode(currency) ? readMoney(typed, currency) : undefined;
  const ready = account !== undefined && amount !== undefined && amount.minor > 0 && text.trim() !== "" && methods.length > 0;

  function submit() {
    if (!ready) return;
    rememberCurrency(currency);
    onClose();
    const how = fromLines ? { deal_lines: true } : { amount };
    ask({ account_id: account.id, conversation_id: conversationId, deal_id: attached || undefined, ...how, description: text.trim(), methods, expires_in_minutes: expiry }, amount);
  }
  return (
    <form
      noValidate
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {sells && deal ? (
        <fieldset className="flex flex-col gap-1.5">
          <legend className="sr-only">How much</legend>
          <Choice name="From the deal’s lines" hint={moneyText(deal.value)} checked={fromLines} disabled={Boolean(account?.currency && account.currency !== deal.value.currency)} onChange={() => setLines(true)} />
          <Choice name="Another amount" checked={!fromLines} onChange={() => setLines(false)} />
        </fieldset>
      ) : null}
      {fromLines ? null : <AmountFields amount={typed} currency={currency} fixed={Boolean(account?.currency)} onAmount={setTyped} onCurrency={setCurrency} />}
      <Field label="For what" help="The payer reads it.">
        {(props) => <Input {...props} dir="auto" maxLength={200} value={text} onChange={(event) => setText(event.target.value)} />}
      </Field>
      {accounts.length > 1 ? (
        <Field label="Paid to">
          {(props) => (
            <Select {...props} value={account?.id} onChange={(event) => setChosen(event.target.value)}>
              {accounts.map((one) => (
                <option key={one.id} value={one.id}>
                  {one.name}
                  {one.live ? "" : " (test)"}
                </option>
              ))}
            </Select>
          )}
        </Field>
      ) : null}
      <MethodToggles offered={offered} chosen={methods} onToggle={(method, on) => setWithout(on ? without.filter((one) => one !== method) : [...without, method])} />
      <div className="grid grid-cols-2 gap-3">
        <Field label="Can be paid for">
          {(props) => (
            <Select {...props} value={expiry} onChange={(event) => setExpiry(Number(event.target.value))}>
              {expiries.map((minutes) => (
                <option key={minutes} value={minutes}>
                  {minutesInWords(minutes)}
                </option>
              ))}
            </Select>
          )}
        </Field>
        {deals.length > 0 ? (
          <Field label="Deal">
            {(props) => (
              <Select {...props} value={attached} onChange={(event) => setAttached(event.target.value)}>
                <option value="">None</option>
                {deals.map((one) => (
                  <option key={one.id} value={one.id}>
                    {one.title}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        ) : null}
      </div>
      <div className="flex items-center justify-end gap-2">
        {account && !account.live ? <p className="flex-1 text-xs text-muted">A test account: no real money moves.</p> : null}
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="primary" disabled={!ready}>
          {amount && amount.minor > 0 ? `Ask for ${moneyText(amount)}` : "Ask for money"}
        </Button>
      </div>
    </form>
  );
}

function Choice({ name, hint, ...rest }: { name: string; hint?: string; checked: boolean; disabled?: boolean; onChange: () => void }) {
  return (
    <label className="flex items-center gap-2 rounded-md border px-3 py-2 has-checked:border-accent has-checked:bg-accent-quiet">
      <input type="radio" name="how-much" {...rest} />
      <span className="flex-1">{name}</span>
      {hint ? <span className="font-medium tabular-nums">{hint}</span> : null}
    </label>
  );
}
