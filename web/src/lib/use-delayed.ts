import { useEffect, useState } from "react";

/** A value that follows after it has rested for `wait` milliseconds: for searching while somebody types. */
export function useDelayed<T>(value: T, wait = 250): T {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), wait);
    return () => clearTimeout(timer);
  }, [value, wait]);
  return rested;
}
