/** The parts of an OpenAPI 3.1 document that the reference shows. */
export interface Document {
  info: { title: string; version: string; description?: string };
  paths: Record<string, Record<string, Described>>;
  components?: { schemas?: Record<string, Schema> };
}

interface Described {
  operationId?: string;
  tags?: string[];
  summary?: string;
  description?: string;
  parameters?: Parameter[];
  requestBody?: { required?: boolean; content?: Record<string, { schema?: Schema }> };
  responses?: Record<string, { description?: string; content?: Record<string, { schema?: Schema }> }>;
}

export interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema?: Schema;
}

export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  description?: string;
  enum?: unknown[];
  const?: unknown;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  oneOf?: Schema[];
  anyOf?: Schema[];
  allOf?: Schema[];
}

export interface Operation extends Described {
  method: string;
  path: string;
}

/** Operations by tag, tags and paths in alphabetical order. */
export function byTag(document: Document): [string, Operation[]][] {
  const tags = new Map<string, Operation[]>();
  for (const [path, methods] of Object.entries(document.paths).sort(([a], [b]) => a.localeCompare(b))) {
    for (const [method, described] of Object.entries(methods)) {
      const tag = described.tags?.[0] ?? "other";
      tags.set(tag, [...(tags.get(tag) ?? []), { ...described, method: method.toUpperCase(), path }]);
    }
  }
  return [...tags].sort(([a], [b]) => a.localeCompare(b));
}

/** Whether a search finds the operation, by path, method, name or words. */
export function finds(operation: Operation, search: string): boolean {
  const text = [operation.method, operation.path, operation.operationId, operation.summary, operation.description];
  return text.join(" ").toLowerCase().includes(search.trim().toLowerCase());
}

/** A schema's name in one line: `Message[]`, `string (uuid) | null`. */
export function typeName(schema: Schema | undefined): string {
  if (!schema) return "any";
  if (schema.$ref) return schema.$ref.split("/").at(-1) ?? "any";
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices) return choices.map(typeName).join(" | ");
  if (schema.allOf) return schema.allOf.map(typeName).join(" & ");
  const types = [schema.type ?? "object"].flat();
  return types.map((type) => namedType(type, schema)).join(" | ");
}

function namedType(type: string, schema: Schema): string {
  if (type === "array") return `${typeName(schema.items)}[]`;
  return schema.format && type !== "null" ? `${type} (${schema.format})` : type;
}

/** The named schema behind a reference, an array of references, or a choice of one and null. */
export function behind(schema: Schema | undefined, document: Document): [string, Schema] | undefined {
  const one = schema?.items ?? schema?.oneOf?.find((choice) => choice.$ref) ?? schema;
  const name = one?.$ref?.split("/").at(-1);
  const found = name ? document.components?.schemas?.[name] : undefined;
  return name && found ? [name, found] : undefined;
}
