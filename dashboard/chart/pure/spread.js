// Names that do not lie on each other: where each would be if it were alone, in which order they
// stand, and how they are moved apart.
//
// Names move along y, as little as need be, and never past the frame. They keep their order until
// it is clearly another one, so that a small change moves them a little and swaps none.

import { clipSegment, isDrawable, isInside, pixelsOf } from "./geometry.js";

const PATIENCE = 0.7; // of a line: before names change their order

const isSame = (a, b) => Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));

/**
 * Where point `i` of a trace of names is, in its subplot; or where its curve is seen nearest to it,
 * if that is out of sight; or null.
 */
export function pointSeen(data, { x, y, xaxis = "x", yaxis = "y" }, i, area) {
  const point = [area.toX(x[i]), area.toY(y[i])];
  if (isDrawable(point) && isInside(point, area)) return point;
  for (const other of data) {
    const isCurve = other.type === "scatter" && other.mode.includes("lines") && other.visible !== false &&
      (other.xaxis ?? "x") === xaxis && (other.yaxis ?? "y") === yaxis;
    if (!isCurve) continue;
    const n = other.x.findIndex((value, k) => isSame(value, x[i]) && isSame(other.y[k], y[i]));
    if (n >= 0) return nearestSeen(pixelsOf(other, area), n, area);
  }
  return null;
}

/** Where a curve is seen nearest to its point `n`, which is out of sight: before it, or after it. */
function nearestSeen(points, n, area) {
  const box = { width: area.width, height: area.height };
  const seen = (from, towards) => {
    if (!isDrawable(from) || !isDrawable(towards)) return null;
    const part = clipSegment(from, towards, box);
    return part && [from[0] + part[1] * (towards[0] - from[0]), from[1] + part[1] * (towards[1] - from[1])];
  };
  for (let i = n; i > 0; i--) {
    const point = seen(points[i - 1], points[i]);
    if (point) return point;
  }
  for (let i = n + 1; i < points.length; i++) {
    const point = seen(points[i], points[i - 1]);
    if (point) return point;
  }
  return null;
}

/** Where a name would be if it were alone, and how far it may be moved. */
export function placed(label, position, gap, area, stage) {
  const [x, y] = label.point;
  const [vertical, horizontal] = position.split(" ");
  const aside = vertical === "middle" ? gap : 0;
  const left = { left: x - aside - label.width, center: x - label.width / 2 }[horizontal] ?? x + aside;
  label.left = Math.max(2, Math.min(stage.width - label.width - 2, left));
  const away = label.height / 2 + gap / 4;
  const wanted = { top: y - away, bottom: y + away }[vertical] ?? y;
  // A name that belongs over its subplot stays there; the others do not leave it.
  const inside = wanted >= area.top && wanted <= area.top + area.height;
  const [top, bottom] = inside ? [area.top, area.top + area.height] : [0, stage.height];
  label.least = top + label.height / 2;
  label.most = bottom - label.height / 2;
  label.wanted = label.middle = Math.max(label.least, Math.min(label.most, wanted));
  return label;
}

/** Move names that lie on each other apart; they are in their order from top to bottom. */
export function spread(labels) {
  const pairs = [];
  labels.forEach((above, n) => {
    for (const below of labels.slice(n + 1)) {
      const meet = above.left < below.left + below.width + 4 && below.left < above.left + above.width + 4;
      if (meet) pairs.push([above, below, (above.height + below.height) / 2]);
    }
  });
  const keepInside = (label) => {
    label.middle = Math.max(label.least, Math.min(label.most, label.middle));
  };
  for (let round = 0; round < 100; round++) {
    let worst = 0;
    for (const [above, below, gap] of pairs) {
      const lacking = gap - (below.middle - above.middle);
      if (lacking <= 0) continue;
      worst = Math.max(worst, lacking);
      above.middle -= lacking / 2;
      below.middle += lacking / 2;
      keepInside(above);
      keepInside(below);
    }
    if (worst < 0.1) return;
  }
  // There is hardly room: from the top down, and what is too low from the bottom up.
  for (const [above, below, gap] of pairs) below.middle = Math.max(below.middle, above.middle + gap);
  for (const [above, below, gap] of pairs.reverse()) {
    keepInside(below);
    above.middle = Math.min(above.middle, below.middle - gap);
  }
}

/** The order of the names from top to bottom, which is kept from one picture to the next. */
export class Order {
  constructor() {
    this.ranks = new Map();
  }

  /** From top to bottom; those that are nearly level keep the order that they had. */
  sort(labels) {
    const rank = ({ key }, n) => this.ranks.get(key) ?? this.ranks.size + n;
    const sorted = this.ranks.size
      ? labels.map((label, n) => [rank(label, n), label]).sort((a, b) => a[0] - b[0]).map(([, label]) => label)
      : [...labels].sort((a, b) => a.wanted - b.wanted);
    for (let changed = true; changed;) {
      changed = false;
      for (let n = 1; n < sorted.length; n++) {
        const [above, below] = [sorted[n - 1], sorted[n]];
        const known = this.ranks.has(above.key) && this.ranks.has(below.key);
        if (above.wanted - below.wanted <= (known ? PATIENCE * below.height : 0)) continue;
        [sorted[n - 1], sorted[n]] = [below, above];
        changed = true;
      }
    }
    this.ranks = new Map(sorted.map(({ key }, n) => [key, n]));
    return sorted;
  }
}
