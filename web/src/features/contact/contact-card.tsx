import { type ComponentType, type ReactNode, useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Ban, BellOff, Merge, MoreHorizontal } from "lucide-react";

import { blockContact, contact as contactQuery, contactKeys } from "@/api/contacts";
import { channels } from "@/api/integrations";
import { said, unsaid } from "@/api/known-as";
import { useMay } from "@/api/may";
import type { Identity } from "@/api/types";
import { dateAndTime } from "@/lib/time";
import { languageName } from "@/lib/text";
import { refetchAll } from "@/live/apply";
import { Attributes } from "@/ui/attributes";
import { Avatar } from "@/ui/avatar";
import { IconButton } from "@/ui/button";
import { ChannelGlyph } from "@/ui/channel-glyph";
import { Chip } from "@/ui/chip";
import { EditInPlace } from "@/ui/edit-in-place";
import { Fact } from "@/ui/fact";
import { late } from "@/ui/late";
import { Menu, MenuItem } from "@/ui/menu";
import { Section } from "@/ui/section";
import { Failed } from "@/ui/states";
import { Tags } from "@/ui/tags";
import { toastError } from "@/ui/toast";
import { CallContact } from "./call-contact";
import { CardSkeleton } from "./card-skeleton";
import { Notes } from "./notes";
import { OtherConversations } from "./other-conversations";
import { SamePerson } from "./same-person";
import { Timeline } from "./timeline";
import { useChangeContact } from "./use-change-contact";

const Confirm = late(() => import("@/ui/confirm").then((module) => module.Confirm));
const MergeDialog = late(() => import("./merge-dialog").then((module) => module.MergeDialog));

interface ContactCardProps {
  /** Shows the company that they belong to, and changes it. */
  company?: ComponentType<{ company?: { id: string; name: string } | null; disabled: boolean; onChange: (id: string | null) => Promise<boolean> }>;
  contactId: string;
  /** The conversation beside which the card is shown; left out of the others. */
  conversationId?: string;
  onMerged?: () => void;
  /** What is to be done for them. */
  tasks?: ReactNode;
  /** What they may buy. */
  deals?: ReactNode;
  /** What they paid: a section of its own. */
  payments?: ReactNode;
}

/** All that is known about a contact, each thing changed where it stands. */
export function ContactCard({ contactId, conversationId, onMerged, tasks, deals, payments, company: Company }: ContactCardProps) {
  const found = useQuery(contactQuery(contactId));
  const names = useQuery(channels());
  const client = useQueryClient();
  const change = useChangeContact(found.data);
  const writes = useMay("writeContacts");
  const [dialog, setDialog] = useState<"block" | "merge">();
  if (found.isPending) return <CardSkeleton />;
  if (found.isError) return <Failed error={found.error} onRetry={() => void found.refetch()} />;
  const contact = found.data;

  async function block() {
    setDialog(undefined);
    try {
      client.setQueryData(contactKeys.one(contact.id), await blockContact(contact.id, !contact.blocked));
      refetchAll(client);
    } catch (error) {
      toastError(error);
    }
  }
  return (
    <div className="pb-6">
      <header className="flex flex-col items-center gap-2 px-4 pt-5 pb-4 text-center">
        <Avatar name={contact.name} seed={contact.id} size="lg" />
        <h2 className="w-full text-lg font-semibold">
          <EditInPlace label="Name" value={contact.name} placeholder="Unnamed" disabled={!writes} className="text-center" onSave={(name) => change({ name })} />
        </h2>
        <div className="flex flex-wrap justify-center gap-1">
          {contact.blocked ? <Chip tone="negative">Blocked</Chip> : null}
          {contact.reachable === false ? <Chip tone="warning">Has blocked you</Chip> : null}
          {contact.identities.some((one) => one.opted_out_at) ? (
            <Chip tone="warning">
              <BellOff /> Opted out
            </Chip>
          ) : null}
          {contact.language ? <Chip>{languageName(contact.language)}</Chip> : null}
        </div>
        {writes ? (
          <Menu
            align="end"
            trigger={
              <IconButton label="More about this contact" className="absolute top-2 right-2">
                <MoreHorizontal />
              </IconButton>
            }
          >
            <MenuItem icon={<Merge />} onSelect={() => setDialog("merge")}>
              Merge with another contact
            </MenuItem>
            <MenuItem icon={<Ban />} danger={!contact.blocked} onSelect={() => setDialog("block")}>
              {contact.blocked ? "Unblock" : "Block"}
            </MenuItem>
          </Menu>
        ) : null}
      </header>
      {writes ? <SamePerson contact={contact} onMerged={onMerged} /> : null}
      <Section title="Details">
        <dl className="flex flex-col gap-1.5">
          <Fact name="Phone">
            <span className="-my-1.5 flex items-center gap-1">
              <EditInPlace label="Phone" type="tel" value={contact.phone ?? ""} disabled={!writes} onSave={(phone) => change({ phone: phone || null })} />
              {contact.phone && writes && !contact.blocked ? <CallContact contactId={contact.id} /> : null}
            </span>
          </Fact>
          {contact.username ? (
            <Fact name="User name">
              <span className="[overflow-wrap:anywhere]">@{contact.username}</span>
            </Fact>
          ) : null}
          <Fact name="E-mail">
            <EditInPlace label="E-mail" type="email" value={contact.email ?? ""} disabled={!writes} onSave={(email) => change({ email: email || null })} />
          </Fact>
          {Company ? (
            <Fact name="Company">
              <Company company={contact.account} disabled={!writes} onChange={(account_id) => change({ account_id })} />
            </Fact>
          ) : null}
        </dl>
      </Section>
      {deals ? <Section title="Deals">{deals}</Section> : null}
      {payments}
      {tasks ? <Section title="Tasks">{tasks}</Section> : null}
      <Section title="Writes on">
        <ul className="flex flex-col gap-1.5">
          {[...new Set(contact.identities.map((identity) => identity.channel))].map((channel) => (
            <li key={channel} className="flex items-start gap-2">
              <span className="flex h-5 items-center">
                <ChannelGlyph channel={channel} />
              </span>
              <span className="min-w-0 flex-1">
                <span className="block">{names.data?.find((one) => one.id === channel)?.name ?? channel}</span>
                <Addresses identities={contact.identities} channel={channel} />
                {optedOutOn(contact.identities, channel) ? (
                  <span className="block text-xs text-warning">No messages since {dateAndTime(optedOutOn(contact.identities, channel) ?? "")}</span>
                ) : null}
              </span>
            </li>
          ))}
        </ul>
        {contact.identities.length === 0 ? <p className="text-sm text-muted">No channel yet. They get one with their first message.</p> : null}
      </Section>
      <Section title="Tags">
        <Tags tags={contact.tags ?? []} disabled={!writes} onChange={(tags) => change({ tags })} />
      </Section>
      <Section title="Attributes">
        <Attributes attributes={contact.attributes} disabled={!writes} onChange={change} />
      </Section>
      <Notes contactId={contact.id} disabled={!writes} />
      <Timeline contactId={contact.id} names={names.data} />
      <OtherConversations contactId={contact.id} except={conversationId} />
      {dialog === "block" ? (
        <Confirm
          open
          title={contact.blocked ? `Unblock ${contact.name || "this contact"}?` : `Block ${contact.name || "this contact"}?`}
          text={contact.blocked ? "Their messages are taken in again." : "What they write from now on is not shown. Nothing that was said is lost."}
          act={contact.blocked ? "Unblock" : "Block"}
          onClose={() => setDialog(undefined)}
          onConfirm={() => void block()}
        />
      ) : null}
      {dialog === "merge" ? <MergeDialog contact={contact} onClose={() => setDialog(undefined)} onMerged={onMerged} /> : null}
    </div>
  );
}

/** What somebody is called on a channel; the platform's own ids are one press away, for those who look for one. */
function Addresses({ identities, channel }: { identities: Identity[]; channel: string }) {
  const words = said(identities, channel);
  const ids = unsaid(identities, channel);
  return (
    <span className="text-sm [overflow-wrap:anywhere] text-muted">
      {words.map((one) => (
        <span key={one} className="block">
          {one}
        </span>
      ))}
      {ids.length ? (
        <details>
          <summary className="w-fit rounded text-xs hover:text-text">{ids.length === 1 ? "Platform id" : `${ids.length} platform ids`}</summary>
          {ids.map((id) => (
            <span key={id} className="block text-xs">
              {id}
            </span>
          ))}
        </details>
      ) : null}
    </span>
  );
}

function optedOutOn(identities: Identity[], channel: string): string | undefined {
  return identities.find((one) => one.channel === channel && one.opted_out_at)?.opted_out_at ?? undefined;
}
