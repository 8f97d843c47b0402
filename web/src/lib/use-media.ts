import { useSyncExternalStore } from "react";

function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (changed) => {
      const list = matchMedia(query);
      list.addEventListener("change", changed);
      return () => list.removeEventListener("change", changed);
    },
    () => matchMedia(query).matches,
  );
}

/** Written on with fingers, where nothing has a Shift key to hold. */
export function useTouch(): boolean {
  return useMedia("(pointer: coarse)");
}

/** One pane at a time. */
export function useNarrow(): boolean {
  return useMedia("(max-width: 767px)");
}

/** Whether the views column fits beside the list and the thread. */
export function useWide(): boolean {
  return useMedia("(min-width: 1180px)");
}
