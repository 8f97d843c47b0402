import { useEffect, useState } from "react";

import { toastError } from "./facts/toasts";

/** Puts a value on the clipboard, and says for two seconds that it is there. */
export function useCopied(value: string) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const quiet = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(quiet);
  }, [copied]);
  return { copied, copy: () => void navigator.clipboard.writeText(value).then(() => setCopied(true), toastError) };
}
