/** Elements without a framework, and without innerHTML: nothing that anybody wrote becomes markup. */
import type { Message } from "./types";

type Child = Node | string | null | false | undefined;

export function el<K extends keyof HTMLElementTagNameMap>(name: K, attributes: Record<string, string | boolean>, ...children: Child[]): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(key, "");
    else if (value !== false) made.setAttribute(key, value);
  }
  made.append(...children.filter((child): child is Node | string => Boolean(child)));
  return made;
}

const paths = {
  chat: "M21 12a8 8 0 0 1-8 8H4l2-3a8 8 0 1 1 15-5z",
  close: "M6 6l12 12M18 6L6 18",
  send: "M4 12l16-8-6 16-3-6z",
  clip: "M8 12l6-6a3 3 0 0 1 4 4l-8 8a5 5 0 0 1-7-7l8-8",
};

export function icon(name: keyof typeof paths): SVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const path = document.createElementNS(space, "path");
  const set = { viewBox: "0 0 24 24", width: "24", height: "24", fill: "none", stroke: "currentColor", "stroke-width": "2", "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true" };
  for (const [key, value] of Object.entries(set)) svg.setAttribute(key, value);
  path.setAttribute("d", paths[name]);
  svg.append(path);
  return svg;
}

const tags: Record<string, "strong" | "em" | "u" | "s" | "code" | "pre" | "blockquote"> = {
  bold: "strong", italic: "em", underline: "u", strike: "s", code: "code", pre: "pre", quote: "blockquote",
};

export function safe(address: string): string | null {
  try {
    const url = new URL(address);
    return ["http:", "https:", "mailto:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

function link(address: string, text: string): HTMLElement | string {
  const href = safe(address);
  return href ? el("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, text) : text;
}

/** A message's text with its formatting; addresses in it become links. */
export function written({ text, format }: Pick<Message, "text" | "format">): DocumentFragment {
  const letters = [...text];
  const edges = new Set([0, letters.length]);
  for (const { start, length } of format) {
    edges.add(start);
    edges.add(start + length);
  }
  const cuts = [...edges].sort((a, b) => a - b);
  const whole = document.createDocumentFragment();
  for (let at = 0; at + 1 < cuts.length; at++) {
    const [from = 0, until = 0] = [cuts[at], cuts[at + 1]];
    const on = format.filter((one) => one.start <= from && until <= one.start + one.length);
    const piece = letters.slice(from, until).join("");
    const target = on.find((one) => one.style === "link")?.url;
    let node: Node = target ? asNode(link(target, piece)) : linked(piece);
    for (const { style } of on) {
      const tag = tags[style];
      if (tag) node = el(tag, {}, node);
    }
    whole.append(node);
  }
  return whole;
}

function linked(text: string): DocumentFragment {
  const made = document.createDocumentFragment();
  for (const piece of text.split(/(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)])/)) made.append(piece.startsWith("http") ? link(piece, piece) : piece);
  return made;
}

function asNode(value: HTMLElement | string): Node {
  return typeof value === "string" ? document.createTextNode(value) : value;
}
