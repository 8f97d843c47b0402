/** What the address of the board says after the question mark. */
export interface BoardSearch {
  pipeline?: string;
  view?: string;
  q?: string;
  shape?: string;
  order?: string;
}
