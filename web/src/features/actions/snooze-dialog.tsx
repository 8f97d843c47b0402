import { useState } from "react";
import { AlarmClock } from "lucide-react";

import { dateAndTime } from "@/lib/time";
import { useNow } from "@/lib/use-now";
import { Button } from "@/ui/button";
import { Chooser } from "@/ui/chooser";
import { Dialog } from "@/ui/dialog";
import { Field, Input } from "@/ui/field";
import { snoozeTimes } from "./snooze-times";

export function SnoozeDialog({ onClose, onChoose }: { onClose: () => void; onChoose: (until: string) => void }) {
  const [times] = useState(() => snoozeTimes(new Date()));
  const [own, setOwn] = useState("");
  const now = useNow(5_000);
  const ahead = own !== "" && new Date(own).getTime() > now;
  return (
    <Dialog open onClose={onClose} title="Snooze until" description="It comes back by itself, or as soon as the customer writes.">
      <Chooser
        label="When"
        choices={times.map((time) => ({ id: time.at.toISOString(), name: time.name, hint: dateAndTime(time.at.toISOString()), icon: <AlarmClock className="text-muted" /> }))}
        onChoose={onChoose}
      />
      <form
        className="mt-3 flex items-end gap-2 border-t pt-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (ahead) onChoose(new Date(own).toISOString());
        }}
      >
        <div className="flex-1">
          <Field label="Another time">{(props) => <Input {...props} type="datetime-local" value={own} onChange={(event) => setOwn(event.target.value)} />}</Field>
        </div>
        <Button type="submit" look="primary" className="h-9" disabled={!ahead}>
          Snooze
        </Button>
      </form>
    </Dialog>
  );
}
