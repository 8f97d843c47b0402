import { useRef } from "react";
import { ChevronDown, Clock, CircleDollarSign, LayoutTemplate, MapPin, Paperclip, Plus, SendHorizontal, Smile, SquareMousePointer } from "lucide-react";

import type { Abilities } from "@/api/types";
import { classes } from "@/lib/classes";
import { count as counted } from "@/lib/text";
import type { Segments } from "@/lib/segments";
import { Button, IconButton } from "@/ui/button";
import { late } from "@/ui/late";
import { Menu, MenuItem } from "@/ui/menu";
import { Popover } from "@/ui/popover";
import type { Counter } from "./limits";
import { way } from "./way";
import type { Window } from "./window";
import { WindowNote } from "./window-note";

const EmojiGrid = late(() => import("@/ui/emoji-grid").then((module) => module.EmojiGrid));

interface ComposerFootProps {
  note: boolean;
  shut: boolean;
  editing: boolean;
  channelName: string;
  abilities?: Abilities;
  window: Window;
  count: Counter;
  /** Where texts are paid for by the segment. */
  segments?: Segments;
  ready: boolean;
  onEmoji: (emoji: string) => void;
  onFiles: (files: Iterable<File>) => void;
  onTemplate: () => void;
  onOffer: () => void;
  /** Where one may ask for money. */
  onPay?: () => void;
  onLocation: () => void;
  onLater: () => void;
  onSend: () => void;
}

/** Tools on the left, the window and the limits in the middle, and where it goes on the right. */
export function ComposerFoot(props: ComposerFootProps) {
  const { note, shut, editing, channelName, abilities, window, count, segments, ready } = props;
  const files = useRef<HTMLInputElement>(null);
  const choices = abilities?.buttons ?? abilities?.list;
  return (
    <div className="flex flex-wrap items-center gap-1 px-2 pt-1 pb-2">
      {props.onPay && !shut && !note && !editing ? (
        <IconButton label="Ask for money" keys="$" onClick={props.onPay}>
          <CircleDollarSign />
        </IconButton>
      ) : null}
      {shut ? null : (
        <>
          <Popover
            label="Emoji"
            trigger={
              <IconButton label="Emoji">
                <Smile />
              </IconButton>
            }
          >
            <EmojiGrid fallback={<div className="h-66 w-72" />} onPick={props.onEmoji} />
          </Popover>
          {!editing && !note && abilities?.media.length ? (
            <IconButton label="Attach files" onClick={() => files.current?.click()}>
              <Paperclip />
            </IconButton>
          ) : null}
          {!editing && !note && (choices || abilities?.location || abilities?.templates) ? (
            <Menu
              align="start"
              trigger={
                <IconButton label="More to send">
                  <Plus />
                </IconButton>
              }
            >
              {choices ? (
                <MenuItem icon={<SquareMousePointer />} onSelect={props.onOffer}>
                  {abilities?.list ? "Buttons or a list" : "Buttons"}
                </MenuItem>
              ) : null}
              {abilities?.location ? (
                <MenuItem icon={<MapPin />} onSelect={props.onLocation}>
                  Location
                </MenuItem>
              ) : null}
              {abilities?.templates ? (
                <MenuItem icon={<LayoutTemplate />} onSelect={props.onTemplate}>
                  Template
                </MenuItem>
              ) : null}
            </Menu>
          ) : null}
          <input
            ref={files}
            type="file"
            multiple
            hidden
            aria-label="Files to attach"
            onChange={(event) => {
              props.onFiles([...(event.target.files ?? [])]);
              event.target.value = "";
            }}
          />
        </>
      )}
      {/* Above the tools where the button's words leave no room beside them. */}
      <div className="flex min-w-0 flex-1 items-center justify-end gap-3 px-2 text-xs text-muted sm:@max-[30rem]:order-first sm:@max-[30rem]:basis-full sm:@max-[30rem]:empty:hidden">
        {count.shown && !shut ? (
          <span className={classes("tabular-nums", count.over && "font-medium text-negative-text")} role="status">
            {count.over ? `${(count.length - count.max).toLocaleString()} too many for ${note ? "a note" : channelName}` : `${(count.max - count.length).toLocaleString()} left`}
          </span>
        ) : null}
        {segments && !shut ? (
          <span className="truncate tabular-nums" title={`${counted(segments.left, "character")} left in this segment`}>
            {counted(segments.segments, "segment")} · {segments.encoding}
          </span>
        ) : null}
        {note ? null : <WindowNote window={window} />}
      </div>
      {shut ? null : (
        <span className="ml-auto flex shrink-0">
          <Button look="primary" disabled={!ready} onClick={props.onSend} className={classes(!note && !editing && "rounded-r-none")}>
            <SendHorizontal />
            {editing ? "Save" : note ? "Add note" : <span className="max-sm:sr-only">Send {way(abilities)} {channelName}</span>}
          </Button>
          {note || editing ? null : (
            <Menu
              trigger={
                <Button look="primary" disabled={!ready} aria-label="More ways to send" className="rounded-l-none border-l border-on-accent/30 px-1.5">
                  <ChevronDown />
                </Button>
              }
            >
              <MenuItem icon={<Clock />} onSelect={props.onLater}>
                Send later
              </MenuItem>
            </Menu>
          )}
        </span>
      )}
    </div>
  );
}
