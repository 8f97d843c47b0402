import { LayoutTemplate } from "lucide-react";

import { Button } from "@/ui/button";

interface ClosedWindowProps {
  channelName: string;
  contactName: string;
  hours: number;
  templates: boolean;
  onTemplate: () => void;
}

/** In place of the text field while the platform takes no free text. */
export function ClosedWindow({ channelName, contactName, hours, templates, onTemplate }: ClosedWindowProps) {
  return (
    <div className="flex flex-wrap items-center gap-3 px-3 py-3">
      <p className="min-w-60 flex-1">
        {contactName || "The customer"} has not written for {hours} hours. {channelName} now takes only {templates ? "approved templates" : "nothing"} until they write again.
      </p>
      {templates ? (
        <Button look="primary" onClick={onTemplate}>
          <LayoutTemplate /> Choose a template
        </Button>
      ) : null}
    </div>
  );
}
