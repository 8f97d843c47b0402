import type { ReactNode } from "react";

interface PageProps {
  title: string;
  text?: string;
  act?: ReactNode;
  wide?: boolean;
  children: ReactNode;
}

/** The frame of a page of settings. */
export function Page({ title, text, act, wide, children }: PageProps) {
  return (
    <div className={wide ? "mx-auto max-w-5xl px-6 py-6 max-md:px-4" : "mx-auto max-w-3xl px-6 py-6 max-md:px-4"}>
      <header className="mb-5 flex flex-wrap items-start justify-between gap-3">
        <div>
          <h1 className="text-xl font-semibold">{title}</h1>
          {text ? <p className="mt-0.5 max-w-prose text-muted">{text}</p> : null}
        </div>
        {act}
      </header>
      {children}
    </div>
  );
}

/** A framed group of things that belong together. */
export function Panel({ title, children }: { title?: string; children: ReactNode }) {
  return (
    <section className="mb-5 rounded-lg border bg-surface p-4">
      {title ? <h2 className="mb-3 font-semibold">{title}</h2> : null}
      {children}
    </section>
  );
}
