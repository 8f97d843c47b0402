import { useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";

import { pipelines } from "@/api/deals";
import { isProblem } from "@/api/problem";
import { connectTrello, type TrelloBoard, trelloBoards, trelloConnections, trelloForm } from "@/api/trello";
import { AccountFields } from "@/ui/account-form/account-fields";
import { filledIn, type Values } from "@/ui/account-form/account-values";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Fault, Lines } from "@/ui/states";
import { toast } from "@/ui/toast";
import { ChooseBoard, type Wish } from "./choose-board";
import { listStages } from "./list-map";

/** First the token, then what it sees. */
export function ConnectDialog({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const form = useQuery(trelloForm());
  const all = useQuery(pipelines());
  const [values, setValues] = useState<Values>({});
  const [boards, setBoards] = useState<TrelloBoard[]>();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const faults = isProblem(error) ? error.fields : {};

  async function attempt(act: () => Promise<void>) {
    setBusy(true);
    setError(undefined);
    try {
      await act();
    } catch (caught) {
      setError(caught);
    }
    setBusy(false);
  }
  const look = () => attempt(async () => setBoards(await trelloBoards(filledIn(values))));
  const connect = (wish: Wish) =>
    attempt(async () => {
      const { map, ...rest } = wish;
      const made = await connectTrello({ account: filledIn(values), ...rest, lists: listStages(map) });
      await client.invalidateQueries({ queryKey: trelloConnections().queryKey });
      toast(`${made.board_name} is connected.`);
      onClose();
    });
  return (
    <Dialog open onClose={onClose} title="Connect a board of Trello">
      {form.data && all.data ? null : <Lines rows={5} />}
      {form.data && all.data && !boards ? (
        <form
          noValidate
          className="flex flex-col gap-4"
          onSubmit={(event) => {
            event.preventDefault();
            void look();
          }}
        >
          <Fault error={error} />
          <AccountFields fields={form.data} values={values} faults={faults} onChange={setValues} />
          <div className="flex justify-end gap-2">
            <Button onClick={onClose}>Cancel</Button>
            <Button type="submit" look="primary" busy={busy} disabled={busy}>
              Show my boards
            </Button>
          </div>
        </form>
      ) : null}
      {boards && all.data ? <ChooseBoard boards={boards} pipelines={all.data} busy={busy} error={error} onBack={() => setBoards(undefined)} onConnect={(wish) => void connect(wish)} /> : null}
    </Dialog>
  );
}
