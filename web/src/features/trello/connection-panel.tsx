import { useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { CirclePause, CirclePlay, KeyRound, Pencil, RefreshCw, Trash2 } from "lucide-react";

import { pipelines } from "@/api/deals";
import { disconnectTrello, patchTrello, syncTrello, type TrelloConnection, type TrelloConnectionChange, trelloConnections } from "@/api/trello";
import { count } from "@/lib/text";
import { Ago } from "@/ui/ago";
import { Button } from "@/ui/button";
import { Chip } from "@/ui/chip";
import { Confirm } from "@/ui/confirm";
import { Panel } from "@/ui/page";
import { toast, toastError } from "@/ui/toast";
import { MapDialog } from "./map-dialog";
import { TokenDialog } from "./token-dialog";

const tones = { connected: "positive", paused: "warning", broken: "negative" } as const;
const words = { connected: "Connected", paused: "Paused", broken: "Needs attention" } as const;

/** One board: how it is, what does not go, and what can be done. */
export function ConnectionPanel({ connection, writes }: { connection: TrelloConnection; writes: boolean }) {
  const client = useQueryClient();
  const all = useQuery(pipelines());
  const [dialog, setDialog] = useState<"lists" | "token" | "remove">();
  const [busy, setBusy] = useState(false);
  const pipeline = all.data?.find((one) => one.id === connection.pipeline_id);
  const status = connection.status as keyof typeof words;
  const again = () => client.invalidateQueries({ queryKey: trelloConnections().queryKey });
  const close = () => setDialog(undefined);

  async function act(work: () => Promise<unknown>, done?: string) {
    setBusy(true);
    try {
      await work();
      if (done) toast(done);
    } catch (error) {
      toastError(error);
    }
    await again();
    setBusy(false);
  }
  const patch = (change: TrelloConnectionChange) => act(() => patchTrello(connection.id, { ...change, version: connection.version }));
  return (
    <Panel>
      <header className="flex flex-wrap items-center gap-2">
        <div className="min-w-0 flex-1 basis-48">
          <h2 className="truncate font-semibold">
            <a href={connection.board_url} target="_blank" rel="noreferrer" className="hover:underline">
              {connection.board_name}
            </a>
          </h2>
          <p className="truncate text-sm text-muted">
            {[pipeline ? `Pipeline ${pipeline.name}` : "", count(connection.cards, "card"), `token of ${connection.member_name}`].filter(Boolean).join(" · ")}
          </p>
        </div>
        <Chip tone={tones[status]}>{words[status]}</Chip>
      </header>
      {connection.problem ? <p className="mt-3 rounded-md bg-negative-quiet px-3 py-2 text-sm text-negative-text">{connection.problem}</p> : null}
      <p className="mt-3 text-sm text-muted">
        {connection.taking_over && status === "connected" ? "The open cards are being taken over." : connection.synced_at ? <>Compared <Ago at={connection.synced_at} />.</> : "Not compared yet."}{" "}
        {connection.called || status !== "connected" ? null : "Trello does not call the hub: its changes are asked for every ten minutes."}
      </p>
      <ul aria-label="Lists" className="mt-3 flex flex-col gap-1 text-sm">
        {connection.lists.map((list) => (
          <li key={list.list_id} className="flex gap-2">
            <span className="w-40 shrink-0 truncate font-medium">{list.name}</span>
            <span className="truncate text-muted">{pipeline?.stages.find((stage) => stage.id === list.stage_id)?.name ?? "no stage"}</span>
          </li>
        ))}
      </ul>
      {connection.problems.length ? (
        <ul aria-label="Deals that are not in step" className="mt-3 flex flex-col gap-1 text-sm text-negative-text">
          {connection.problems.map((one) => (
            <li key={one.deal_id}>
              {one.title}: {one.problem}
            </li>
          ))}
        </ul>
      ) : null}
      {writes ? (
        <div className="mt-4 flex flex-wrap gap-2 border-t pt-4">
          <Button busy={busy} disabled={status !== "connected"} onClick={() => void act(() => syncTrello(connection.id), "Both sides are being compared.")}>
            <RefreshCw /> Compare now
          </Button>
          <Button onClick={() => setDialog("lists")}>
            <Pencil /> Lists
          </Button>
          <Button onClick={() => setDialog("token")}>
            <KeyRound /> Token
          </Button>
          {status === "connected" ? (
            <Button onClick={() => void patch({ status: "paused" })}>
              <CirclePause /> Pause
            </Button>
          ) : (
            <Button onClick={() => void patch({ status: "connected" })}>
              <CirclePlay /> Resume
            </Button>
          )}
          <span className="flex-1" />
          <Button look="danger" onClick={() => setDialog("remove")}>
            <Trash2 /> Disconnect
          </Button>
        </div>
      ) : null}
      {dialog === "lists" && pipeline ? <MapDialog connection={connection} stages={pipeline.stages} onClose={close} /> : null}
      {dialog === "token" ? <TokenDialog connection={connection} onClose={close} /> : null}
      <Confirm
        open={dialog === "remove"}
        title={`Disconnect ${connection.board_name}?`}
        text="Cards and deals stay as they are, and go their own ways."
        act="Disconnect"
        onClose={close}
        onConfirm={() => {
          close();
          void act(() => disconnectTrello(connection.id), "The board is disconnected.");
        }}
      />
    </Panel>
  );
}
