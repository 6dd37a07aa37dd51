// Sign-in and the acceptance of an invitation. The two forms differ in their fields only.
import { client, html, pageData, render, speak, t, useEffect, useState } from "./lib.js";

const request = client();

// Where to go afterwards: a path of ours, never another site.
function next() {
  const wanted = new URLSearchParams(location.search).get("next") || "/desk";
  return /^\/(?![/\\])/.test(wanted) ? wanted : "/desk";
}

function words(error) {
  const key = `problem_${error.code}`;
  const known = t(key);
  if (known !== key) return known;
  return t(error.retryable ? "problem_offline" : "problem_other", { message: error.message });
}

function Field({ name, label, type = "text", hint, ...rest }) {
  const described = hint && `${name}-hint`;
  return html`<div><label class="field"><span>${label}</span><input class="input" name=${name} type=${type} required aria-describedby=${described} ...${rest} /></label>
    ${hint && html`<small class="hint" id=${described}>${hint}</small>`}</div>`;
}

function useSubmit(send) {
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  async function onSubmit(event) {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      await send(Object.fromEntries(new FormData(event.currentTarget)));
    } catch (error) {
      setProblem(words(error));
      setBusy(false);
    }
  }
  return { onSubmit, busy, problem };
}

function SignIn() {
  const { onSubmit, busy, problem } = useSubmit(async ({ login, password }) => {
    await request("POST", "/api/auth/login", { login, password });
    location.assign(next());
  });
  return html`<h1>${t("sign_in_title")}</h1><form onSubmit=${onSubmit}>
    <${Field} name="login" label=${t("login")} autocomplete="username" autocapitalize="none" spellcheck="false" autofocus />
    <${Field} name="password" label=${t("password")} type="password" autocomplete="current-password" />
    ${problem && html`<p class="error" role="alert">${problem}</p>`}
    <button class="button primary" disabled=${busy}>${t("sign_in")}</button></form>
    <p class="hint">${t("sign_in_help")}</p>`;
}

function Invite({ token }) {
  const [invite, setInvite] = useState(null);
  const [gone, setGone] = useState(null);
  useEffect(() => { request("GET", `/api/auth/invites/${encodeURIComponent(token)}`).then(setInvite, (error) => setGone(error.status === 404 ? t("invite_gone") : words(error))); }, []);
  const { onSubmit, busy, problem } = useSubmit(async ({ name, login, password, repeat }) => {
    if (password !== repeat) throw Object.assign(new Error(), { code: "passwords_differ" });
    const { operator } = await request("POST", `/api/auth/invites/${encodeURIComponent(token)}`, { name, login, password });
    location.assign(operator.role === "administrator" ? "/team" : "/desk");
  });
  if (gone) return html`<h1>${t("invite_title")}</h1><p class="error" role="alert">${gone}</p><p><a href="/login">${t("sign_in")}</a></p>`;
  if (!invite) return html`<p>${t("loading")}</p>`;
  return html`<h1>${t("invite_title")}</h1><p class="lead">${t("invite_role", { role: t(`role_${invite.role}`) })}</p><form onSubmit=${onSubmit}>
    <${Field} name="name" label=${t("your_name")} hint=${t("your_name_hint")} autocomplete="name" value=${invite.name} maxlength="100" autofocus />
    <${Field} name="login" label=${t("login")} hint=${t("login_hint")} autocomplete="username" autocapitalize="none" spellcheck="false" />
    <${Field} name="password" label=${t("password")} hint=${t("password_hint")} type="password" autocomplete="new-password" minlength="10" />
    <${Field} name="repeat" label=${t("password_again")} type="password" autocomplete="new-password" />
    ${problem && html`<p class="error" role="alert">${problem}</p>`}
    <button class="button primary" disabled=${busy}>${t("invite_accept")}</button></form>`;
}

speak(document.documentElement.lang, pageData("phrases"));
const root = document.getElementById("login");
const invited = location.pathname.match(/^\/invite\/([^/]+)/);
render(invited ? html`<${Invite} token=${decodeURIComponent(invited[1])} />` : html`<${SignIn} />`, root);
