import type { Template, TemplateRequest, TemplateValue } from "@/api/types";

/** What a person types for each blank, by `header.{name}`, `body.{name}` and `button.{index}`. */
export type Blanks = Record<string, string>;

export interface Blank {
  key: string;
  label: string;
  kind: "text" | "link";
}

/** The blanks of a template in reading order. */
export function blanksOf(template: Template): Blank[] {
  const { header } = template;
  const media = header && ["image", "video", "document"].includes(header.format);
  return [
    ...(media ? [{ key: "header.media", label: `Address of the ${header.format}`, kind: "link" as const }] : []),
    ...(header?.format === "text" ? header.parameters.map((name) => ({ key: `header.${name}`, label: `Heading: ${labelOf(name)}`, kind: "text" as const })) : []),
    ...template.parameters.map((name) => ({ key: `body.${name}`, label: labelOf(name), kind: "text" as const })),
    ...template.buttons.flatMap((button, index) => (button.parameter ? [{ key: `button.${index}`, label: `End of “${button.text}”’s address`, kind: "text" as const }] : [])),
  ];
}

/** A text with its blanks filled in; those that are still empty keep their braces. */
export function filled(text: string, part: "header" | "body", blanks: Blanks): string {
  return text.replace(/\{\{\s*([\w.-]+)\s*\}\}/g, (braces, name: string) => blanks[`${part}.${name}`]?.trim() || braces);
}

export function complete(template: Template, blanks: Blanks): boolean {
  return blanksOf(template).every((blank) => blanks[blank.key]?.trim());
}

/** The request that the server takes. */
export function templateRequest(template: Template, blanks: Blanks): TemplateRequest {
  const text = (part: "header" | "body", names: string[]): TemplateValue[] => names.map((name) => ({ name, type: "text", text: blanks[`${part}.${name}`]?.trim() ?? "" }));
  const { header } = template;
  const media = header && isMedia(header.format) ? [{ name: "1", type: header.format, link: blanks["header.media"]?.trim() ?? "" }] : undefined;
  return {
    name: template.name,
    language: template.language,
    header: media ?? (header?.format === "text" ? text("header", header.parameters) : []),
    body: text("body", template.parameters),
    buttons: template.buttons.flatMap((button, index) => (button.parameter ? [{ index, type: "url" as const, suffix: blanks[`button.${index}`]?.trim() ?? "" }] : [])),
  };
}

function isMedia(format: string): format is "image" | "video" | "document" {
  return ["image", "video", "document"].includes(format);
}

function labelOf(name: string): string {
  return /^\d+$/.test(name) ? `Blank ${name}` : name.replaceAll("_", " ");
}
