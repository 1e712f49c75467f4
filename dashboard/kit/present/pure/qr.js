// QR codes (ISO/IEC 18004): bytes at error level M, versions 1 to 20.

// By version: bytes of error correction in a block, and how many blocks there are.
const CHECKS = [10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26];
const BLOCKS = [1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16];
const LEVEL_M = 0;
const MASKS = [
  (r, c) => (r + c) % 2,
  (r) => r % 2,
  (r, c) => c % 3,
  (r, c) => (r + c) % 3,
  (r, c) => (Math.floor(r / 2) + Math.floor(c / 3)) % 2,
  (r, c) => ((r * c) % 2) + ((r * c) % 3),
  (r, c) => (((r * c) % 2) + ((r * c) % 3)) % 2,
  (r, c) => (((r + c) % 2) + ((r * c) % 3)) % 2,
];

/** The code of a text: rows of 0 and 1, dark being 1, without a margin; null if it is too long. */
export function qrOf(text) {
  const bytes = new TextEncoder().encode(text);
  for (let version = 1; version <= CHECKS.length; version++) {
    const room = capacityOf(version) - CHECKS[version - 1] * BLOCKS[version - 1];
    if (bytes.length + (version < 10 ? 2 : 3) > room) continue;
    return drawn(version, interleaved(version, withLength(version, bytes, room)));
  }
  return null;
}

/** All bytes that there is room for. */
function capacityOf(version) {
  let modules = (16 * version + 128) * version + 64;
  if (version >= 2) {
    const marks = Math.floor(version / 7) + 2;
    modules -= (25 * marks - 10) * marks - 55;
    if (version >= 7) modules -= 36;
  }
  return Math.floor(modules / 8);
}

/** The bytes after their mode and their number, filled up to `room` bytes. */
function withLength(version, bytes, room) {
  const bits = [];
  const push = (value, length) => {
    for (let i = length - 1; i >= 0; i--) bits.push((value >> i) & 1);
  };
  push(4, 4);
  push(bytes.length, version < 10 ? 8 : 16);
  for (const byte of bytes) push(byte, 8);
  push(0, Math.min(4, 8 * room - bits.length));
  push(0, (8 - (bits.length % 8)) % 8);
  for (let pad = 0xec; bits.length < 8 * room; pad ^= 0xec ^ 0x11) push(pad, 8);
  const out = new Uint8Array(room);
  bits.forEach((bit, i) => (out[i >> 3] |= bit << (7 - (i & 7))));
  return out;
}

/** The product of two elements of GF(2⁸) modulo x⁸ + x⁴ + x³ + x² + 1. */
function product(a, b) {
  let out = 0;
  for (let i = 7; i >= 0; i--) out = (out << 1) ^ ((out >> 7) * 0x11d) ^ (((b >> i) & 1) * a);
  return out;
}

/** The remainder of a block by the Reed–Solomon polynomial of that degree. */
function checksOf(block, degree) {
  const divisor = new Uint8Array(degree);
  divisor[degree - 1] = 1;
  for (let i = 0, root = 1; i < degree; i++, root = product(root, 2)) {
    for (let j = 0; j < degree; j++) divisor[j] = product(divisor[j], root) ^ (divisor[j + 1] ?? 0);
  }
  let rest = new Array(degree).fill(0);
  for (const byte of block) {
    const factor = byte ^ rest[0];
    rest = [...rest.slice(1), 0].map((value, i) => value ^ product(divisor[i], factor));
  }
  return rest;
}

/** Data and checks of all blocks in the order in which they are drawn. */
function interleaved(version, data) {
  const [degree, count] = [CHECKS[version - 1], BLOCKS[version - 1]];
  const total = capacityOf(version);
  const short = Math.floor(total / count) - degree;
  const shorts = count - (total % count);
  const blocks = [];
  for (let i = 0, at = 0; i < count; i++) {
    const length = short + (i < shorts ? 0 : 1);
    blocks.push([...data.subarray(at, at + length)]);
    at += length;
  }
  const checks = blocks.map((block) => checksOf(block, degree));
  const out = [];
  for (let i = 0; i <= short; i++) for (const block of blocks) if (i < block.length) out.push(block[i]);
  for (let i = 0; i < degree; i++) for (const check of checks) out.push(check[i]);
  return out;
}

/** Places of the small squares along a side. */
function marksOf(version) {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const size = 4 * version + 17;
  const step = 2 * Math.ceil((4 * version + 4) / (2 * count - 2));
  return [6, ...Array.from({ length: count - 1 }, (_, i) => size - 7 - (count - 2 - i) * step)];
}

/** A value after the remainder of its division by `polynomial`, of degree `degree`. */
function guarded(value, degree, polynomial) {
  let rest = value;
  for (let i = 0; i < degree; i++) rest = (rest << 1) ^ ((rest >> (degree - 1)) * polynomial);
  return (value << degree) | rest;
}

class Grid {
  constructor(version) {
    this.version = version;
    this.size = 4 * version + 17;
    const rows = () => Array.from({ length: this.size }, () => new Array(this.size).fill(0));
    this.dark = rows();
    this.fixed = rows();
    this.drawPatterns();
  }

  set(r, c, value) {
    if (r < 0 || c < 0 || r >= this.size || c >= this.size) return;
    this.dark[r][c] = value ? 1 : 0;
    this.fixed[r][c] = 1;
  }

  drawPatterns() {
    const { size, version } = this;
    for (let i = 0; i < size; i++) {
      this.set(6, i, i % 2 === 0);
      this.set(i, 6, i % 2 === 0);
    }
    for (const [r, c] of [[3, 3], [3, size - 4], [size - 4, 3]]) this.drawSquare(r, c, 4);
    const marks = marksOf(version);
    const last = marks.length - 1;
    marks.forEach((r, i) => marks.forEach((c, j) => {
      const isCorner = (!i && !j) || (!i && j === last) || (i === last && !j);
      if (!isCorner) this.drawSquare(r, c, 2);
    }));
    this.drawFormat(0);
    if (version < 7) return;
    const bits = guarded(version, 12, 0x1f25);
    for (let i = 0; i < 18; i++) {
      const [a, b] = [size - 11 + (i % 3), Math.floor(i / 3)];
      this.set(a, b, (bits >> i) & 1);
      this.set(b, a, (bits >> i) & 1);
    }
  }

  drawSquare(row, column, reach) {
    for (let r = -reach; r <= reach; r++) {
      for (let c = -reach; c <= reach; c++) {
        const ring = Math.max(Math.abs(r), Math.abs(c));
        this.set(row + r, column + c, reach === 4 ? ring !== 2 && ring !== 4 : ring !== 1);
      }
    }
  }

  drawFormat(mask) {
    const { size } = this;
    const bits = guarded((LEVEL_M << 3) | mask, 10, 0x537) ^ 0x5412;
    const bit = (i) => (bits >> i) & 1;
    for (let i = 0; i <= 5; i++) this.set(i, 8, bit(i));
    this.set(7, 8, bit(6));
    this.set(8, 8, bit(7));
    this.set(8, 7, bit(8));
    for (let i = 9; i < 15; i++) this.set(8, 14 - i, bit(i));
    for (let i = 0; i < 8; i++) this.set(8, size - 1 - i, bit(i));
    for (let i = 8; i < 15; i++) this.set(size - 15 + i, 8, bit(i));
    this.set(size - 8, 8, 1);
  }

  drawBytes(bytes) {
    let i = 0;
    for (let right = this.size - 1; right >= 1; right -= 2) {
      if (right === 6) right = 5;
      const isUpward = ((right + 1) & 2) === 0;
      for (let step = 0; step < this.size; step++) {
        const r = isUpward ? this.size - 1 - step : step;
        for (const c of [right, right - 1]) {
          if (this.fixed[r][c]) continue;
          this.dark[r][c] = ((bytes[i >> 3] ?? 0) >> (7 - (i & 7))) & 1;
          i += 1;
        }
      }
    }
  }

  masked(mask) {
    this.drawFormat(mask);
    return this.dark.map((row, r) =>
      row.map((dark, c) => (this.fixed[r][c] ? dark : dark ^ (MASKS[mask](r, c) === 0 ? 1 : 0))));
  }
}

/** How badly a code would be read: runs, blocks, what looks like a corner, and too much of one colour. */
function penaltyOf(rows) {
  const size = rows.length;
  const columns = rows.map((_, c) => rows.map((row) => row[c]));
  let sum = 0;
  for (const line of [...rows, ...columns]) {
    const text = line.join("");
    for (const run of text.match(/0{5,}|1{5,}/g) ?? []) sum += run.length - 2;
    for (const pattern of ["10111010000", "00001011101"]) {
      for (let at = text.indexOf(pattern); at >= 0; at = text.indexOf(pattern, at + 1)) sum += 40;
    }
  }
  for (let r = 1; r < size; r++) {
    for (let c = 1; c < size; c++) {
      const four = rows[r][c] + rows[r - 1][c] + rows[r][c - 1] + rows[r - 1][c - 1];
      if (four % 4 === 0) sum += 3;
    }
  }
  const share = rows.flat().reduce((dark, module) => dark + module, 0) / size ** 2;
  return sum + 10 * Math.floor(Math.abs(20 * share - 10));
}

function drawn(version, bytes) {
  const grid = new Grid(version);
  grid.drawBytes(bytes);
  const codes = MASKS.map((_, mask) => grid.masked(mask));
  const penalties = codes.map(penaltyOf);
  return codes[penalties.indexOf(Math.min(...penalties))];
}
