/** A fault that the server explained (RFC 9457), or the network's silence in the same form. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    /** What is wrong with single fields, by their names. */
    readonly fields: Record<string, string> = {},
    /** The present state of the thing, where our version was old. */
    readonly current?: unknown,
  ) {
    super(detail);
    this.name = "Problem";
  }

  static from(status: number, body: unknown): Problem {
    const { code, detail, title, errors, current } = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
    const fields: Record<string, string> = {};
    for (const fault of Array.isArray(errors) ? (errors as { field?: string; detail?: string }[]) : []) {
      if (fault.field) fields[fault.field] = fault.detail ?? "Not valid.";
    }
    const said = [detail, title].find((one): one is string => typeof one === "string" && one.trim() !== "");
    const named = typeof code === "string" && code !== "" ? code : "unknown";
    return new Problem(status, named, said ?? plainWords(status, named), fields, current);
  }

  static offline(): Problem {
    return new Problem(0, "offline", "Switchboard cannot be reached. Check your connection; what you wrote is kept.");
  }
}

/** For what comes without words of its own: a proxy's answer, or a code that this version does not know. */
function plainWords(status: number, code: string): string {
  if (status === 403) return "Your role does not include this. An owner or admin can change it.";
  if (status === 404) return "This is gone, or you may not see it.";
  if (status === 409) return "Somebody else changed this meanwhile. Look again, then repeat it.";
  if (status === 413) return "This is too large to be taken.";
  if (status === 429) return "Too many attempts. Wait a moment, then try again.";
  if (status >= 500) return "The server could not do this. Nothing was changed; try again.";
  return code === "unknown" ? "This was not accepted." : `This was not accepted: ${code.replaceAll("_", " ")}.`;
}

export function isProblem(error: unknown, code?: string): error is Problem {
  return error instanceof Problem && (code === undefined || error.code === code);
}
