import { behind, typeName, type Document, type Schema } from "./document";

/** A schema's fields, each with its type; a named type opens in place. */
export function Fields({ schema, document, depth = 0 }: { schema: Schema; document: Document; depth?: number }) {
  const entries = Object.entries(schema.properties ?? {});
  if (entries.length === 0) return <p className="text-muted text-xs">{typeName(schema)}</p>;
  return (
    <ul className="border-line border-l pl-3">
      {entries.map(([name, field]) => (
        <FieldRow
          key={name}
          name={name}
          field={field}
          required={schema.required?.includes(name) ?? false}
          document={document}
          depth={depth}
        />
      ))}
    </ul>
  );
}

interface FieldRowProps {
  name: string;
  field: Schema;
  required: boolean;
  document: Document;
  depth: number;
}

function FieldRow({ name, field, required, document, depth }: FieldRowProps) {
  const inner = depth < 3 ? behind(field, document) : undefined;
  return (
    <li className="py-1">
      <span className="font-mono text-xs">{name}</span>
      <span className="text-muted text-xs">
        {" "}
        {typeName(field)}
        {required ? "" : " · optional"}
      </span>
      {field.description && <p className="text-muted max-w-prose text-xs">{field.description}</p>}
      {inner && (
        <details className="mt-1">
          <summary className="text-accent cursor-pointer text-xs">{inner[0]}</summary>
          <Fields schema={inner[1]} document={document} depth={depth + 1} />
        </details>
      )}
    </li>
  );
}
