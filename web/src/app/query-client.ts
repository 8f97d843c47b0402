import { QueryClient } from "@tanstack/react-query";

import { isProblem } from "@/api/problem";

/** What the server refused is not asked again; what the network lost is. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      gcTime: 10 * 60_000,
      refetchOnWindowFocus: false,
      retry: (failures, error) => failures < 2 && !(isProblem(error) && error.status >= 400 && error.status < 500),
    },
  },
});
