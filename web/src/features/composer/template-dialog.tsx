import { useState } from "react";
import { useQuery } from "@tanstack/react-query";

import { templates } from "@/api/integrations";
import type { Template } from "@/api/types";
import { classes } from "@/lib/classes";
import { contains } from "@/lib/text";
import { Button } from "@/ui/button";
import { Chip } from "@/ui/chip";
import { Dialog } from "@/ui/dialog";
import { Field, Input } from "@/ui/field";
import { Empty, Failed, Lines } from "@/ui/states";
import { type Blanks, blanksOf, complete } from "./template-values";
import { TemplatePreview } from "./template-preview";

interface TemplateDialogProps {
  integrationId: string;
  onClose: () => void;
  onSend: (template: Template, blanks: Blanks) => void;
}

/** Choose a template on the left, fill it in and see it as the customer will on the right. */
export function TemplateDialog({ integrationId, onClose, onSend }: TemplateDialogProps) {
  const list = useQuery(templates(integrationId));
  const [typed, setTyped] = useState("");
  const [chosen, setChosen] = useState<Template>();
  const [blanks, setBlanks] = useState<Blanks>({});
  const approved = (list.data ?? []).filter((one) => one.status === "approved");
  const fitting = approved.filter((one) => contains(`${one.name} ${one.body}`, typed));

  return (
    <Dialog open onClose={onClose} title="Send a template" wide>
      {list.isPending ? <Lines rows={5} /> : null}
      {list.isError ? <Failed error={list.error} onRetry={() => void list.refetch()} /> : null}
      {list.data && approved.length === 0 ? <Empty text="No approved templates yet. An admin can fetch them in the settings of the integration." /> : null}
      {approved.length ? (
        <div className="grid gap-5 md:grid-cols-[240px_1fr]">
          <div className={classes(chosen && "max-md:hidden")}>
            <Input aria-label="Find a template" placeholder="Find a template" value={typed} onChange={(event) => setTyped(event.target.value)} />
            <ul className="mt-2 flex max-h-80 flex-col gap-px overflow-y-auto">
              {fitting.map((one) => (
                <li key={`${one.name}/${one.language}`}>
                  <button
                    type="button"
                    aria-pressed={chosen === one}
                    onClick={() => {
                      setChosen(one);
                      setBlanks({});
                    }}
                    className={classes("w-full rounded-md px-2 py-1.5 text-left", chosen === one ? "bg-accent-quiet on-tint" : "hover:bg-line/50")}
                  >
                    <span className="flex items-center gap-2">
                      <span className="truncate font-medium">{one.name.replaceAll("_", " ")}</span>
                      <Chip className="ml-auto">{one.language}</Chip>
                    </span>
                    <span className="line-clamp-1 text-sm text-muted">{one.body}</span>
                  </button>
                </li>
              ))}
            </ul>
          </div>
          {chosen ? (
            <form
              className="flex flex-col gap-3"
              onSubmit={(event) => {
                event.preventDefault();
                if (complete(chosen, blanks)) onSend(chosen, blanks);
              }}
            >
              <Button small look="quiet" className="self-start md:hidden" onClick={() => setChosen(undefined)}>
                Other templates
              </Button>
              {blanksOf(chosen).map((blank) => (
                <Field key={blank.key} label={blank.label}>
                  {(props) => (
                    <Input {...props} type={blank.kind === "link" ? "url" : "text"} value={blanks[blank.key] ?? ""} onChange={(event) => setBlanks({ ...blanks, [blank.key]: event.target.value })} />
                  )}
                </Field>
              ))}
              <TemplatePreview template={chosen} blanks={blanks} />
              <Button type="submit" look="primary" className="self-end" disabled={!complete(chosen, blanks)}>
                Send template
              </Button>
            </form>
          ) : (
            <p className="self-center text-center text-muted max-md:hidden">Choose a template to fill it in.</p>
          )}
        </div>
      ) : null}
    </Dialog>
  );
}
