// Files of the kinds that people send, made here: small, real, and different each time they are asked for.
import { crc32, deflateSync } from "node:zlib";

/** A picture of one colour with a diagonal, as PNG. */
export function png(width = 320, height = 200, [red, green, blue] = [37, 99, 235]) {
  const rows = Buffer.alloc((width * 3 + 1) * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const line = Math.abs(x * height - y * width) < width * 6;
      rows.set(line ? [255, 255, 255] : [red, (green + y) % 256, blue], y * (width * 3 + 1) + 1 + x * 3);
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), chunk("IHDR", header), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32 ? crc32(body) : crc(body), body.length + 4);
  return out;
}

/** `zlib.crc32` is younger than the Node that is asked for. */
function crc(bytes) {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  }
  return (sum ^ 0xffffffff) >>> 0;
}

/** A tone as WAV: eight bits, one channel. */
export function wav(seconds = 3) {
  const rate = 8000;
  const data = Buffer.alloc(rate * seconds);
  for (let at = 0; at < data.length; at++) data[at] = 128 + Math.round(60 * Math.sin((at / rate) * 2 * Math.PI * 440));
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + data.length, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate, 28);
  head.writeUInt16LE(1, 32);
  head.writeUInt16LE(8, 34);
  head.write("data", 36);
  head.writeUInt32LE(data.length, 40);
  return Buffer.concat([head, data]);
}

/** A second of film, recorded by the browser itself, as WebM. */
export async function film(page) {
  const text = await page.evaluate(
    () =>
      new Promise((resolve) => {
        const canvas = Object.assign(document.createElement("canvas"), { width: 160, height: 90 });
        const context = canvas.getContext("2d");
        const recorder = new MediaRecorder(canvas.captureStream(20), { mimeType: "video/webm" });
        const pieces = [];
        let frame = 0;
        const drawing = setInterval(() => {
          context.fillStyle = `hsl(${(frame * 12) % 360} 80% 50%)`;
          context.fillRect(0, 0, 160, 90);
          frame += 1;
        }, 50);
        recorder.ondataavailable = (event) => pieces.push(event.data);
        recorder.onstop = async () => {
          clearInterval(drawing);
          const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer());
          resolve(btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")));
        };
        recorder.start();
        setTimeout(() => recorder.stop(), 1200);
      }),
  );
  return Buffer.from(text, "base64");
}
