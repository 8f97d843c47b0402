import type { Integration } from "@/api/types";

/** What a business needs to show the chat window, from the account's public address. */
export function embedOf({ id, webhook_url }: Pick<Integration, "id" | "webhook_url">) {
  const hub = webhook_url.slice(0, webhook_url.lastIndexOf("/webhooks/"));
  return {
    script: `<script async src="${hub}/webchat.js" data-integration="${id}"></script>`,
    key: id,
    address: `${hub}/webchat/${id}`,
    preview: `/webchat/demo/${id}`,
  };
}
