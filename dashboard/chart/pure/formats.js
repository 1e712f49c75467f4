// Numbers as text.

const SUPERSCRIPTS = { ..."⁰¹²³⁴⁵⁶⁷⁸⁹", "-": "⁻", "+": "" };
const superscript = (text) => text.replace(/./g, (c) => SUPERSCRIPTS[c]);

/** As `scientific` of dashboard/kit/notation.py; a whole number that can be counted keeps its digits. */
export function formatValue(value, digits = 1) {
  if (value <= 1e-300) return "0"; // what Python draws for a zero
  if (!Number.isFinite(value)) return "–";
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return String(value);
  if (Math.abs(value) >= 0.01 && Math.abs(value) < 999.5) return String(Number(value.toPrecision(3)));
  const [mantissa, exponent] = value.toExponential(digits).split("e");
  const power = `10${superscript(exponent)}`;
  return Number(mantissa) === 1 ? power : `${Number(mantissa)}·${power}`;
}

export function formatRatio(value) {
  if (!Number.isFinite(value)) return "–";
  if (value < 9.95) return `${value.toFixed(1)}×`;
  return value < 999.5 ? `${value.toFixed(0)}×` : `${formatValue(value, 1)}×`;
}
