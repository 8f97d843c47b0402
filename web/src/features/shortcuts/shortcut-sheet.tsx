import { Dialog } from "@/ui/dialog";
import { Keys } from "@/ui/keys";

const groups: { name: string; keys: [string, string][] }[] = [
  {
    name: "Move",
    keys: [
      ["j", "Next conversation"],
      ["k", "Previous conversation"],
      ["Enter", "Open"],
      ["g i", "Go to the inbox"],
      ["g b", "Go to the board of deals"],
      ["g t", "Go to tasks"],
      ["g p", "Go to payments"],
      ["g c", "Go to contacts"],
      ["g s", "Go to settings"],
      ["/", "Search"],
      ["Mod k", "Commands"],
      ["Esc", "Leave the composer, close what floats"],
    ],
  },
  {
    name: "In a conversation",
    keys: [
      ["r", "Reply"],
      ["n", "Write a note"],
      ["e", "Close or reopen"],
      ["s", "Snooze"],
      ["a", "Assign"],
      ["l", "Labels"],
      ["$", "Ask for money"],
      ["u", "Mark unread"],
      ["x", "Select"],
      ["Shift x", "Select up to here"],
    ],
  },
  {
    name: "While writing",
    keys: [
      ["Enter", "Send"],
      ["Shift Enter", "New line"],
      ["Mod Enter", "Send and close"],
      ["Mod $", "Ask for money"],
      ["@", "Mention somebody in a note"],
    ],
  },
];

export function ShortcutSheet({ onClose }: { onClose: () => void }) {
  return (
    <Dialog open onClose={onClose} title="Keyboard shortcuts" wide>
      {/* On a small screen it scrolls, by keyboard as well. */}
      <div tabIndex={0} role="group" aria-label="Keys" className="grid gap-6 rounded-md sm:grid-cols-2 md:grid-cols-3">
        {groups.map((group) => (
          <section key={group.name}>
            <h3 className="mb-2 text-sm font-semibold text-muted">{group.name}</h3>
            <dl className="flex flex-col gap-1.5">
              {group.keys.map(([keys, what]) => (
                <div key={keys + what} className="flex items-center justify-between gap-3">
                  <dt>{what}</dt>
                  <dd>
                    <Keys keys={keys} />
                    <span className="sr-only">{keys}</span>
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
