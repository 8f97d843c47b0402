import { classes } from "@/lib/classes";
import { Avatar } from "@/ui/avatar";

interface MentionListProps {
  people: { id: string; name: string }[];
  at: number;
  onPick: (person: { id: string; name: string }) => void;
}

export function MentionList({ people, at, onPick }: MentionListProps) {
  if (people.length === 0) return null;
  return (
    <ul role="listbox" aria-label="Members to mention" className="absolute bottom-full left-3 z-20 mb-1 w-64 rounded-lg border bg-raised p-1 shadow-float">
      {people.map((person, index) => (
        <li
          key={person.id}
          role="option"
          aria-selected={index === at}
          // Keeps the cursor in the text.
          onMouseDown={(event) => {
            event.preventDefault();
            onPick(person);
          }}
          className={classes("flex h-9 cursor-pointer items-center gap-2 rounded-md px-2", index === at && "bg-accent-quiet on-tint")}
        >
          <Avatar name={person.name} seed={person.id} size="xs" />
          <span className="truncate">{person.name}</span>
        </li>
      ))}
    </ul>
  );
}
