import type { ButtonHTMLAttributes, ReactNode } from "react";
import { Slot } from "radix-ui";

import { classes } from "@/lib/classes";
import { Tip } from "./tooltip";

type Look = "primary" | "plain" | "quiet" | "danger" | "positive";

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: Look;
  small?: boolean;
  /** Shows that the act is under way and takes no second click. */
  busy?: boolean;
  asChild?: boolean;
}

const looks: Record<Look, string> = {
  primary: "bg-accent text-on-accent hover:bg-accent-hover",
  plain: "border bg-surface hover:bg-sunken",
  quiet: "hover:bg-line/60",
  danger: "border border-negative/40 text-negative-text hover:bg-negative-quiet",
  positive: "bg-positive text-surface hover:opacity-90",
};

export function Button({ look = "plain", small, busy, asChild, className, disabled, ...rest }: ButtonProps) {
  const Tag = asChild ? Slot.Root : "button";
  return (
    <Tag
      type={asChild ? undefined : "button"}
      disabled={disabled ?? busy}
      aria-busy={busy ?? undefined}
      className={classes(
        "inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md font-medium whitespace-nowrap select-none",
        "disabled:cursor-not-allowed disabled:opacity-50 [&_svg]:size-4 [&_svg]:shrink-0",
        small ? "h-7 px-2 text-sm" : "h-8 px-3",
        looks[look],
        className,
      )}
      {...rest}
    />
  );
}

interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** What it does: the accessible name and the tooltip. */
  label: string;
  /** The shortcut, shown in the tooltip. */
  keys?: string;
  active?: boolean;
  small?: boolean;
  children: ReactNode;
}

export function IconButton({ label, keys, active, small, className, children, ...rest }: IconButtonProps) {
  return (
    <Tip text={label} keys={keys}>
      <button
        type="button"
        aria-label={label}
        className={classes(
          "shrink-0 items-center justify-center rounded-md text-muted hover:bg-line/60 hover:text-text",
          className?.includes("hidden") ? "" : "inline-flex",
          "disabled:cursor-not-allowed disabled:opacity-40 max-md:min-h-9 max-md:min-w-9",
          small ? "size-7 [&_svg]:size-3.5" : "size-8 [&_svg]:size-4",
          active && "bg-accent-quiet text-accent-text",
          className,
        )}
        {...rest}
      >
        {children}
      </button>
    </Tip>
  );
}
