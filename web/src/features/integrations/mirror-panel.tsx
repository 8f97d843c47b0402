import { useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";

import { endMirror, putMirror } from "@/api/integration-changes";
import { channels, integrations, mirrorPlaces } from "@/api/integrations";
import { teams } from "@/api/organization";
import { isProblem } from "@/api/problem";
import type { IntegrationDetail } from "@/api/types";
import { Button } from "@/ui/button";
import { Field, Select } from "@/ui/field";
import { Panel } from "@/ui/page";
import { Fault, Lines } from "@/ui/states";
import { toast } from "@/ui/toast";

/** Where colleagues follow conversations on this platform and answer from, and which conversations. */
export function MirrorPanel({ integration }: { integration: IntegrationDetail }) {
  const client = useQueryClient();
  const places = useQuery(mirrorPlaces(integration.id));
  const known = useQuery(channels());
  const all = useQuery(teams());
  const before = integration.mirror;
  const [place, setPlace] = useState(before?.place.id ?? "");
  const [chosen, setChosen] = useState<string[]>(before?.channels ?? []);
  const [teamIds, setTeamIds] = useState<string[]>(before?.team_ids ?? []);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const faults = isProblem(error) ? error.fields : {};

  async function run(act: () => Promise<unknown>, done: string) {
    setBusy(true);
    setError(undefined);
    try {
      await act();
      toast(done);
      await client.invalidateQueries({ queryKey: integrations().queryKey });
    } catch (caught) {
      setError(caught);
    }
    setBusy(false);
  }
  const save = () => putMirror(integration.id, { place, channels: chosen, team_ids: teamIds });
  return (
    <Panel title="Follow conversations here">
      <p className="mb-3 text-sm text-muted">
        Each conversation becomes a thread in one channel. What is written in the thread is sent to the customer; what begins with // or note: stays among
        colleagues. Everybody in that channel reads along and can answer.
      </p>
      {places.isPending ? <Lines rows={2} /> : null}
      {places.isError ? <Fault error={places.error} /> : null}
      {places.data ? (
        <form
          className="flex flex-col gap-4"
          onSubmit={(event) => {
            event.preventDefault();
            void run(save, "Saved.");
          }}
        >
          <Fault error={error} />
          <Field label="Channel" help="Those that the app was invited into." error={faults.place}>
            {(props) => (
              <Select {...props} required value={place} onChange={(event) => setPlace(event.target.value)}>
                <option value="">Choose a channel</option>
                {before && !places.data.some((one) => one.id === before.place.id) ? <option value={before.place.id}>{before.place.name}</option> : null}
                {places.data.map((one) => (
                  <option key={one.id} value={one.id}>
                    {one.name}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          <Boxes legend="Only from these channels" none="None chosen: from all." choices={known.data ?? []} chosen={chosen} onChange={setChosen} />
          {all.data?.length ? (
            <Boxes legend="Only of these teams" none="None chosen: of all, and those that no team has." choices={all.data} chosen={teamIds} onChange={setTeamIds} />
          ) : null}
          <div className="flex gap-2">
            <Button type="submit" look="primary" busy={busy} disabled={place === ""}>
              Save
            </Button>
            {before ? (
              <Button type="button" disabled={busy} onClick={() => void run(() => endMirror(integration.id), "Conversations are no longer followed there.")}>
                Stop following
              </Button>
            ) : null}
          </div>
        </form>
      ) : null}
    </Panel>
  );
}

interface BoxesProps {
  legend: string;
  none: string;
  choices: { id: string; name: string }[];
  chosen: string[];
  onChange: (ids: string[]) => void;
}

function Boxes({ legend, none, choices, chosen, onChange }: BoxesProps) {
  return (
    <fieldset>
      <legend className="text-sm font-medium">{legend}</legend>
      <div className="mt-1 flex flex-wrap gap-x-4 gap-y-1">
        {choices.map((one) => (
          <label key={one.id} className="flex items-center gap-2 text-sm">
            <input
              type="checkbox"
              checked={chosen.includes(one.id)}
              onChange={(event) => onChange(event.target.checked ? [...chosen, one.id] : chosen.filter((id) => id !== one.id))}
            />
            {one.name}
          </label>
        ))}
      </div>
      {chosen.length === 0 ? <p className="mt-1 text-xs text-muted">{none}</p> : null}
    </fieldset>
  );
}
