import { Ban, BellOff, BellRing, ContactRound, Eye, MapPin, MoreVertical, Undo2 } from "lucide-react";

import { IconButton } from "@/ui/button";
import { Menu, MenuItem, MenuLine } from "@/ui/menu";
import type { Act } from "./types";

/** The rarer things that a customer does. */
export function PhoneMenu({ onAct, optsOut }: { onAct: (act: Act) => void; optsOut: boolean }) {
  return (
    <Menu
      trigger={
        <IconButton label="More that a customer can do">
          <MoreVertical />
        </IconButton>
      }
    >
      <MenuItem icon={<MapPin />} onSelect={() => onAct({ type: "location", latitude: 53.5438, longitude: 9.9886, name: "Speicherstadt" })}>
        Send a location
      </MenuItem>
      <MenuItem icon={<ContactRound />} onSelect={() => onAct({ type: "contact", name: "Lise Meitner", phone: "+49301234567" })}>
        Send a contact card
      </MenuItem>
      <MenuItem icon={<Eye />} onSelect={() => onAct({ type: "read" })}>
        Read everything
      </MenuItem>
      {optsOut ? (
        <>
          <MenuItem icon={<BellOff />} onSelect={() => onAct({ type: "text", text: "STOP" })}>
            Write STOP
          </MenuItem>
          <MenuItem icon={<BellRing />} onSelect={() => onAct({ type: "text", text: "START" })}>
            Write START
          </MenuItem>
        </>
      ) : null}
      <MenuLine />
      <MenuItem icon={<Ban />} danger onSelect={() => onAct({ type: "block" })}>
        Block the business
      </MenuItem>
      <MenuItem icon={<Undo2 />} onSelect={() => onAct({ type: "unblock" })}>
        Unblock
      </MenuItem>
    </Menu>
  );
}
