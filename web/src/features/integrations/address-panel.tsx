import type { Channel, Integration } from "@/api/types";
import { CopyField } from "@/ui/copy-field";
import { Panel } from "@/ui/page";

/** Where the platform calls the hub. */
export function AddressPanel({ integration, channel }: { integration: Integration; channel: Channel | undefined }) {
  return (
    <Panel title="Webhook address">
      <p className="mb-2 text-sm text-muted">Where {channel?.name ?? "the platform"} delivers messages. Where the platform allows it, Switchboard enters the address by itself.</p>
      <CopyField label="Webhook address" value={integration.webhook_url} />
      {channel?.shared_webhook_url ? (
        <div className="mt-3">
          <p className="mb-2 text-sm text-muted">One address for all accounts of your app:</p>
          <CopyField label="Shared webhook address" value={channel.shared_webhook_url} />
        </div>
      ) : null}
    </Panel>
  );
}
