// The dock: keeps the controls of a group of charts in sight.

/** Keeps the controls of a group at the foot of the window while only other views of it are seen. */
export class Dock {
  constructor(controls, slot, roots) {
    Object.assign(this, { controls, slot, seen: new Map() });
    this.observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) this.seen.set(target, isIntersecting);
      this.place();
    });
    for (const node of [slot, ...roots]) this.observer.observe(node);
    this.sizing = new ResizeObserver(() => this.place());
    this.sizing.observe(slot.parentNode);
  }

  place() {
    const group = [...this.seen].some(([node, seen]) => seen && node !== this.slot);
    const docked = group && this.seen.get(this.slot) === false;
    const { height } = this.slot.getBoundingClientRect();
    const { left, width } = this.slot.parentNode.getBoundingClientRect();
    if (docked && !this.docked) this.slot.style.minHeight = `${height}px`; // nothing moves up
    if (!docked) this.slot.style.minHeight = "";
    this.docked = docked;
    this.controls.classList.toggle("hg-docked", docked);
    Object.assign(this.controls.style, docked ? { left: `${left}px`, width: `${width}px` } : { left: "", width: "" });
  }

  close() {
    this.observer.disconnect();
    this.sizing.disconnect();
    this.controls.classList.remove("hg-docked");
    Object.assign(this.controls.style, { left: "", width: "" });
    this.slot.style.minHeight = "";
  }
}
