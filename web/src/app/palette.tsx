import { useState } from "react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ArrowRight, Keyboard, Moon } from "lucide-react";

import { conversationCounts, conversationList } from "@/api/conversations";
import { useTheme } from "@/lib/facts/theme";
import { useOverlay } from "@/lib/facts/overlay";
import { contains } from "@/lib/text";
import { useDelayed } from "@/lib/use-delayed";
import { ChannelGlyph } from "@/ui/channel-glyph";
import { type Choice, Chooser } from "@/ui/chooser";
import { Dialog } from "@/ui/dialog";
import { places } from "./rail";

/** Go anywhere, do anything, by name. */
export function Palette({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const { theme, choose } = useTheme();
  const show = useOverlay((state) => state.show);
  const [typed, setTyped] = useState("");
  const q = useDelayed(typed.trim(), 200);
  useQuery(conversationCounts());
  const found = useInfiniteQuery({ ...conversationList({ q: q || undefined }), enabled: q.length > 1 });

  const acts: (Choice & { run: () => void })[] = [
    ...places.map(({ to, name, icon: Icon, keys }) => ({ id: to, name: `Go to ${name.toLowerCase()}`, icon: <Icon />, hint: keys, run: () => void navigate({ to }) })),
    { id: "theme", name: theme === "dark" ? "Use the light theme" : "Use the dark theme", icon: <Moon />, run: () => choose(theme === "dark" ? "light" : "dark") },
    { id: "keys", name: "Keyboard shortcuts", icon: <Keyboard />, hint: "?", run: () => show("shortcuts") },
    ...["integrations", "members", "teams", "labels", "callbacks", "organization", "profile", "appearance"].map((page) => ({
      id: `settings/${page}`,
      name: `Settings: ${page === "callbacks" ? "flight recorder" : page}`,
      icon: <ArrowRight />,
      run: () => void navigate({ to: "/settings/$page", params: { page } }),
    })),
  ];
  const rows = q.length > 1 ? (found.data?.pages[0]?.data ?? []).slice(0, 8) : [];
  const conversations = rows.map((row) => ({
    id: row.id,
    name: row.contact.name,
    icon: <ChannelGlyph channel={row.channel} />,
    hint: row.last_message?.text.slice(0, 40),
    run: () => void navigate({ to: "/inbox/$conversationId", params: { conversationId: row.id } }),
  }));
  const choices = [...conversations, ...acts.filter((act) => contains(act.name, typed))];

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
