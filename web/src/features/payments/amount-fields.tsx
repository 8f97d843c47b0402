import { useId } from "react";

import { currencyDigits, readMoney } from "@/lib/money";
import { Field, Input } from "@/ui/field";
import { isCode } from "./ask-form";

const usual = ["BRL", "USD", "EUR", "GBP", "ARS", "CLP", "COP", "MXN", "PEN", "UYU", "CAD", "CHF", "JPY"];

interface AmountFieldsProps {
  amount: string;
  currency: string;
  /** The account takes this currency only. */
  fixed: boolean;
  onAmount: (amount: string) => void;
  onCurrency: (currency: string) => void;
}

/** How much, as people type it, and of which currency. */
export function AmountFields({ amount, currency, fixed, onAmount, onCurrency }: AmountFieldsProps) {
  const list = useId();
  const money = isCode(currency) ? readMoney(amount, currency) : undefined;
  const wrong = amount.trim() !== "" && isCode(currency) && (!money || money.minor === 0);
  const example = currencyDigits(currency) === 0 ? "1250" : "1250.50 or 1250,50";
  return (
    <div className="flex items-start gap-3">
      <div className="min-w-0 flex-1">
        <Field label="Amount" error={wrong ? `Write an amount, such as ${example}.` : undefined}>
          {(props) => <Input {...props} autoFocus inputMode="decimal" autoComplete="off" className="text-lg tabular-nums" value={amount} onChange={(event) => onAmount(event.target.value)} />}
        </Field>
      </div>
      <div className="w-24 shrink-0">
        <Field label="Currency" error={isCode(currency) ? undefined : "Three letters."}>
          {(props) => <Input {...props} list={list} maxLength={3} readOnly={fixed} autoComplete="off" value={currency} onChange={(event) => onCurrency(event.target.value.toUpperCase())} />}
        </Field>
        <datalist id={list}>
          {usual.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      </div>
    </div>
  );
}
