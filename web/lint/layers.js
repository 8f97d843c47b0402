// The direction rule: app -> features -> live, api, ui, lib; a feature never imports another; no import circles.
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";

const src = resolve(import.meta.dirname, "../src");

/** What each room may import beside itself. */
const allowed = {
  app: ["features", "live", "api", "ui", "lib"],
  features: ["live", "api", "ui", "lib"],
  live: ["api", "lib"],
  ui: ["lib"],
  api: ["lib"],
  lib: [],
};

const imports = new Map();

/** The file of ours that an import names, or undefined. */
function target(from, spec) {
  const base = spec.startsWith("@/") ? join(src, spec.slice(2)) : spec.startsWith(".") ? resolve(dirname(from), spec) : undefined;
  if (!base) return undefined;
  return [base, `${base}.ts`, `${base}.tsx`, join(base, "index.ts")].find((file) => existsSync(file) && statSync(file).isFile());
}

/** Files that a file imports for their values; type imports cannot make a circle at run time. */
function importsOf(file) {
  const known = imports.get(file);
  if (known) return known;
  const found = [];
  for (const [, spec] of readFileSync(file, "utf8").matchAll(/^(?:import|export)(?!\s+type)[^;]*?from\s+"([^"]+)"/gms)) {
    const next = target(file, spec);
    if (next && /\.tsx?$/.test(next)) found.push(next);
  }
  imports.set(file, found);
  return found;
}

/** The circle that leads from `start` back to `goal`, or undefined. */
function circle(start, goal) {
  const queue = [[start]];
  const seen = new Set([start]);
  for (let way = queue.shift(); way; way = queue.shift()) {
    for (const next of importsOf(way[way.length - 1])) {
      if (next === goal) return [...way, next];
      if (!seen.has(next)) {
        seen.add(next);
        queue.push([...way, next]);
      }
    }
  }
  return undefined;
}

export const layers = {
  meta: { type: "problem", schema: [] },
  create(context) {
    const file = context.filename;
    const [room, feature] = relative(src, file).split(sep);
    if (!(room in allowed)) return {};
    function check(node) {
      const to = node.source && target(file, node.source.value);
      if (!to) return;
      const [otherRoom, otherFeature] = relative(src, to).split(sep);
      if (otherRoom !== room && !allowed[room].includes(otherRoom)) {
        context.report({ node, message: `${room} may not import ${otherRoom}: imports point app -> features -> live, api, ui, lib.` });
      }
      if (room === "features" && otherRoom === "features" && feature !== otherFeature) {
        context.report({ node, message: `Feature ${feature} may not import feature ${otherFeature}: compose them in app.` });
      }
      if (node.importKind === "type" || node.exportKind === "type") return;
      const way = to === file ? [to] : circle(to, file);
      if (way) context.report({ node, message: `Import circle: ${way.map((step) => relative(src, step)).join(" -> ")}` });
    }
    return { ImportDeclaration: check, ExportNamedDeclaration: check, ExportAllDeclaration: check };
  },
};
