import { classes } from "@/lib/classes";

/** A shortcut as key caps; parts are separated by spaces. `Mod` is ⌘ on a Mac and Ctrl elsewhere. */
export function Keys({ keys, inverse }: { keys: string; inverse?: boolean }) {
  const apple = navigator.platform.startsWith("Mac");
  return (
    <span className="inline-flex items-center gap-0.5" aria-hidden="true">
      {keys.split(" ").map((key, index) => (
        <kbd
          key={index}
          className={classes(
            "inline-flex h-4.5 min-w-4.5 items-center justify-center rounded border px-1 font-sans text-[11px] leading-none font-medium",
            inverse ? "border-canvas/30 text-canvas" : "border-line-strong bg-sunken text-muted",
          )}
        >
          {key === "Mod" ? (apple ? "⌘" : "Ctrl") : key}
        </kbd>
      ))}
    </span>
  );
}
