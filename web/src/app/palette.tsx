import { useState } from "react";
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { AlarmClock, ArrowRight, CircleCheck, Coffee, CircleDollarSign, Keyboard, Moon, Tag, UserPlus } from "lucide-react";

import { conversationCounts, conversationList } from "@/api/conversations";
import { useMay } from "@/api/may";
import { useCursor } from "@/lib/facts/cursor";
import { useTheme } from "@/lib/facts/theme";
import { useOverlay } from "@/lib/facts/overlay";
import { usePaymentDialog } from "@/lib/facts/payment-dialog";
import { contains } from "@/lib/text";
import { useDelayed } from "@/lib/use-delayed";
import { act } from "@/live/act";
import { heldConversation } from "@/live/cache";
import { ChannelGlyph } from "@/ui/channel-glyph";
import { type Choice, Chooser } from "@/ui/chooser";
import { Dialog } from "@/ui/dialog";
import { usePlaces } from "./rail";
import { useAvailability } from "./use-availability";

/** Go anywhere, do anything, by name. */
export function Palette({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const { theme, choose } = useTheme();
  const show = useOverlay((state) => state.show);
  const writes = useMay("writeConversations");
  const asks = useMay("writePayments");
  const places = usePlaces();
  const showPayment = usePaymentDialog((state) => state.show);
  const [typed, setTyped] = useState("");
  const q = useDelayed(typed.trim(), 200);
  useQuery(conversationCounts());
  const found = useInfiniteQuery({ ...conversationList({ q: q || undefined }), enabled: q.length > 1 });

  const here = useQueryClient();
  const cursor = useCursor((state) => state.at);
  const [availability, say] = useAvailability();
  const current = writes && cursor ? heldConversation(here, cursor) : undefined;
  const closed = current?.status === "closed";
  const whose = current?.contact.name || "this conversation";
  const onCurrent = current
    ? [
        { id: "close", name: `${closed ? "Reopen" : "Close"} ${whose}`, icon: <CircleCheck />, keys: "e", run: () => void act(here, [current], { status: closed ? "open" : "closed" }, closed ? "reopened" : "closed") },
        { id: "assign", name: `Assign ${whose}`, icon: <UserPlus />, keys: "a", run: () => show("assign", [current.id]) },
        { id: "snooze", name: `Snooze ${whose}`, icon: <AlarmClock />, keys: "s", run: () => show("snooze", [current.id]) },
        { id: "label", name: `Label ${whose}`, icon: <Tag />, keys: "l", run: () => show("label", [current.id]) },
        ...(asks ? [{ id: "pay", name: `Ask ${whose} for money`, icon: <CircleDollarSign />, keys: "$", run: () => showPayment({ kind: "ask" as const, conversationId: current.id }) }] : []),
      ]
    : [];
  const acts: (Choice & { run: () => void })[] = [
    ...onCurrent,
    ...places.map(({ to, name, icon: Icon, keys }) => ({ id: to, name: `Go to ${name.toLowerCase()}`, icon: <Icon />, keys, run: () => void navigate({ to }) })),
    { id: "theme", name: theme === "dark" ? "Use the light theme" : "Use the dark theme", icon: <Moon />, run: () => choose(theme === "dark" ? "light" : "dark") },
    { id: "availability", name: availability === "away" ? "Be available" : "Be away", icon: <Coffee />, run: () => say(availability === "away" ? "available" : "away") },
    { id: "keys", name: "Keyboard shortcuts", icon: <Keyboard />, keys: "?", run: () => show("shortcuts") },
    ...["integrations", "members", "teams", "labels", "payments", "callbacks", "organization", "profile", "appearance"].map((page) => ({
      id: `settings/${page}`,
      name: `Settings: ${page === "callbacks" ? "flight recorder" : page}`,
      icon: <ArrowRight />,
      run: () => void navigate({ to: "/settings/$page", params: { page } }),
    })),
  ];
  const rows = q.length > 1 ? (found.data?.pages[0]?.data ?? []).slice(0, 8) : [];
  const conversations = rows.map((row) => ({
    id: row.id,
    name: row.contact.name || "Unnamed",
    icon: <ChannelGlyph channel={row.channel} />,
    hint: row.last_message?.text.slice(0, 40),
    run: () => void navigate({ to: "/inbox/$conversationId", params: { conversationId: row.id } }),
  }));
  const choices = [...conversations, ...acts.filter((one) => contains(one.name, typed))];

  return (
    <Dialog open onClose={onClose} title="Go to or do">
      <Chooser
        label="Type a command or a name"
        choices={choices}
        onType={setTyped}
        onChoose={(id) => {
          onClose();
          choices.find((choice) => choice.id === id)?.run();
        }}
      />
    </Dialog>
  );
}
