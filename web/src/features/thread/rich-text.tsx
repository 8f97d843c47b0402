import { Fragment, memo, type ReactNode } from "react";

import type { FormatRange } from "@/api/types";
import { stretches } from "./marks";

interface RichTextProps {
  text: string;
  ranges?: FormatRange[];
  /** Whether it holds the marks that agents write: `*bold*`. */
  marked?: boolean;
}

/** A message's text with its styles and links. Direction follows the text itself. */
export const RichText = memo(function RichText({ text, ranges, marked = false }: RichTextProps) {
  return (
    <p dir="auto" className="break-words whitespace-pre-wrap [overflow-wrap:anywhere]">
      {stretches(text, ranges, marked).map((stretch, index) => (
        <Fragment key={index}>{styled(stretch.text, stretch.styles, stretch.url)}</Fragment>
      ))}
    </p>
  );
});

function styled(text: string, styles: string[], url: string | undefined): ReactNode {
  let node: ReactNode = text;
  if (styles.includes("code") || styles.includes("pre")) node = <code className="rounded bg-line/70 px-1 font-mono text-[13px]">{node}</code>;
  if (styles.includes("bold")) node = <strong className="font-semibold">{node}</strong>;
  if (styles.includes("italic") || styles.includes("quote")) node = <em>{node}</em>;
  if (styles.includes("underline")) node = <u>{node}</u>;
  if (styles.includes("strike")) node = <s>{node}</s>;
  if (styles.includes("mention")) node = <span className="font-medium text-accent-text">{node}</span>;
  if (styles.includes("spoiler")) node = <Spoiler>{node}</Spoiler>;
  if (!url) return node;
  return (
    <a href={url} target="_blank" rel="noreferrer noopener" className="text-accent-text underline underline-offset-2">
      {node}
    </a>
  );
}

function Spoiler({ children }: { children: ReactNode }) {
  return (
    <details className="inline [&[open]>summary]:hidden">
      <summary className="inline list-none rounded bg-muted px-1 text-transparent select-none" aria-label="Show what is hidden">
        spoiler
      </summary>
      {children}
    </details>
  );
}
