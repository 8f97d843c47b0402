import "./style.css";

import { StrictMode } from "react";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { createRoot } from "react-dom/client";

import { followTheme } from "@/lib/facts/theme";
import { Toasts } from "@/ui/toast";
import { Tips } from "@/ui/tooltip";
import { queryClient } from "./query-client";
import { router } from "./router";

followTheme();

const root = document.getElementById("root");
if (!root) throw new Error("the page has no root element");

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
      <Toasts />
      <Tips />
    </QueryClientProvider>
  </StrictMode>,
);
