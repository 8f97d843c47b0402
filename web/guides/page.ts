import { Marked, type Tokens } from "marked";

/** What an address after `#` calls a heading. */
export function anchor(heading: string): string {
  return heading.toLowerCase().replace(/[^\p{L}\p{N}\s-]/gu, "").trim().replace(/\s+/g, "-");
}

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** Whether an address leads elsewhere than to another guide. */
const outside = (href: string) => /^https?:/.test(href);

const marked = new Marked({
  renderer: {
    heading({ tokens, depth, text }: Tokens.Heading) {
      return `<h${depth} id="${anchor(text)}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
    },
    link({ href, tokens }: Tokens.Link) {
      const there = outside(href) ? `href="${escaped(href)}" target="_blank" rel="noreferrer"` : `href="${escaped(href.replace(/\.md(?=#|$)/, ".html"))}"`;
      return `<a ${there}>${this.parser.parseInline(tokens)}</a>`;
    },
    code({ text }: Tokens.Code) {
      return `<pre tabindex="0"><code>${escaped(text)}</code></pre>\n`;
    },
  },
});

/** A guide as a page that needs no script but the one that knows the chosen theme. */
export function guidePage(markdown: string): string {
  const title = /^# (.+)$/m.exec(markdown)?.[1] ?? "Guide";
  const body = marked.parse(markdown, { async: false }).replaceAll("<table>", '<div class="table" tabindex="0"><table>').replaceAll("</table>", "</table></div>");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)} · Switchboard</title>
<link rel="icon" type="image/svg+xml" href="/favicon.svg">
<link rel="stylesheet" href="guide.css">
<script src="/theme.js"></script>
</head>
<body><main>
${body}</main></body>
</html>
`;
}
