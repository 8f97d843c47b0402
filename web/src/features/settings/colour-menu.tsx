import type { Label } from "@/api/types";
import { labelColour, labelColours } from "@/lib/label-colours";
import { Menu, MenuItem } from "@/ui/menu";

interface ColourMenuProps {
  label: Label;
  disabled: boolean;
  onChoose: (colour: string) => void;
}

export function ColourMenu({ label, disabled, onChoose }: ColourMenuProps) {
  const dot = (role: string) => <span className="block size-3 rounded-full" style={{ background: labelColour(role) }} />;
  return (
    <Menu
      align="start"
      trigger={
        <button type="button" disabled={disabled} aria-label={`Colour of ${label.name}: ${label.color}`} className="flex size-8 items-center justify-center rounded-md hover:bg-line/60">
          {dot(label.color)}
        </button>
      }
    >
      {Object.keys(labelColours).map((role) => (
        <MenuItem key={role} icon={dot(role)} checked={role === label.color} onSelect={() => onChoose(role)}>
          {role}
        </MenuItem>
      ))}
    </Menu>
  );
}
