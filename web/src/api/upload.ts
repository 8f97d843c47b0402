import { Problem } from "./problem";
import { freshToken } from "./session";
import type { Attachment } from "./types";

/** Uploads a file; `fetch` cannot tell how far it is, so this is the one place with an XMLHttpRequest. */
export async function upload(file: File, progress: (part: number) => void, signal: AbortSignal): Promise<Attachment> {
  const token = await freshToken();
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/api/v1/attachments");
    if (token) request.setRequestHeader("authorization", `Bearer ${token}`);
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) progress(event.loaded / event.total);
    };
    request.onload = () => {
      const answer = parse(request.responseText);
      if (request.status >= 200 && request.status < 300) resolve(answer as Attachment);
      else reject(Problem.from(request.status, answer));
    };
    request.onerror = () => reject(Problem.offline());
    request.onabort = () => reject(new DOMException("Taken back", "AbortError"));
    signal.addEventListener("abort", () => request.abort());
    const form = new FormData();
    form.append("file", file, file.name);
    request.send(form);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
