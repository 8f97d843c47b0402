/** In pixels: of a line, of a letter on the average, of the room that a letter mostly has. */
const [line, letter, room] = [21, 6.7, 480];
/** Between two blocks. */
const gap = 14;

const known = new Map<string, number>();
const most = 200;

/** How high a formatted letter will be: as it was when it was last shown, else by what is in it. */
export function heightOf(html: string): number {
  const measured = known.get(html);
  if (measured !== undefined) return measured;
  return guess(html);
}

export function keepHeight(html: string, height: number): void {
  known.delete(html);
  known.set(html, height);
  const [oldest] = known.keys();
  if (known.size > most && oldest !== undefined) known.delete(oldest);
}

/** Each block with words of its own takes its lines and the space below; a picture takes what it says. */
function guess(html: string): number {
  const { body } = new DOMParser().parseFromString(html, "text/html");
  let height = 0;
  for (const block of body.querySelectorAll("p, li, tr, h1, h2, h3, h4, h5, h6, pre, div, td > a, img, hr")) {
    if (block instanceof HTMLImageElement) height += pictured(block);
    else if (block.tagName === "HR") height += gap;
    else if (block.tagName === "TR") height += line + 4;
    else if (!block.closest("tr") && !block.querySelector("p, li, tr, div")) {
      const breaks = block.querySelectorAll("br").length;
      const large = /^H[1-3]$/.test(block.tagName) ? 1.6 : 1;
      height += (lines(block.textContent, large) + breaks) * line * large + (block.tagName === "LI" || block.tagName === "DIV" ? 0 : gap);
    }
  }
  return Math.round(height);
}

function lines(text: string, large = 1): number {
  const length = text.trim().length;
  return length === 0 ? 0 : Math.ceil((length * letter * large) / room);
}

function pictured(image: HTMLImageElement): number {
  const [width, height] = [Number(image.getAttribute("width")), Number(image.getAttribute("height"))];
  if (!width || !height) return 150;
  return height * Math.min(1, room / width);
}
