import { Monitor, Moon, Sun } from "lucide-react";

import { classes } from "@/lib/classes";
import { useDensity } from "@/lib/facts/density";
import { useEnterSends } from "@/lib/facts/enter-sends";
import { type Theme, themes, useTheme } from "@/lib/facts/theme";
import { Switch } from "@/ui/switch";
import { Page, Panel } from "@/ui/page";

const names: Record<Theme, { name: string; icon: typeof Sun }> = {
  system: { name: "Like the system", icon: Monitor },
  light: { name: "Light", icon: Sun },
  dark: { name: "Dark", icon: Moon },
};

/** How the product looks and behaves in this browser. */
export function AppearancePage() {
  const { theme, choose } = useTheme();
  const density = useDensity();
  const enter = useEnterSends();
  return (
    <Page title="Appearance" text="Kept in this browser.">
      <Panel title="Theme">
        <div role="radiogroup" aria-label="Theme" className="grid grid-cols-3 gap-2">
          {themes.map((one) => {
            const { name, icon: Icon } = names[one];
            return (
              <button
                key={one}
                type="button"
                role="radio"
                aria-checked={theme === one}
                onClick={() => choose(one)}
                className={classes("flex flex-col items-center gap-2 rounded-md border p-4", theme === one ? "border-accent bg-accent-quiet on-tint" : "hover:bg-sunken")}
              >
                <Icon className="size-5" />
                {name}
              </button>
            );
          })}
        </div>
      </Panel>
      <Panel title="Inbox">
        <Switch label="Compact rows" help="One line per conversation." checked={density.density === "compact"} onChange={(compact) => density.choose(compact ? "compact" : "comfortable")} />
        <Switch label="Enter sends" help="Shift and Enter begin a new line. Switched off, it is the other way round. On a touch screen Enter always begins a new line." checked={enter.enterSends} onChange={enter.choose} />
      </Panel>
    </Page>
  );
}
