import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from "@tanstack/react-router";

import { renew, useSession } from "@/api/session";
import { NotFound, PageFailed } from "./fallbacks";
import { Shell } from "./shell";

/** Everything that addresses may carry after the question mark; pages take what is theirs. */
export type Search = Partial<Record<(typeof known)[number], string>>;

const known = [
  ...["next", "email", "token", "view", "q", "at", "pipeline", "shape", "order", "state", "account"] as const,
  ...["owner", "tag", "status", "stale", "closing", "from", "to", "columns"] as const,
] as const;

function readSearch(raw: Record<string, unknown>): Search {
  const search: Search = {};
  for (const name of known) {
    const value = raw[name];
    if (typeof value === "string" || typeof value === "number") search[name] = String(value);
  }
  return search;
}

const root = createRootRoute({ component: Outlet, validateSearch: readSearch, notFoundComponent: NotFound, errorComponent: PageFailed });

const auth = [
  createRoute({ getParentRoute: () => root, path: "/login", component: lazyRouteComponent(() => import("@/features/auth/login"), "Login") }),
  createRoute({ getParentRoute: () => root, path: "/register", component: lazyRouteComponent(() => import("@/features/auth/register"), "Register") }),
  createRoute({ getParentRoute: () => root, path: "/forgot-password", component: lazyRouteComponent(() => import("@/features/auth/forgot-password"), "ForgotPassword") }),
  createRoute({ getParentRoute: () => root, path: "/reset-password", component: lazyRouteComponent(() => import("@/features/auth/reset-password"), "ResetPassword") }),
  createRoute({ getParentRoute: () => root, path: "/accept-invitation", component: lazyRouteComponent(() => import("@/features/auth/accept-invitation"), "AcceptInvitation") }),
];

/** Pages of a member: a session is asked for once, by the cookie. */
const inside = createRoute({
  getParentRoute: () => root,
  id: "inside",
  component: Shell,
  beforeLoad: async ({ location }) => {
    if (useSession.getState().state === "unknown") await renew(undefined);
    if (useSession.getState().state !== "in") throw redirect({ to: "/login", search: { next: location.href } });
  },
});

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/inbox" });
  },
});

const inbox = createRoute({ getParentRoute: () => inside, path: "/inbox", component: lazyRouteComponent(() => import("./inbox"), "Inbox") });
const thread = createRoute({ getParentRoute: () => inbox, path: "$conversationId" });
const tasks = createRoute({ getParentRoute: () => inside, path: "/tasks", component: lazyRouteComponent(() => import("./tasks"), "Tasks") });
const deals = createRoute({ getParentRoute: () => inside, path: "/deals", component: lazyRouteComponent(() => import("./deals"), "Deals") });
const oneDeal = createRoute({ getParentRoute: () => deals, path: "$dealId" });
const payments = createRoute({ getParentRoute: () => inside, path: "/payments", component: lazyRouteComponent(() => import("@/features/payments/payments-page"), "PaymentsPage") });
const contacts = createRoute({ getParentRoute: () => inside, path: "/contacts", component: lazyRouteComponent(() => import("./contacts"), "Contacts") });
const oneContact = createRoute({ getParentRoute: () => contacts, path: "$contactId" });
const companies = createRoute({ getParentRoute: () => inside, path: "/companies", component: lazyRouteComponent(() => import("./companies"), "Companies") });
const oneCompany = createRoute({ getParentRoute: () => companies, path: "$companyId" });
const settings = createRoute({ getParentRoute: () => inside, path: "/settings", component: lazyRouteComponent(() => import("./settings"), "Settings") });
const settingsPage = createRoute({ getParentRoute: () => settings, path: "$page" });
const settingsItem = createRoute({ getParentRoute: () => settings, path: "$page/$item" });

const tree = root.addChildren([
  home,
  ...auth,
  inside.addChildren([inbox.addChildren([thread]), tasks, deals.addChildren([oneDeal]), payments, contacts.addChildren([oneContact]), companies.addChildren([oneCompany]), settings.addChildren([settingsPage, settingsItem])]),
]);

export const router = createRouter({ routeTree: tree, defaultPreload: "intent", defaultErrorComponent: PageFailed });

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
