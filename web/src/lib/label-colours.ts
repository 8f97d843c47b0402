/** The palette's roles for labels, each with a dot that is visible on light and dark. */
export const labelColours: Record<string, string> = {
  grey: "#7c8798",
  red: "#dc4c4c",
  orange: "#dd7a27",
  yellow: "#c79a12",
  green: "#2f9e63",
  teal: "#1c9aa0",
  blue: "#3d7be8",
  purple: "#8a5cf0",
  pink: "#d6549c",
};

export function labelColour(role: string | undefined): string {
  return labelColours[role ?? "grey"] ?? labelColours.grey ?? "#7c8798";
}
