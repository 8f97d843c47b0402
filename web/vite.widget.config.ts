import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

/** The chat window: one plain script without imports, beside the web app. */
export default defineConfig({
  publicDir: false,
  build: {
    target: "es2022",
    emptyOutDir: false,
    lib: {
      entry: fileURLToPath(new URL("./widget/main.ts", import.meta.url)),
      formats: ["iife"],
      name: "switchboardChat",
      fileName: () => "webchat.js",
    },
  },
});
