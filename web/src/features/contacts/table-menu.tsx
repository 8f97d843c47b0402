import { useState } from "react";
import { Download, MoreHorizontal, Upload } from "lucide-react";

import { exportContacts } from "@/api/contacts";
import { useMay } from "@/api/may";
import { saveFile } from "@/lib/save-file";
import { IconButton } from "@/ui/button";
import { late } from "@/ui/late";
import { Menu, MenuItem } from "@/ui/menu";
import { toast, toastError } from "@/ui/toast";

const ImportDialog = late(() => import("./table/import-dialog").then((module) => module.ImportDialog));

/** Contacts in and out as tables. */
export function TableMenu() {
  const writes = useMay("writeContacts");
  const [importing, setImporting] = useState(false);

  async function save() {
    toast("The table is being made.");
    try {
      saveFile(await exportContacts(), `contacts-${new Date().toISOString().slice(0, 10)}.csv`);
    } catch (error) {
      toastError(error);
    }
  }
  return (
    <>
      <Menu
        trigger={
          <IconButton label="Import and export">
            <MoreHorizontal />
          </IconButton>
        }
      >
        {writes ? (
          <MenuItem icon={<Upload />} onSelect={() => setImporting(true)}>
            Import from CSV
          </MenuItem>
        ) : null}
        <MenuItem icon={<Download />} onSelect={() => void save()}>
          Export as CSV
        </MenuItem>
      </Menu>
      {importing ? <ImportDialog onClose={() => setImporting(false)} /> : null}
    </>
  );
}
