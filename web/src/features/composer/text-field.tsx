import { type ClipboardEvent, type KeyboardEvent, type Ref, useImperativeHandle, useLayoutEffect, useRef, useState } from "react";

import { useEnterSends } from "@/lib/facts/enter-sends";
import { contains } from "@/lib/text";
import { useTouch } from "@/lib/use-media";
import { MentionList } from "./mention-list";
import { mentionAt } from "./mentions";

interface TextFieldProps {
  ref: Ref<HTMLTextAreaElement>;
  text: string;
  note: boolean;
  placeholder: string;
  /** Who can be mentioned. */
  people: { id: string; name: string }[];
  onChange: (text: string) => void;
  onFiles: (files: Iterable<File>) => void;
  onSubmit: (andClose: boolean) => void;
}

/** A text field that grows with what is in it, to two fifths of the window. */
export function TextField({ ref, text, note, placeholder, people, onChange, onFiles, onSubmit }: TextFieldProps) {
  const wanted = useEnterSends((state) => state.enterSends);
  const touch = useTouch();
  const enterSends = wanted && !touch;
  const field = useRef<HTMLTextAreaElement>(null);
  const [cursor, setCursor] = useState(0);
  const [at, setAt] = useState(0);
  useImperativeHandle(ref, () => field.current as HTMLTextAreaElement);
  useLayoutEffect(() => {
    const box = field.current;
    if (!box) return;
    box.style.height = "0";
    box.style.height = `${Math.min(box.scrollHeight, window.innerHeight * 0.4)}px`;
  }, [text]);

  const mention = people.length ? mentionAt(text, cursor) : undefined;
  const candidates = mention ? people.filter((person) => contains(person.name, mention.query)).slice(0, 6) : [];

  function pick(person: { name: string }) {
    if (!mention) return;
    const before = `${text.slice(0, mention.start)}@${person.name} `;
    onChange(before + text.slice(cursor));
    setCursor(before.length);
    setAt(0);
    requestAnimationFrame(() => field.current?.setSelectionRange(before.length, before.length));
  }

  function onKeyDown(event: KeyboardEvent<HTMLTextAreaElement>) {
    if (event.nativeEvent.isComposing) return;
    const candidate = candidates[Math.min(at, candidates.length - 1)];
    if (candidate && (event.key === "ArrowDown" || event.key === "ArrowUp")) setAt((at + (event.key === "ArrowDown" ? 1 : candidates.length - 1)) % candidates.length);
    else if (candidate && (event.key === "Enter" || event.key === "Tab")) pick(candidate);
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) onSubmit(enterSends);
    else if (event.key === "Enter" && enterSends !== event.shiftKey) onSubmit(false);
    else if (event.key === "Escape") leave();
    else return;
    event.preventDefault();
  }

  /** Back to the list, where there is one beside. */
  function leave() {
    field.current?.blur();
    document.querySelector<HTMLElement>("[data-conversation][aria-current]")?.focus({ preventScroll: true });
  }

  function onPaste(event: ClipboardEvent) {
    if (event.clipboardData.files.length === 0) return;
    event.preventDefault();
    onFiles(event.clipboardData.files);
  }
  return (
    <div className="relative">
      {mention ? <MentionList people={candidates} at={Math.min(at, candidates.length - 1)} onPick={pick} /> : null}
      <textarea
        ref={field}
        dir="auto"
        rows={1}
        aria-label={note ? "Note" : "Reply"}
        placeholder={placeholder}
        value={text}
        onChange={(event) => {
          setCursor(event.target.selectionStart);
          onChange(event.target.value);
        }}
        onSelect={(event) => setCursor(event.currentTarget.selectionStart)}
        onKeyDown={onKeyDown}
        onPaste={onPaste}
        className="block min-h-11 w-full resize-none bg-transparent px-3 pt-2.5 pb-1 text-base outline-none max-md:text-[16px]"
      />
    </div>
  );
}
