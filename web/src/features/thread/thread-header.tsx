import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { AlarmClock, ArrowLeft, BellOff, CircleCheck, Mail, MoreHorizontal, PanelRight, RotateCcw, Tag, UserPlus, UsersRound } from "lucide-react";

import { contact as contactQuery } from "@/api/contacts";
import { useMay } from "@/api/may";
import { labels as labelList, members, teams } from "@/api/organization";
import type { Conversation, Priority } from "@/api/types";
import { classes } from "@/lib/classes";
import { labelColour } from "@/lib/label-colours";
import { useContactPanel } from "@/lib/facts/contact-panel";
import { useOverlay } from "@/lib/facts/overlay";
import { moment } from "@/lib/time";
import { act } from "@/live/act";
import { changeConversation, markUnread } from "@/live/change-conversation";
import { Avatar } from "@/ui/avatar";
import { Button, IconButton } from "@/ui/button";
import { ChannelGlyph } from "@/ui/channel-glyph";
import { Chip, LabelChip } from "@/ui/chip";
import { Menu, MenuItem, MenuLabel, MenuLine } from "@/ui/menu";
import { toastError } from "@/ui/toast";
import { CallButton } from "./call-button";
import { LiveViewers } from "./live-viewers";

const priorities: Priority[] = ["none", "low", "medium", "high", "urgent"];

/** Who this is with, who looks after it, and the acts on the whole conversation. */
export function ThreadHeader({ conversation, view }: { conversation: Conversation; view: string }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const show = useOverlay((state) => state.show);
  const panel = useContactPanel();
  const writes = useMay("writeConversations");
  const identities = useQuery(contactQuery(conversation.contact.id)).data?.identities.filter((one) => one.channel === conversation.channel);
  const optedOut = identities?.length && identities.every((one) => one.opted_out_at);
  const about = [conversation.id];
  const closed = conversation.status === "closed";

  function change(to: Parameters<typeof changeConversation>[2]) {
    changeConversation(client, conversation.id, to).catch(toastError);
  }
  return (
    <header className="@container flex flex-col border-b">
      <div className="flex min-h-13 items-center gap-2 px-3 py-1.5 max-md:gap-1 max-md:px-2">
        <IconButton label="Back to the list" className="hidden max-md:inline-flex" onClick={() => void navigate({ to: "/inbox", search: { view } })}>
          <ArrowLeft />
        </IconButton>
        <button type="button" title="Show the contact" onClick={() => panel.toggle(true)} className="flex min-w-0 flex-1 items-center gap-2 rounded-md text-left">
          <ChannelGlyph channel={conversation.channel} />
          <span className="min-w-0">
            <h1 dir="auto" className="truncate text-lg font-semibold">{conversation.contact.name || "Unnamed"}</h1>
            {conversation.subject ? <p dir="auto" className="truncate text-sm text-muted">{conversation.subject}</p> : null}
          </span>
          {conversation.status === "snoozed" && conversation.snoozed_until ? (
            <Chip tone="warning" className="hidden @2xl:inline-flex">
              <AlarmClock /> until {moment(conversation.snoozed_until)}
            </Chip>
          ) : null}
          {optedOut ? (
            <span className="hidden @xl:inline">
              <Chip tone="warning">
                <BellOff /> Opted out
              </Chip>
            </span>
          ) : null}
          {closed ? <Chip>Closed</Chip> : null}
          {conversation.status === "pending" ? <Chip>Pending</Chip> : null}
        </button>
        <LiveViewers conversationId={conversation.id} />
        {writes ? (
          <>
            <CallButton conversation={conversation} />
            <Assigned conversation={conversation} onOpen={() => show("assign", about)} />
            <IconButton label="Labels" keys="l" className="hidden @2xl:inline-flex" onClick={() => show("label", about)}>
              <Tag />
            </IconButton>
            <IconButton label="Snooze" keys="s" className="hidden @2xl:inline-flex" onClick={() => show("snooze", about)}>
              <AlarmClock />
            </IconButton>
            <Menu
              trigger={
                <IconButton label="More">
                  <MoreHorizontal />
                </IconButton>
              }
            >
              <MenuItem icon={<UserPlus />} keys="a" onSelect={() => show("assign", about)}>
                Assign
              </MenuItem>
              <MenuItem icon={<Tag />} keys="l" onSelect={() => show("label", about)}>
                Labels
              </MenuItem>
              <MenuItem icon={<AlarmClock />} keys="s" onSelect={() => show("snooze", about)}>
                Snooze
              </MenuItem>
              <MenuItem icon={<Mail />} keys="u" onSelect={() => void markUnread(client, conversation).catch(toastError)}>
                Mark unread
              </MenuItem>
              {conversation.status === "open" ? <MenuItem onSelect={() => change({ status: "pending" })}>Set pending</MenuItem> : null}
              <MenuLine />
              <MenuLabel>Priority</MenuLabel>
              {priorities.map((priority) => (
                <MenuItem key={priority} checked={conversation.priority === priority} onSelect={() => change({ priority })}>
                  {priority[0]?.toUpperCase() + priority.slice(1)}
                </MenuItem>
              ))}
            </Menu>
            <Button small look={closed ? "plain" : "primary"} className="h-8" onClick={() => void act(client, [conversation], { status: closed ? "open" : "closed" }, closed ? "reopened" : "closed")}>
              {closed ? <RotateCcw /> : <CircleCheck />}
              <span className="sr-only @md:not-sr-only">{closed ? "Reopen" : "Close"}</span>
            </Button>
          </>
        ) : null}
        {/* On a phone the name opens it, which needs the room. */}
        <IconButton className="max-md:hidden" label={panel.open ? "Fold the contact panel" : "Show the contact panel"} active={panel.open} aria-pressed={panel.open} onClick={() => panel.toggle()}>
          <PanelRight />
        </IconButton>
      </div>
      <Labels conversation={conversation} onMore={writes ? () => show("label", about) : undefined} />
    </header>
  );
}

function Assigned({ conversation, onOpen }: { conversation: Conversation; onOpen: () => void }) {
  const people = useQuery(members());
  const allTeams = useQuery(teams());
  const member = people.data?.find((one) => one.id === conversation.assignee_id);
  const team = allTeams.data?.find((one) => one.id === conversation.team_id);
  return (
    <Button small look="quiet" className={classes("h-8 max-w-44 px-1 @lg:px-2", !member && !team && "max-md:hidden")} onClick={onOpen} aria-label={`Assigned to ${member?.name ?? team?.name ?? "nobody"}. Change`}>
      {member ? <Avatar name={member.name} seed={member.id} size="xs" /> : team ? <UsersRound /> : <UserPlus />}
      <span className="hidden truncate @lg:inline">{member?.name ?? team?.name ?? "Assign"}</span>
    </Button>
  );
}

/** How many labels stand in the header, in a wide and in a narrow one; the others are one press away. */
const mostLabels = 5;
const fewLabels = 2;

function Labels({ conversation, onMore }: { conversation: Conversation; onMore?: () => void }) {
  const all = useQuery(labelList());
  const shown = (all.data ?? []).filter((label) => conversation.labels.includes(label.id));
  const priority = conversation.priority === "none" ? undefined : conversation.priority;
  if (shown.length === 0 && !priority) return null;
  return (
    <div role="group" className="flex flex-wrap gap-1 px-3 pb-1.5" aria-label="Labels">
      {priority ? <Chip tone={priority === "urgent" ? "negative" : priority === "high" ? "warning" : "neutral"}>{priority} priority</Chip> : null}
      {shown.slice(0, mostLabels).map((label, index) => (
        <span key={label.id} className={index < fewLabels ? "flex" : "hidden @xl:flex"}>
          <LabelChip name={label.name} colour={labelColour(label.color)} />
        </span>
      ))}
      <MoreLabels names={shown.slice(fewLabels)} className="@xl:hidden" onMore={onMore} />
      <MoreLabels names={shown.slice(mostLabels)} className="hidden @xl:block" onMore={onMore} />
    </div>
  );
}

function MoreLabels({ names, className, onMore }: { names: { name: string }[]; className: string; onMore?: () => void }) {
  if (names.length === 0) return null;
  return (
    <button
      type="button"
      disabled={!onMore}
      onClick={onMore}
      title={names.map((label) => label.name).join(", ")}
      aria-label={`${names.length} more labels`}
      className={classes("h-5 rounded border bg-surface px-1.5 text-xs text-muted hover:text-text max-md:h-6 max-md:min-w-8", className)}
    >
      +{names.length}
    </button>
  );
}
