import { type ComponentType, type ReactNode, useEffect, useState } from "react";

export type Late<Props> = ComponentType<Props & { fallback?: ReactNode }> & { preload: () => Promise<void> };

/** What is needed first comes first; then, while nothing happens, what may be asked for. */
const calm = 1500;

/**
 * A component whose code comes after the page: fetched while the browser is idle, at the latest when it is shown. Not
 * `React.lazy`, which holds back what follows a fallback for 300 ms: each first click on a menu would be felt.
 */
export function late<Props extends object>(load: () => Promise<ComponentType<Props>>): Late<Props> {
  let part: ComponentType<Props> | undefined;
  let underway: Promise<void> | undefined;

  function preload(): Promise<void> {
    underway ??= load().then(
      (loaded) => {
        part = loaded;
      },
      (error: unknown) => {
        // The next one who asks tries again.
        underway = undefined;
        throw error;
      },
    );
    return underway;
  }

  function Shown({ fallback, ...props }: Props & { fallback?: ReactNode }) {
    const [Part, setPart] = useState(() => part);
    const [fault, setFault] = useState<{ error: unknown }>();
    useEffect(() => {
      if (Part) return;
      let gone = false;
      preload().then(
        () => gone || setPart(() => part),
        (error: unknown) => gone || setFault({ error }),
      );
      return () => {
        gone = true;
      };
    }, [Part]);
    if (fault) throw fault.error;
    return Part ? <Part {...(props as unknown as Props)} /> : (fallback ?? null);
  }
  whenCalm(() => void preload().catch(() => undefined));
  return Object.assign(Shown, { preload });
}

function whenCalm(act: () => void): void {
  if (typeof window === "undefined" || !("requestIdleCallback" in window)) return;
  setTimeout(() => requestIdleCallback(act), calm);
}
