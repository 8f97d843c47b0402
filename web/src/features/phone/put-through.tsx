import { useQuery } from "@tanstack/react-query";

import { members } from "@/api/organization";
import { Avatar } from "@/ui/avatar";
import { Chooser } from "@/ui/chooser";
import { NumberForm } from "./number-form";

interface PutThroughProps {
  me: string;
  /** Whether colleagues can be rung in their browsers. */
  browsers: boolean;
  onChoose: (to: string, name: string) => void;
}

/** A colleague, or any number. */
export function PutThrough({ me, browsers, onChoose }: PutThroughProps) {
  const people = useQuery(members()).data ?? [];
  const colleagues = people.filter((one) => one.id !== me && one.role !== "viewer" && !one.deactivated_at && !one.invited);
  return (
    <div className="flex w-72 flex-col gap-3 p-1">
      {browsers ? (
        <Chooser
          label="Put through to a colleague"
          choices={colleagues.map((one) => ({ id: one.id, name: one.name, icon: <Avatar name={one.name} seed={one.id} size="xs" /> }))}
          empty="No colleague of that name."
          onChoose={(id) => onChoose(id, colleagues.find((one) => one.id === id)?.name ?? "your colleague")}
        />
      ) : null}
      <NumberForm label="Put through to a number" act="Ring" onSubmit={(number) => onChoose(number, number)} />
    </div>
  );
}
