import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

import { guides } from "./guides/plugin.ts";

const hub = process.env.SWITCHBOARD_URL ?? "http://localhost:8080";
const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

export default defineConfig({
  plugins: [react(), tailwindcss(), guides(path("../docs/channels"), path("../payments"))],
  resolve: { alias: { "@": path("./src") } },
  server: {
    proxy: {
      "/api": hub,
      "/media": hub,
      "/playground/api": hub,
      "/ws": { target: hub, ws: true },
    },
  },
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    rollupOptions: {
      input: { index: path("./index.html"), playground: path("./playground.html"), docs: path("./docs.html") },
    },
  },
  test: { include: ["src/**/*.test.ts", "src/**/*.test.tsx", "guides/*.test.ts", "widget/*.test.ts"], restoreMocks: true },
});
