import { useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";

import { isProblem } from "@/api/problem";
import { patchTrello, type TrelloConnection, trelloConnections, trelloForm } from "@/api/trello";
import { AccountFields } from "@/ui/account-form/account-fields";
import { changes, type Values } from "@/ui/account-form/account-values";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Fault, Lines } from "@/ui/states";
import { toast } from "@/ui/toast";

/** New credentials, for instance after a token was revoked. */
export function TokenDialog({ connection, onClose }: { connection: TrelloConnection; onClose: () => void }) {
  const client = useQueryClient();
  const { data: fields } = useQuery(trelloForm());
  const [values, setValues] = useState<Values>({});
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const account = changes(values, fields ?? [], connection.account);

  async function save() {
    setBusy(true);
    setError(undefined);
    try {
      await patchTrello(connection.id, { account, version: connection.version });
      await client.invalidateQueries({ queryKey: trelloConnections().queryKey });
      toast("Connected again.");
      onClose();
    } catch (caught) {
      setError(caught);
      setBusy(false);
    }
  }
  return (
    <Dialog open onClose={onClose} title={`Token of ${connection.board_name}`}>
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Fault error={error} />
        {fields ? <AccountFields fields={fields} values={values} faults={isProblem(error) ? error.fields : {}} stored={connection.account} onChange={setValues} /> : <Lines rows={4} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={busy} disabled={busy || Object.keys(account).length === 0}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
