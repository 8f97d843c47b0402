import type { Template } from "@/api/types";
import { type Blanks, filled } from "./template-values";

/** The message as the customer will see it. */
export function TemplatePreview({ template, blanks }: { template: Template; blanks: Blanks }) {
  const { header } = template;
  return (
    <figure className="rounded-md border bg-sunken p-3">
      <figcaption className="mb-2 text-xs text-muted">What the customer sees</figcaption>
      <div className="w-fit max-w-sm rounded-lg bg-bubble-out on-tint px-3 py-2">
        {header && header.format !== "text" ? (
          <div className="mb-1.5 flex h-24 w-full min-w-52 items-center justify-center rounded bg-line text-sm text-muted">{header.format}</div>
        ) : null}
        {header?.text ? <p className="font-semibold">{filled(header.text, "header", blanks)}</p> : null}
        <p dir="auto" className="break-words whitespace-pre-wrap">
          {filled(template.body, "body", blanks)}
        </p>
        {template.footer ? <p className="mt-1 text-xs text-muted">{template.footer}</p> : null}
        {template.buttons.map((button, index) => (
          <p key={index} className="mt-1 border-t border-line-strong/50 pt-1 text-center text-sm font-medium text-accent-text">
            {button.text}
          </p>
        ))}
      </div>
    </figure>
  );
}
