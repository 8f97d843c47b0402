import { DropdownMenu as Radix } from "radix-ui";

import { MenuParts, type MenuProps } from "./menu";

/** The menu itself; arrives when the first one is opened. */
export function OpenMenu({ trigger, children, align = "end", open, onOpenChange }: MenuProps) {
  return (
    <Radix.Root defaultOpen={open === undefined ? true : undefined} open={open} onOpenChange={onOpenChange} modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          align={align}
          sideOffset={4}
          collisionPadding={8}
          className="z-50 max-h-(--radix-dropdown-menu-content-available-height) min-w-48 animate-appear overflow-y-auto rounded-lg border bg-raised p-1 shadow-float"
        >
          <MenuParts value={Radix}>{children}</MenuParts>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
