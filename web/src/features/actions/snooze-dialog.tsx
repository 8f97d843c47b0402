import { AlarmClock } from "lucide-react";

import { TimeDialog } from "@/ui/time-dialog";

export function SnoozeDialog({ onClose, onChoose }: { onClose: () => void; onChoose: (until: string) => void }) {
  return (
    <TimeDialog
      title="Snooze until"
      description="It comes back by itself, or as soon as the customer writes."
      act="Snooze"
      icon={<AlarmClock className="text-muted" />}
      onClose={onClose}
      onChoose={(at) => onChoose(at.toISOString())}
    />
  );
}
