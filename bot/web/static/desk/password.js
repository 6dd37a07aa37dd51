// One's own password, changed in a window over any staff page.
import { html, t, useState } from "../lib.js";
import { api } from "./account.js";
import { Form, Modal } from "./modal.js";

const SHORTEST = 10; // characters, as the server demands

export function Password({ operator, onClose }) {
  const [done, setDone] = useState(false);
  async function change({ old, new: wanted, repeat }) {
    if (wanted !== repeat) throw Object.assign(new Error(), { code: "passwords_differ" });
    await api("POST", "/api/auth/password", { old, new: wanted });
    setDone(true);
  }
  if (done) {
    return html`<${Modal} title=${t("password_change")} onClose=${onClose}><p role="status">${t("password_changed")}</p>
      <footer><button type="button" class="button primary" onClick=${onClose}>${t("done")}</button></footer></${Modal}>`;
  }
  return html`<${Form} title=${t("password_change")} submit=${t("password_save")} onClose=${onClose} onSubmit=${change} fields=${html`
    <input class="sr" name="login" value=${operator.login} autocomplete="username" readonly tabindex="-1" aria-hidden="true" />
    <label class="field"><span>${t("password_old")}</span><input class="input" name="old" type="password" required autocomplete="current-password" autofocus /></label>
    <div><label class="field"><span>${t("password_new")}</span><input class="input" name="new" type="password" required minlength=${SHORTEST} autocomplete="new-password" aria-describedby="password-hint" /></label>
      <small class="hint" id="password-hint">${t("password_hint", { count: SHORTEST })}</small></div>
    <label class="field"><span>${t("password_repeat")}</span><input class="input" name="repeat" type="password" required autocomplete="new-password" /></label>`} />`;
}
