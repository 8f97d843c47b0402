import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { byTag, finds, type Document } from "./document";
import { Operation } from "./operation";

/** The REST interface, drawn from the running hub's own description. */
export function Reference() {
  const [search, setSearch] = useState("");
  const { data, isError } = useQuery({
    queryKey: ["openapi"],
    queryFn: async (): Promise<Document> => {
      const answer = await fetch("/api/openapi.json");
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      return (await answer.json()) as Document;
    },
  });
  if (isError) return <p className="p-8">The hub does not answer. Reload the page to try again.</p>;
  if (!data) return <div className="bg-raised m-8 h-8 w-64 rounded-md" aria-busy="true" />;
  return (
    <div className="bg-canvas text-text h-dvh overflow-y-auto">
      <main className="mx-auto max-w-4xl px-4 py-8">
        <h1 className="text-2xl font-semibold">{data.info.title} REST interface</h1>
        <p className="text-muted mt-2 max-w-prose">{data.info.description}</p>
        <p className="text-muted mt-1 text-xs">
          Version {data.info.version} · <a className="text-accent underline" href="/api/openapi.json">OpenAPI document</a>
        </p>
        <input
          type="search"
          aria-label="Search operations"
          placeholder="Search by path or words"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
          className="border-line bg-surface mt-5 h-9 w-full rounded-md border px-3"
        />
        <Operations document={data} search={search} />
      </main>
    </div>
  );
}

function Operations({ document, search }: { document: Document; search: string }) {
  const groups = byTag(document)
    .map(([tag, operations]) => [tag, operations.filter((one) => finds(one, search))] as const)
    .filter(([, operations]) => operations.length > 0);
  if (groups.length === 0) return <p className="text-muted mt-8">Nothing is called that.</p>;
  return groups.map(([tag, operations]) => (
    <section key={tag} className="mt-8">
      <h2 className="mb-2 text-base font-semibold">{tag}</h2>
      <div className="space-y-1.5">
        {operations.map((operation) => (
          <Operation key={`${operation.method} ${operation.path}`} operation={operation} document={document} />
        ))}
      </div>
    </section>
  ));
}
