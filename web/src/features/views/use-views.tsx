import type { ReactNode } from "react";
import { useQuery } from "@tanstack/react-query";
import { AlarmClock, Archive, AtSign, CircleDashed, CircleUser, Inbox, Mail, UsersRound } from "lucide-react";

import { channels, integrations } from "@/api/integrations";
import { useMay } from "@/api/may";
import { labels, teams } from "@/api/organization";
import type { Count, Counts } from "@/api/types";
import { labelColour } from "@/lib/label-colours";
import { ChannelGlyph } from "@/ui/channel-glyph";

export interface View {
  id: string;
  name: string;
  icon: ReactNode;
  /** Whether unread ones are worth a bold number. */
  countsUnread: boolean;
  count: (counts: Counts) => Count | undefined;
}

export interface Group {
  name: string;
  titled: boolean;
  views: View[];
}

const standing: View[] = [
  { id: "mine", name: "Mine", icon: <CircleUser />, countsUnread: true, count: (counts) => counts.mine },
  { id: "unassigned", name: "Unassigned", icon: <CircleDashed />, countsUnread: true, count: (counts) => counts.unassigned },
  { id: "all", name: "All open", icon: <Inbox />, countsUnread: true, count: (counts) => counts.all },
  { id: "unread", name: "Unread", icon: <Mail />, countsUnread: true, count: (counts) => ({ conversations: counts.all.unread, unread: counts.all.unread }) },
  { id: "mentions", name: "Mentions", icon: <AtSign />, countsUnread: true, count: (counts) => ({ conversations: counts.mentions, unread: counts.mentions }) },
  { id: "snoozed", name: "Snoozed", icon: <AlarmClock />, countsUnread: false, count: (counts) => counts.statuses.snoozed },
  { id: "closed", name: "Closed", icon: <Archive />, countsUnread: false, count: () => undefined },
];

/** All views that a member can choose, in groups; a group without any is left out. */
export function useViews(): Group[] {
  const allTeams = useQuery(teams());
  const allLabels = useQuery(labels());
  const known = useQuery(channels());
  const connected = useQuery({ ...integrations(), enabled: useMay("readIntegrations") });
  const inUse = new Set(connected.data?.map((one) => one.channel));

  const groups: Group[] = [
    { name: "Inbox", titled: false, views: standing },
    {
      name: "Teams",
      titled: true,
      views: (allTeams.data ?? []).map(({ id, name }) => view(`team:${id}`, name, <UsersRound />, (counts) => counts.teams[id])),
    },
    {
      name: "Labels",
      titled: true,
      views: (allLabels.data ?? []).map(({ id, name, color }) =>
        view(`label:${id}`, name, <span className="mx-1 block size-2 rounded-full" style={{ background: labelColour(color) }} />, (counts) => counts.labels[id]),
      ),
    },
    {
      name: "Channels",
      titled: true,
      views: (known.data ?? [])
        .filter((one) => !connected.data || inUse.has(one.id))
        .map(({ id, name }) => view(`channel:${id}`, name, <ChannelGlyph channel={id} />, (counts) => counts.channels[id])),
    },
  ];
  return groups.filter((group) => group.views.length > 0);
}

function view(id: string, name: string, icon: ReactNode, count: View["count"]): View {
  return { id, name, icon, countsUnread: false, count };
}
