// A button with a short list of actions under it. Arrows move, Escape and a click elsewhere close.
import { html, useEffect, useRef, useState } from "./lib.js";

// items: { text, run, lang? }; whatever is falsy is left out.
export function Menu({ label, look, items, children }) {
  const [open, setOpen] = useState(false);
  const box = useRef(null);
  useEffect(() => {
    if (!open) return undefined;
    box.current.querySelector("[role=menuitem]").focus();
    const outside = (event) => { if (!box.current.contains(event.target)) setOpen(false); };
    addEventListener("pointerdown", outside);
    return () => removeEventListener("pointerdown", outside);
  }, [open]);
  function onKeyDown(event) {
    if (!open) return;
    const choices = [...box.current.querySelectorAll("[role=menuitem]")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) { event.preventDefault(); choices[(choices.indexOf(document.activeElement) + step + choices.length) % choices.length].focus(); }
    if (event.key === "Tab") setOpen(false);
    if (event.key === "Escape") { event.stopPropagation(); setOpen(false); box.current.querySelector("button").focus(); }
  }
  return html`<div class="menu" ref=${box} onKeyDown=${onKeyDown}>
    <button type="button" class=${look} aria-label=${label} title=${label} aria-haspopup="menu" aria-expanded=${open} onClick=${() => setOpen(!open)}>${children}</button>
    ${open && html`<div role="menu" class="menu-list" aria-label=${label}>${items.filter(Boolean).map(({ text, run, lang }) => html`
      <button type="button" role="menuitem" key=${text} lang=${lang} onClick=${() => { setOpen(false); run(); }}>${text}</button>`)}</div>`}</div>`;
}
