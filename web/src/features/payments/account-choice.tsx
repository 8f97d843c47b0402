import { useQuery } from "@tanstack/react-query";

import { paymentAccounts } from "@/api/payments";
import { Select } from "@/ui/field";

/** One of the organization's payment accounts, or all; not shown where there is only one. */
export function AccountChoice({ value, onChange }: { value: string | undefined; onChange: (id: string | undefined) => void }) {
  const accounts = useQuery(paymentAccounts()).data ?? [];
  if (accounts.length < 2) return null;
  return (
    <div className="w-52 max-md:w-full">
      <Select aria-label="Account" value={value ?? ""} onChange={(event) => onChange(event.target.value || undefined)}>
        <option value="">All accounts</option>
        {accounts.map((one) => (
          <option key={one.id} value={one.id}>
            {one.name}
          </option>
        ))}
      </Select>
    </div>
  );
}
