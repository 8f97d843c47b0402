import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

import { guidePage } from "./page.ts";

/**
 * Puts the channels' guides beside the app, as pages of their own: `/guides/slack.html`, and the programs that they name; and what is
 * written of each payment provider beside its code: `/guides/stripe.html`.
 */
export function guides(folder: string, providers: string): Plugin {
  return {
    name: "guides",
    apply: "build",
    generateBundle() {
      for (const file of readdirSync(folder)) {
        const text = readFileSync(join(folder, file), "utf8");
        const name = file.replace(/\.md$/, ".html");
        this.emitFile({ type: "asset", fileName: `guides/${name}`, source: name === file ? text : guidePage(text) });
      }
      for (const name of readdirSync(providers)) {
        const file = join(providers, name, "README.md");
        if (existsSync(file)) this.emitFile({ type: "asset", fileName: `guides/${name}.html`, source: guidePage(readFileSync(file, "utf8")) });
      }
      const style = readFileSync(join(import.meta.dirname, "guide.css"), "utf8");
      this.emitFile({ type: "asset", fileName: "guides/guide.css", source: style });
    },
  };
}
