// The colours of a map.

/** [red, green, blue] of a colour "#RRGGBB" or "rgb(r, g, b)". */
function channels(color) {
  if (color.startsWith("#")) return [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
  return color.match(/[\d.]+/g).slice(0, 3).map(Number);
}

/** Whether a background is that of a dark theme. */
export function isDark(color) {
  const [red, green, blue] = channels(color);
  return red + green + blue < 384;
}

const palettes = new Map();

/** 256 colours of a scale of [place, colour], each as the four bytes of RGBA. */
export function paletteOf(scale) {
  const key = scale.join();
  if (palettes.has(key)) return palettes.get(key);
  const stops = scale.map(([place, color]) => [Number(place), channels(color)]);
  const palette = new Uint32Array(256);
  const bytes = new Uint8ClampedArray(palette.buffer);
  for (let i = 0, k = 0; i < 256; i++) {
    while (k < stops.length - 2 && stops[k + 1][0] < i / 255) k += 1;
    const [[from, low], [to, high]] = [stops[k], stops[k + 1]];
    const share = (i / 255 - from) / (to - from);
    for (let channel = 0; channel < 3; channel++) {
      bytes[4 * i + channel] = low[channel] + share * (high[channel] - low[channel]);
    }
    bytes[4 * i + 3] = 255;
  }
  palettes.set(key, palette);
  return palette;
}

/** The pixels of a map, one for each cell, from the top left; what is not a number is clear. */
export function pixelsOfMap(z, { cmin, cmax, colorscale }) {
  const palette = paletteOf(colorscale);
  const [width, height] = [z[0].length, z.length];
  const pixels = new Uint32Array(width * height);
  for (let r = 0; r < height; r++) {
    const start = (height - 1 - r) * width; // the first row is at the bottom
    for (let c = 0; c < width; c++) {
      const share = Math.max(0, Math.min(1, (z[r][c] - cmin) / (cmax - cmin)));
      pixels[start + c] = Number.isNaN(share) ? 0 : palette[Math.round(255 * share)];
    }
  }
  return pixels;
}
