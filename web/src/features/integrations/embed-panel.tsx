import { useState } from "react";
import { BookOpen, ExternalLink, Eye, EyeOff } from "lucide-react";

import type { Integration } from "@/api/types";
import { Button } from "@/ui/button";
import { CopyBlock } from "@/ui/copy-block";
import { CopyField } from "@/ui/copy-field";
import { Panel } from "@/ui/page";
import { embedOf } from "./embed";

/** How the chat window comes onto a site, how it looks there, and how another program takes its place. */
export function EmbedPanel({ integration }: { integration: Integration }) {
  const [shown, setShown] = useState(false);
  const { script, key, address, preview } = embedOf(integration);
  return (
    <>
      <Panel title="Put it on your site">
        <p className="mb-2 text-sm text-muted">
          Paste this line before <code>&lt;/body&gt;</code> of every page that shows the window. Only the sites under “Allowed origins” may.
        </p>
        <CopyBlock label="Script tag" value={script} />
        <p className="mt-4 mb-2 text-sm text-muted">The window’s public key stands in it. It is no secret: it opens nobody’s conversation.</p>
        <CopyField label="Public key" value={key} />
        <div className="mt-4 flex flex-wrap gap-2">
          <Button aria-expanded={shown} onClick={() => setShown(!shown)}>
            {shown ? <EyeOff /> : <Eye />} {shown ? "Hide the preview" : "Show a preview"}
          </Button>
          <Button asChild look="quiet">
            <a href={preview} target="_blank" rel="noreferrer">
              <ExternalLink /> Open it on a page of its own
            </a>
          </Button>
        </div>
        {shown ? <iframe title="Preview of the chat window" src={preview} className="mt-3 h-150 w-full rounded-md border bg-sunken" /> : null}
      </Panel>
      <Panel title="Use it in your own app">
        <p className="mb-2 text-sm text-muted">
          Your own program can take the window’s place: it talks to this address with JSON over HTTPS and one socket. Add “apps” to the allowed origins for programs that are no web pages.
        </p>
        <CopyField label="Client address" value={address} />
        <Button asChild className="mt-3">
          <a href="/guides/webchat.html#the-interface-for-your-own-apps" target="_blank" rel="noreferrer">
            <BookOpen /> Read about the client interface
          </a>
        </Button>
      </Panel>
    </>
  );
}
