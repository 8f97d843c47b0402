import { useState } from "react";

import type { SendRequest } from "@/api/types";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, Input } from "@/ui/field";
import { readPlace } from "./place";

interface LocationDialogProps {
  onClose: () => void;
  onSend: (location: NonNullable<SendRequest["location"]>) => void;
}

/** A place on the map, given as coordinates or as the address of a map that shows it. */
export function LocationDialog({ onClose, onSend }: LocationDialogProps) {
  const [where, setWhere] = useState("");
  const [name, setName] = useState("");
  const [address, setAddress] = useState("");
  const place = readPlace(where);
  const wrong = where.trim() !== "" && !place;
  return (
    <Dialog open onClose={onClose} title="Send a location">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (place) onSend({ ...place, name: name.trim() || undefined, address: address.trim() || undefined });
        }}
      >
        <Field
          label="Where"
          help="Coordinates such as 52.52, 13.405, or a link to Google Maps or OpenStreetMap."
          error={wrong ? "No coordinates are in this. Copy them from a map, such as 52.52, 13.405." : undefined}
        >
          {(props) => <Input {...props} autoFocus value={where} onChange={(event) => setWhere(event.target.value)} />}
        </Field>
        <Field label="Name" optional>
          {(props) => <Input {...props} maxLength={200} placeholder="Our shop" value={name} onChange={(event) => setName(event.target.value)} />}
        </Field>
        <Field label="Address" optional>
          {(props) => <Input {...props} maxLength={500} value={address} onChange={(event) => setAddress(event.target.value)} />}
        </Field>
        <Button type="submit" look="primary" className="self-end" disabled={!place}>
          Send location
        </Button>
      </form>
    </Dialog>
  );
}
