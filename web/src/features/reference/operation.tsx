import { behind, typeName, type Document, type Operation as Described, type Schema } from "./document";
import { Fields } from "./fields";

/** One operation: what it takes and what it answers. */
export function Operation({ operation, document }: { operation: Described; document: Document }) {
  const body = Object.entries(operation.requestBody?.content ?? {})[0];
  return (
    <details id={operation.operationId} className="border-line bg-surface rounded-md border">
      <summary className="flex cursor-pointer flex-wrap items-baseline gap-x-3 gap-y-1 px-4 py-2.5">
        <span className="w-14 font-mono text-xs font-semibold">{operation.method}</span>
        <span className="font-mono text-[13px] break-all">{operation.path}</span>
        <span className="text-muted text-xs">{operation.summary}</span>
      </summary>
      <div className="border-line space-y-4 border-t px-4 py-3 text-[13px]">
        {operation.description && <p className="max-w-prose whitespace-pre-line">{operation.description}</p>}
        <Parameters operation={operation} />
        {body && <Shape title={`Body · ${body[0]}`} schema={body[1].schema} document={document} />}
        {Object.entries(operation.responses ?? {}).map(([status, response]) => {
          const content = Object.values(response.content ?? {})[0];
          const title = `${status} · ${response.description ?? ""}`;
          return <Shape key={status} title={title} schema={content?.schema} document={document} />;
        })}
      </div>
    </details>
  );
}

function Parameters({ operation }: { operation: Described }) {
  if (!operation.parameters?.length) return null;
  return (
    <section>
      <h4 className="mb-1 text-xs font-semibold">Parameters</h4>
      <ul className="space-y-1">
        {operation.parameters.map((parameter) => (
          <li key={`${parameter.in} ${parameter.name}`}>
            <span className="font-mono text-xs">{parameter.name}</span>
            <span className="text-muted text-xs">
              {" "}
              {parameter.in} · {typeName(parameter.schema)}
              {parameter.required ? "" : " · optional"}
            </span>
            {parameter.description && <p className="text-muted max-w-prose text-xs">{parameter.description}</p>}
          </li>
        ))}
      </ul>
    </section>
  );
}

interface ShapeProps {
  title: string;
  schema: Schema | undefined;
  document: Document;
}

function Shape({ title, schema, document }: ShapeProps) {
  const named = behind(schema, document);
  const fields = named?.[1] ?? schema;
  return (
    <section>
      <h4 className="mb-1 text-xs font-semibold">
        {title} {schema && <span className="text-muted font-normal">{typeName(schema)}</span>}
      </h4>
      {fields && <Fields schema={fields} document={document} />}
    </section>
  );
}
