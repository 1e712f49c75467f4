// Arrays as Python packs them, see `packed` in dashboard/chart/__init__.py.

const TYPED = { f4: Float32Array, f8: Float64Array };

const rowsOf = (values, rows, columns) =>
  Array.from({ length: rows }, (_, r) => values.subarray(r * columns, (r + 1) * columns));

/** The bytes of a base64 text. A map has a quarter of a million: nothing is called for each. */
function bytesOf(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const plain = atob(text);
  const bytes = new Uint8Array(plain.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = plain.charCodeAt(i);
  return bytes;
}

/** Base64 arrays become typed arrays, wherever they are in a figure. */
export function decode(value) {
  if (Array.isArray(value)) return value.map((v) => (v && typeof v === "object" ? decode(v) : v));
  if (!value || typeof value !== "object") return value;
  if (value.bdata !== undefined) {
    const values = new TYPED[value.dtype](bytesOf(value.bdata).buffer);
    return value.shape ? rowsOf(values, ...value.shape.split(",").map(Number)) : values;
  }
  return Object.fromEntries(Object.entries(value).map(([name, v]) => [name, decode(v)]));
}
