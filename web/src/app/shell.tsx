import { lazy, Suspense, useEffect } from "react";
import { Outlet, useNavigate, useRouterState } from "@tanstack/react-router";

import { useMay } from "@/api/may";
import { useSession } from "@/api/session";
import { useNarrow } from "@/lib/use-media";
import { useDrafts } from "@/lib/facts/drafts";
import { useOverlay } from "@/lib/facts/overlay";
import { usePaymentDialog } from "@/lib/facts/payment-dialog";
import { useKeyChains, useShortcuts } from "@/lib/shortcuts";
import { Live } from "@/live/live";
import { late } from "@/ui/late";
import { BottomBar } from "./bottom-bar";
import { ConnectionChip } from "./connection-chip";
import { Rail } from "./rail";
import { useNotice } from "./use-notice";

const Palette = late(() => import("./palette").then((module) => module.Palette));
const PhoneDesk = lazy(() => import("@/features/phone/phone-desk").then((module) => ({ default: module.PhoneDesk })));
const PaymentDialogs = late(() => import("@/features/payments/payment-dialogs").then((module) => module.PaymentDialogs));
const ShortcutSheet = late(() => import("@/features/shortcuts/shortcut-sheet").then((module) => module.ShortcutSheet));

/** The frame of every page of a member: navigation, the live connection, and what the keyboard opens. */
export function Shell() {
  const account = useSession((session) => `${session.organization?.id ?? ""}/${session.user?.id ?? ""}`);
  const signedIn = useSession((session) => session.state === "in");
  const { overlay, show } = useOverlay();
  const paying = usePaymentDialog((state) => state.dialog !== undefined);
  const navigate = useNavigate();
  const notice = useNotice();
  const narrow = useNarrow();
  const writes = useMay("writeConversations");
  const deep = useRouterState({ select: (state) => /^\/(inbox|deals|contacts|settings)\/./.test(state.location.pathname) });

  const me = useSession((session) => session.user?.id);
  useEffect(() => useDrafts.getState().take(me), [me]);

  useShortcuts({
    "?": () => show("shortcuts"),
    "Mod+k": () => show(overlay === "palette" ? undefined : "palette"),
    "g i": () => void navigate({ to: "/inbox" }),
    "g b": () => void navigate({ to: "/deals" }),
    "g t": () => void navigate({ to: "/tasks" }),
    "g p": () => void navigate({ to: "/payments" }),
    "g c": () => void navigate({ to: "/contacts" }),
    "g s": () => void navigate({ to: "/settings" }),
  });
  useKeyChains();

  // The session ended while the page was open: back to the door, and here again afterwards.
  if (!signedIn) {
    const next = location.pathname + location.search;
    queueMicrotask(() => void navigate({ to: "/login", search: { next }, replace: true }));
    return null;
  }

  return (
    <Live account={account} notice={notice}>
      <div className="flex h-dvh flex-col md:flex-row">
        <Suspense>{writes ? <PhoneDesk key={account} /> : null}</Suspense>
        {narrow ? null : <Rail />}
        <div className="relative min-h-0 min-w-0 flex-1">
          <Outlet />
          <ConnectionChip />
        </div>
        {narrow && !deep ? <BottomBar /> : null}
      </div>
      {overlay === "palette" ? <Palette onClose={() => show(undefined)} /> : null}
      {paying ? <PaymentDialogs /> : null}
      {overlay === "shortcuts" ? <ShortcutSheet onClose={() => show(undefined)} /> : null}
    </Live>
  );
}
