import { useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { ArrowLeft, ArrowRight, MoreHorizontal, Pencil, Plus, RotateCcw, Save, Trash2, Users } from "lucide-react";

import { createDealView, type DealView, dealViews, patchDealView, removeDealView } from "@/api/deal-views";
import { useMay } from "@/api/may";
import { Problem } from "@/api/problem";
import { classes } from "@/lib/classes";
import { Button, IconButton } from "@/ui/button";
import { late } from "@/ui/late";
import { Menu, MenuItem, MenuLine } from "@/ui/menu";
import { toast, toastError } from "@/ui/toast";
import { type BoardSearch, lookOf, sameLook, searchOf, unfiltered } from "./board-search";

const ViewDialog = late(() => import("./view-dialog").then((module) => module.ViewDialog));

const fixed: { name: string; has: BoardSearch }[] = [
  { name: "All", has: {} },
  { name: "Mine", has: { owner: "me" } },
  { name: "Quiet", has: { stale: "yes" } },
];

interface ViewTabsProps {
  search: BoardSearch;
  /** The board that is shown. */
  pipelineId: string;
}

/** What the board may be looked at as: all, one's own, quiet ones, and every view that was saved. */
export function ViewTabs({ search, pipelineId }: ViewTabsProps) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const views = useQuery(dealViews()).data ?? [];
  const writes = useMay("writeDeals");
  const arranges = useMay("writePipelines");
  const [dialog, setDialog] = useState<"new" | "rename">();
  const open = views.find((one) => one.id === search.view);
  const saved = open && searchOf(open, pipelineId);
  const changed = saved !== undefined && !sameLook({ ...search, pipeline: pipelineId }, saved);
  const plain = unfiltered({ ...search, view: undefined });
  const fits = ({ has }: (typeof fixed)[number]) => !open && sameLook(search, { ...plain, ...has });
  const own = open !== undefined && (open.shared ? arranges : writes);

  async function run(act: () => Promise<unknown>): Promise<boolean> {
    try {
      await act();
      return true;
    } catch (error) {
      toastError(error);
      return false;
    } finally {
      await client.invalidateQueries({ queryKey: dealViews().queryKey });
    }
  }
  const look = { pipeline_id: pipelineId, look: lookOf(search) };
  async function add(name: string, shared: boolean) {
    const made = await createDealView({ name, shared, ...look });
    await client.invalidateQueries({ queryKey: dealViews().queryKey });
    void navigate({ to: ".", search: { ...search, pipeline: pipelineId, view: made.id } });
  }
  async function remove(view: DealView) {
    if (!(await run(() => removeDealView(view.id)))) return;
    void navigate({ to: ".", search: { ...search, view: undefined } });
    const again = () => void run(() => createDealView({ name: view.name, shared: view.shared, pipeline_id: view.pipeline_id, look: view.look }));
    toast(`The view ${view.name} was deleted.`, { act: { label: "Undo", run: again } });
  }
  return (
    <div className="flex min-w-0 items-center gap-1 px-4 pb-2">
      <nav aria-label="Which deals" className="flex min-w-0 gap-1 overflow-x-auto rounded-md bg-line/50 p-0.5">
        {fixed.map((one) => (
          <Tab key={one.name} name={one.name} search={{ ...plain, ...one.has }} current={fits(one)} />
        ))}
        {views.map((view) => (
          <Tab key={view.id} name={view.name} shared={view.shared} search={searchOf(view, search.pipeline)} current={view.id === open?.id} />
        ))}
      </nav>
      {open && own ? (
        <Menu
          align="start"
          trigger={
            <IconButton label={`More about the view ${open.name}`}>
              <MoreHorizontal />
            </IconButton>
          }
        >
          {changed ? (
            <>
              <MenuItem icon={<RotateCcw />} onSelect={() => void navigate({ to: ".", search: saved })}>
                Back to what was saved
              </MenuItem>
              <MenuItem icon={<Plus />} onSelect={() => setDialog("new")}>
                Save as another view
              </MenuItem>
              <MenuLine />
            </>
          ) : null}
          <MenuItem icon={<Pencil />} onSelect={() => setDialog("rename")}>
            Rename
          </MenuItem>
          {arranges ? (
            <MenuItem icon={<Users />} checked={open.shared} onSelect={() => void run(() => patchDealView(open.id, { shared: !open.shared }))}>
              For everybody
            </MenuItem>
          ) : null}
          <MenuItem icon={<ArrowLeft />} disabled={place(open) === 0} onSelect={() => void run(() => patchDealView(open.id, { position: place(open) - 1 }))}>
            Move left
          </MenuItem>
          <MenuItem icon={<ArrowRight />} disabled={place(open) === siblings(open).length - 1} onSelect={() => void run(() => patchDealView(open.id, { position: place(open) + 1 }))}>
            Move right
          </MenuItem>
          <MenuItem icon={<Trash2 />} danger onSelect={() => void remove(open)}>
            Delete
          </MenuItem>
        </Menu>
      ) : null}
      {open && changed && own ? (
        <Button small onClick={() => void save(open)}>
          <Save /> Save changes
        </Button>
      ) : null}
      {writes && (open ? changed && !own : !fixed.some(fits)) ? (
        <Button small look="quiet" className="text-muted" onClick={() => setDialog("new")}>
          <Plus /> Save as a view
        </Button>
      ) : null}
      {dialog === "new" ? <ViewDialog title="Save as a view" act="Save" mayShare={arranges} onClose={() => setDialog(undefined)} onSave={add} /> : null}
      {dialog === "rename" && open ? (
        <ViewDialog
          title="Rename the view"
          act="Rename"
          name={open.name}
          onClose={() => setDialog(undefined)}
          onSave={async (name) => {
            await patchDealView(open.id, { name, version: open.version });
            await client.invalidateQueries({ queryKey: dealViews().queryKey });
          }}
        />
      ) : null}
    </div>
  );

  async function save(view: DealView) {
    try {
      await patchDealView(view.id, { ...look, version: view.version });
    } catch (error) {
      if (error instanceof Problem && error.code === "version_conflict") toast("Somebody else changed this view meanwhile. Look at theirs, then save again.", { negative: true });
      else toastError(error);
    }
    await client.invalidateQueries({ queryKey: dealViews().queryKey });
  }
  function siblings(view: DealView): DealView[] {
    return views.filter((one) => one.shared === view.shared);
  }
  function place(view: DealView): number {
    return siblings(view).findIndex((one) => one.id === view.id);
  }
}

function Tab({ name, shared, search, current }: { name: string; shared?: boolean; search: BoardSearch; current: boolean }) {
  return (
    <Link
      to="/deals"
      search={search}
      aria-current={current ? "page" : undefined}
      title={shared ? `${name}, for everybody` : name}
      className={classes("flex h-7 max-w-48 shrink-0 items-center gap-1.5 rounded-md px-3 text-sm [&_svg]:size-3.5", current ? "bg-surface font-medium shadow-sm" : "text-muted hover:text-text")}
    >
      {shared ? <Users aria-hidden="true" /> : null}
      <span className="truncate">{name}</span>
    </Link>
  );
}
