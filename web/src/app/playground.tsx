import "./style.css";

import { StrictMode } from "react";
import { QueryClientProvider } from "@tanstack/react-query";
import { createRoot } from "react-dom/client";

import { Playground } from "@/features/playground/playground";
import { followTheme } from "@/lib/facts/theme";
import { Toasts } from "@/ui/toast";
import { Tips } from "@/ui/tooltip";
import { queryClient } from "./query-client";

followTheme();

const root = document.getElementById("root");
if (!root) throw new Error("the page has no root element");

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <Playground />
      <Toasts />
      <Tips />
    </QueryClientProvider>
  </StrictMode>,
);
