// Windows over a staff page: one that shows, and one that asks and sends.
import { html, Icon, t, useState } from "../lib.js";
import { explain } from "./store.js";

export function Modal({ title, onClose, children }) {
  const onKeyDown = (event) => { if (event.key === "Escape") { event.stopPropagation(); onClose(); } };
  return html`<dialog class="modal" aria-label=${title} onKeyDown=${onKeyDown} onCancel=${onClose}
    ref=${(node) => { if (node && !node.open) node.showModal(); }}>
    <header><h2>${title}</h2><button type="button" class="icon-button" aria-label=${t("close_window")} onClick=${onClose}><${Icon} name="close" /></button></header>
    ${children}</dialog>`;
}

// `onSubmit` gets the filled fields by name; what it throws is shown in words.
export function Form({ title, submit, fields, onClose, onSubmit }) {
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  async function send(event) {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      await onSubmit(Object.fromEntries([...new FormData(event.currentTarget)].filter(([, value]) => value !== "")));
    } catch (error) {
      setProblem(explain(error));
    }
    setBusy(false);
  }
  return html`<${Modal} title=${title} onClose=${onClose}><form onSubmit=${send}>${fields}
    ${problem && html`<p class="error" role="alert">${problem}</p>`}
    <footer><button type="button" class="button" onClick=${onClose}>${t("cancel")}</button><button class="button primary" disabled=${busy}>${submit}</button></footer></form></${Modal}>`;
}
