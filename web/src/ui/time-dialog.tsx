import { type ReactNode, useState } from "react";
import { Clock } from "lucide-react";

import { nearTimes } from "@/lib/near-times";
import { dateAndTime } from "@/lib/time";
import { useNow } from "@/lib/use-now";
import { Button } from "./button";
import { Chooser } from "./chooser";
import { Dialog } from "./dialog";
import { Field, Input } from "./field";

interface TimeDialogProps {
  title: string;
  description?: string;
  /** What choosing a time of one's own does. */
  act: string;
  icon?: ReactNode;
  onClose: () => void;
  onChoose: (at: Date) => void;
}

/** A time to come: one of the usual ones, or any. */
export function TimeDialog({ title, description, act, icon = <Clock className="text-muted" />, onClose, onChoose }: TimeDialogProps) {
  const [times] = useState(() => nearTimes(new Date()));
  const [own, setOwn] = useState("");
  const now = useNow(5_000);
  const ahead = own !== "" && new Date(own).getTime() > now;
  return (
    <Dialog open onClose={onClose} title={title} description={description}>
      <Chooser
        label="When"
        choices={times.map((time) => ({ id: time.at.toISOString(), name: time.name, hint: dateAndTime(time.at.toISOString()), icon }))}
        onChoose={(at) => onChoose(new Date(at))}
      />
      <form
        className="mt-3 flex items-end gap-2 border-t pt-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (ahead) onChoose(new Date(own));
        }}
      >
        <div className="flex-1">
          <Field label="Another time">{(props) => <Input {...props} type="datetime-local" value={own} onChange={(event) => setOwn(event.target.value)} />}</Field>
        </div>
        <Button type="submit" look="primary" className="h-9" disabled={!ahead}>
          {act}
        </Button>
      </form>
    </Dialog>
  );
}
