import { expect, test } from "vitest";

import { behind, byTag, finds, typeName, type Document } from "./document";

const document: Document = {
  info: { title: "t", version: "1" },
  paths: {
    "/b": { get: { operationId: "read_b", tags: ["beta"], summary: "Reads it" } },
    "/a": { post: { operationId: "make_a", tags: ["alpha"] }, get: { operationId: "list_a", tags: ["alpha"] } },
  },
  components: { schemas: { Thing: { type: "object", properties: { id: { type: "string" } } } } },
};

test("operations stand under their tags", () => {
  const groups = byTag(document).map(([tag, operations]) => [tag, operations.map((one) => one.operationId)]);
  expect(groups).toEqual([
    ["alpha", ["make_a", "list_a"]],
    ["beta", ["read_b"]],
  ]);
});

test("types are told in one line", () => {
  expect(typeName({ type: "array", items: { $ref: "#/components/schemas/Thing" } })).toBe("Thing[]");
  expect(typeName({ type: ["string", "null"], format: "uuid" })).toBe("string (uuid) | null");
  expect(typeName({ oneOf: [{ type: "null" }, { $ref: "#/x/Thing" }] })).toBe("null | Thing");
  expect(typeName({ enum: ["a", "b"] })).toBe('"a" | "b"');
});

test("a reference is followed through arrays and choices", () => {
  const reference = { $ref: "#/components/schemas/Thing" };
  for (const schema of [reference, { type: "array", items: reference }, { oneOf: [{ type: "null" }, reference] }]) {
    expect(behind(schema, document)?.[0]).toBe("Thing");
  }
  expect(behind({ type: "string" }, document)).toBeUndefined();
});

test("search looks at method, path, name and words", () => {
  const [operation] = byTag(document)[1]?.[1] ?? [];
  expect(operation && ["get", "/b", "READ_B", "reads"].every((word) => finds(operation, word))).toBe(true);
  expect(operation && finds(operation, "post")).toBe(false);
});
