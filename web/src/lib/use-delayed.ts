import { useCallback, useEffect, useRef, useState } from "react";

/** A value that follows after it has rested for `wait` milliseconds: for searching while somebody types. */
export function useDelayed<T>(value: T, wait = 250): T {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), wait);
    return () => clearTimeout(timer);
  }, [value, wait]);
  return rested;
}

/** Calls `run` with the last of the values given, once no other was given for `wait` milliseconds. */
export function useRested<T>(run: (value: T) => void, wait = 250): (value: T) => void {
  const latest = useRef(run);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    latest.current = run;
  });
  useEffect(() => () => clearTimeout(timer.current), []);
  return useCallback(
    (value) => {
      clearTimeout(timer.current);
      timer.current = setTimeout(() => latest.current(value), wait);
    },
    [wait],
  );
}
