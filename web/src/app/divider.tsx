import { narrowest, useListWidth, widest } from "@/lib/facts/list-width";

/** Drags the right edge of the conversation list; arrow keys do the same. */
export function Divider() {
  const { width, drag } = useListWidth();
  return (
    <div
      role="separator"
      aria-orientation="vertical"
      aria-label="Width of the list"
      aria-valuenow={width}
      aria-valuemin={narrowest}
      aria-valuemax={widest}
      tabIndex={0}
      onKeyDown={(event) => {
        if (event.key === "ArrowLeft") drag(width - 16);
        if (event.key === "ArrowRight") drag(width + 16);
      }}
      onPointerDown={(event) => {
        const start = event.clientX - width;
        const handle = event.currentTarget;
        handle.setPointerCapture(event.pointerId);
        handle.onpointermove = (move) => drag(move.clientX - start);
        handle.onpointerup = () => {
          handle.onpointermove = null;
        };
      }}
      className="absolute inset-y-0 -right-1 z-10 w-2 cursor-col-resize touch-none hover:bg-accent/30 focus-visible:bg-accent/50"
    />
  );
}
