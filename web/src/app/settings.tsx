import { lazy, type ReactNode, Suspense } from "react";
import { Link, useParams } from "@tanstack/react-router";
import { ArrowLeft, Building2, CircleDollarSign, Columns3, KanbanSquare, Palette, Plug, Tag, UserRound, Users, UsersRound, Webhook } from "lucide-react";

import { type May, useMay } from "@/api/may";
import { CallbacksPage } from "@/features/callbacks/callbacks-page";
import { PipelinesPage } from "@/features/deals/pipelines-page";
import { ConnectPage } from "@/features/integrations/connect-page";
import { IntegrationPage } from "@/features/integrations/integration-page";
import { IntegrationsPage } from "@/features/integrations/integrations-page";
import { PaymentAccountsPage } from "@/features/payments/accounts/payment-accounts-page";
import { AppearancePage } from "@/features/settings/appearance-page";
import { LabelsPage } from "@/features/settings/labels-page";
import { MembersPage } from "@/features/settings/members-page";
import { OrganizationPage } from "@/features/settings/organization-page";
import { ProfilePage } from "@/features/settings/profile-page";
import { TeamsPage } from "@/features/settings/teams-page";
import { classes } from "@/lib/classes";
import { useNarrow } from "@/lib/use-media";
import { Button } from "@/ui/button";
import { Lines } from "@/ui/states";
import { NotFound } from "./fallbacks";

const TrelloPage = lazy(() => import("@/features/trello/trello-page").then((module) => ({ default: module.TrelloPage })));

interface SettingsEntry {
  id: string;
  name: string;
  icon: ReactNode;
  needs?: May;
  page: (item: string | undefined) => ReactNode;
}

const groups: { name: string; entries: SettingsEntry[] }[] = [
  {
    name: "Me",
    entries: [
      { id: "profile", name: "My profile", icon: <UserRound />, page: () => <ProfilePage /> },
      { id: "appearance", name: "Appearance", icon: <Palette />, page: () => <AppearancePage /> },
    ],
  },
  {
    name: "Organization",
    entries: [
      { id: "organization", name: "Organization", icon: <Building2 />, page: () => <OrganizationPage /> },
      { id: "members", name: "Members", icon: <Users />, page: () => <MembersPage /> },
      { id: "teams", name: "Teams", icon: <UsersRound />, page: () => <TeamsPage /> },
      { id: "labels", name: "Labels", icon: <Tag />, page: () => <LabelsPage /> },
      { id: "pipelines", name: "Pipelines", icon: <KanbanSquare />, page: () => <PipelinesPage /> },
    ],
  },
  {
    name: "Money",
    entries: [{ id: "payments", name: "Payments", icon: <CircleDollarSign />, needs: "readIntegrations", page: () => <PaymentAccountsPage /> }],
  },
  {
    name: "Elsewhere",
    entries: [
      {
        id: "trello",
        name: "Trello",
        icon: <Columns3 />,
        needs: "readIntegrations",
        page: () => (
          <Suspense fallback={<Lines rows={4} className="mx-auto max-w-3xl px-6 py-6" />}>
            <TrelloPage />
          </Suspense>
        ),
      },
    ],
  },
  {
    name: "Channels",
    entries: [
      { id: "integrations", name: "Integrations", icon: <Plug />, needs: "readIntegrations", page: (item) => (item === "new" ? <ConnectPage /> : item ? <IntegrationPage key={item} id={item} /> : <IntegrationsPage />) },
      { id: "callbacks", name: "Flight recorder", icon: <Webhook />, needs: "readCallbacks", page: () => <CallbacksPage /> },
    ],
  },
];

/** The column of pages and the chosen one; on a phone first the one, then the other. */
export function Settings() {
  const { page, item } = useParams({ strict: false });
  const narrow = useNarrow();
  const chosen = groups.flatMap((group) => group.entries).find((entry) => entry.id === (page ?? "profile"));
  return (
    <div className="flex h-full min-h-0">
      {narrow && page ? null : (
        <nav aria-label="Settings" className="flex w-52 shrink-0 flex-col gap-4 overflow-y-auto border-r bg-canvas px-2 py-3 max-md:w-full">
          <p className="px-2 text-lg font-semibold">Settings</p>
          {groups.map((group) => (
            <section key={group.name} aria-label={group.name}>
              <h2 className="px-2 pb-1 text-xs font-medium text-muted">{group.name}</h2>
              {group.entries.map((entry) => (
                <Entry key={entry.id} entry={entry} active={!narrow && entry.id === chosen?.id} />
              ))}
            </section>
          ))}
        </nav>
      )}
      {narrow && !page ? null : (
        <main className="min-h-0 min-w-0 flex-1 overflow-y-auto bg-canvas" tabIndex={-1}>
          {narrow ? (
            <Button asChild look="quiet" className="mt-2 ml-2">
              <Link to="/settings">
                <ArrowLeft /> Settings
              </Link>
            </Button>
          ) : null}
          {chosen ? chosen.page(item) : <NotFound />}
        </main>
      )}
    </div>
  );
}

function Entry({ entry, active }: { entry: SettingsEntry; active: boolean }) {
  const allowed = useMay(entry.needs ?? "readOrganization");
  if (!allowed) return null;
  return (
    <Link
      to="/settings/$page"
      params={{ page: entry.id }}
      className={classes("flex h-8 items-center gap-2 rounded-md px-2 max-md:h-11 [&_svg]:size-4", active ? "bg-accent-quiet font-medium text-accent-text" : "hover:bg-line/60 [&_svg]:text-muted")}
    >
      {entry.icon}
      {entry.name}
    </Link>
  );
}
