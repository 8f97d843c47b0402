import { type DragEvent, useEffect, useRef } from "react";
import { Link } from "@tanstack/react-router";
import { CalendarClock, CircleAlert, ListTodo, MoreHorizontal } from "lucide-react";

import type { Deal, Stage } from "@/api/deals";
import { classes } from "@/lib/classes";
import { useDraggedDeal } from "@/lib/facts/dragged-deal";
import { moneyText } from "@/lib/money";
import { day, moment } from "@/lib/time";
import { Avatar } from "@/ui/avatar";
import { IconButton } from "@/ui/button";
import { Chip } from "@/ui/chip";
import { Menu, MenuItem, MenuLabel } from "@/ui/menu";
import type { BoardSearch } from "./board-search";
import { StageDot } from "./stage-dot";

interface CardProps {
  deal: Deal;
  stages: Stage[];
  owner?: string;
  open: boolean;
  writes: boolean;
  search: BoardSearch;
  onMove: (stageId: string) => void;
}

/** A deal on the board: opened with a click, moved with the pointer or from its menu. */
export function Card({ deal, stages, owner, open, writes, search, onMove }: CardProps) {
  const dragged = useDraggedDeal((state) => state.id === deal.id);
  const drag = useDraggedDeal((state) => state.set);
  const frame = useRef<HTMLElement>(null);
  // What was opened from elsewhere is seen on the board, too; what is in sight stays where it is.
  useEffect(() => {
    if (open) frame.current?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [open]);
  const begin = (event: DragEvent) => {
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", deal.title);
    drag(deal.id);
  };
  return (
    <article
      ref={frame}
      data-deal={deal.id}
      draggable={writes}
      onDragStart={begin}
      onDragEnd={() => drag(undefined)}
      className={classes("group relative rounded-md border bg-surface p-2.5 hover:border-line-strong", open && "border-accent bg-accent-quiet", dragged && "opacity-40", writes && "cursor-grab")}
    >
      <Link to="/deals/$dealId" params={{ dealId: deal.id }} search={search} draggable={false} className="block pr-6 font-medium [overflow-wrap:anywhere] after:absolute after:inset-0 after:rounded-md">
        {deal.title}
      </Link>
      <p className="truncate text-sm text-muted">{[deal.contact?.name || (deal.contact ? "Unnamed" : ""), deal.account?.name].filter(Boolean).join(" · ") || " "}</p>
      <div className="mt-1.5 flex items-center gap-1.5">
        <span className="font-medium tabular-nums">{deal.value.minor > 0 ? moneyText(deal.value, true) : <span className="text-muted">No value</span>}</span>
        <span className="flex-1" />
        {owner ? (
          <span title={owner}>
            <Avatar name={owner} seed={deal.owner_id ?? owner} size="xs" />
            <span className="sr-only">Owner: {owner}</span>
          </span>
        ) : null}
      </div>
      <Hints deal={deal} />
      {writes ? (
        <div className="absolute top-1 right-1 opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 max-md:opacity-100">
          <Menu
            align="end"
            trigger={
              <IconButton small label={`Move ${deal.title}`}>
                <MoreHorizontal />
              </IconButton>
            }
          >
            <MenuLabel>Move to</MenuLabel>
            {stages.map((stage) => (
              <MenuItem key={stage.id} icon={<StageDot stage={stage} />} checked={stage.id === deal.stage_id} onSelect={() => onMove(stage.id)}>
                {stage.name}
              </MenuItem>
            ))}
          </Menu>
        </div>
      ) : null}
    </article>
  );
}

/** What wants attention: nothing happens, nothing is planned, a day comes near. */
function Hints({ deal }: { deal: Deal }) {
  if (deal.status !== "open") return null;
  return (
    <div className="mt-1.5 flex flex-wrap gap-1 empty:hidden">
      {deal.stale ? (
        <Chip tone="warning">
          <CircleAlert /> Quiet since {moment(deal.last_activity_at)}
        </Chip>
      ) : null}
      {deal.next_task ? (
        <Chip>
          <ListTodo /> <span className="max-w-32 truncate">{deal.next_task.title}</span>
        </Chip>
      ) : deal.stale ? (
        <Chip>
          <ListTodo /> No next step
        </Chip>
      ) : null}
      {deal.expected_close ? (
        <Chip>
          <CalendarClock /> {day(deal.expected_close)}
        </Chip>
      ) : null}
    </div>
  );
}
