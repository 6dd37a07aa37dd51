// People, API keys and the list of who did what.
import { dateTime, html, Icon, pageData, render, speak, t, useEffect, useState } from "./lib.js";
import { api, may, signedIn } from "./desk/account.js";
import { explain } from "./desk/store.js";
import { Form, Modal } from "./desk/modal.js";
import { skillName, Skills } from "./desk/queue.js";
import { TopBar } from "./desk/topbar.js";

const ROLES = ["operator", "editor", "supervisor", "administrator"];
const AUDIT_PAGE = 100;

// Loads once, and again when asked to.
function useLoaded(path) {
  const [value, setValue] = useState(null);
  const [problem, setProblem] = useState(null);
  const load = () => api("GET", path).then((found) => { setValue(found); setProblem(null); }, (error) => setProblem(explain(error)));
  useEffect(() => { load(); }, [path]);
  return { value, problem, setProblem, load };
}

function Secret({ title, rows, hint, onClose }) {
  const [copied, setCopied] = useState(null);
  const copy = async (label, text) => { await navigator.clipboard?.writeText(text); setCopied(label); };
  return html`<${Modal} title=${title} onClose=${onClose}><p>${hint}</p>
    ${rows.map(([label, text]) => html`<label class="field" key=${label}><span>${label}</span>
      <span class="copy"><input class="input mono" readonly value=${text} onFocus=${(event) => event.currentTarget.select()} />
      ${navigator.clipboard && html`<button type="button" class="button" onClick=${() => copy(label, text)}>${t(copied === label ? "copied" : "copy")}</button>`}</span></label>`)}
    <footer><button type="button" class="button primary" onClick=${onClose}>${t("done")}</button></footer></${Modal}>`;
}

// Known skills are ticked, new ones are written.
function SkillsForm({ person, onClose, onSaved }) {
  const { value: known } = useLoaded("/api/team/skills");
  async function save({ more = "", ...ticked }) {
    const written = more.toLowerCase().split(/[\s,;]+/).filter(Boolean);
    await api("PUT", `/api/team/${person.id}/skills`, { skills: [...Object.keys(ticked), ...written] });
    await onSaved();
  }
  return html`<${Form} title=${t("skills_of", { name: person.name })} submit=${t("skills_save")} onClose=${onClose} onSubmit=${save}
    fields=${html`<p class="hint">${t("skills_hint")}</p>
      <div class="chips">${(known || []).map((code) => html`<label key=${code} class="chip"><input type="checkbox" name=${code} defaultChecked=${person.skills.includes(code)} /><span>${skillName(code)}</span></label>`)}</div>
      <label class="field"><span>${t("skills_more")}</span><input class="input" name="more" maxlength="200" pattern="[A-Za-z0-9_,; \\-]*" autocomplete="off" /></label>`} />`;
}

function People({ operator }) {
  const { value, problem, setProblem, load } = useLoaded("/api/team");
  const [teaching, setTeaching] = useState(null);
  const manages = may(operator, "manage");
  const [inviting, setInviting] = useState(false);
  const [link, setLink] = useState(null);
  async function change(person, changes) {
    try { await api("POST", `/api/team/${person.id}`, changes); await load(); } catch (error) { await load(); setProblem(explain(error)); }
  }
  return html`<section class="panel"><header><h2>${t("people")}</h2>${manages && html`<button type="button" class="button primary" onClick=${() => setInviting(true)}>${t("invite")}</button>`}</header>
    ${problem && html`<p class="error" role="alert">${problem}</p>`}
    <div class="table-box"><table><thead><tr><th>${t("name")}</th><th>${t("login")}</th><th>${t("role")}</th><th>${t("skills")}</th><th>${t("state")}</th><th><span class="sr">${t("actions")}</span></th></tr></thead>
    <tbody>${(value || []).map((person) => html`<tr key=${person.id} class=${person.active ? "" : "off"}><td><b>${person.name}</b></td><td class="mono">${person.login}</td>
      <td>${!manages ? t(`role_${person.role}`) : html`<select class="input slim" aria-label=${`${t("role")}: ${person.name}`} value=${person.role} disabled=${person.id === operator.id} onChange=${(event) => change(person, { role: event.currentTarget.value })}>
        ${ROLES.map((role) => html`<option key=${role} value=${role} selected=${role === person.role}>${t(`role_${role}`)}</option>`)}</select>`}</td>
      <td><div class="chips"><${Skills} codes=${person.skills} />
        <button type="button" class="icon-button small" aria-label=${t("skills_of", { name: person.name })} title=${t("skills")} onClick=${() => setTeaching(person)}><${Icon} name="note" size=${16} /></button></div></td>
      <td>${person.active ? html`<span class="badge good">${t("active")}</span>` : html`<span class="badge">${t("inactive")}</span>`}</td>
      <td class="row-actions">${person.id === operator.id ? html`<span class="hint">${t("you")}</span>` : manages && html`<button type="button" class="button small ${person.active ? "danger" : ""}" onClick=${() => change(person, { active: !person.active })}>${t(person.active ? "deactivate" : "activate")}</button>`}</td></tr>`)}</tbody></table></div>
    ${teaching && html`<${SkillsForm} person=${teaching} onClose=${() => setTeaching(null)} onSaved=${async () => { setTeaching(null); await load(); }} />`}
    ${inviting && html`<${Form} title=${t("invite_title")} submit=${t("invite_create")} onClose=${() => setInviting(false)}
      onSubmit=${async (fields) => { const { url } = await api("POST", "/api/team/invites", fields); setInviting(false); setLink(url); }}
      fields=${html`<label class="field"><span>${t("name")}</span><input class="input" name="name" required maxlength="120" autofocus /></label>
        <label class="field"><span>${t("role")}</span><select class="input" name="role">${ROLES.map((role) => html`<option key=${role} value=${role}>${t(`role_${role}`)}: ${t(`role_${role}_does`)}</option>`)}</select></label>`} />`}
    ${link && html`<${Secret} title=${t("invite_ready")} hint=${t("invite_once")} rows=${[[t("invite_link"), link]]} onClose=${() => setLink(null)} />`}</section>`;
}

function Keys() {
  const { value, problem, setProblem, load } = useLoaded("/api/keys");
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState(null);
  const [revoking, setRevoking] = useState(null);
  async function revoke() {
    try { await api("DELETE", `/api/keys/${revoking.id}`); } catch (error) { setProblem(explain(error)); }
    setRevoking(null);
    await load();
  }
  return html`<section class="panel"><header><h2>${t("keys_title")}</h2><button type="button" class="button" onClick=${() => setMaking(true)}>${t("key_create")}</button></header>
    <p class="hint">${t("keys_hint")} <a href="/api/openapi.json">/api/openapi.json</a></p>
    ${problem && html`<p class="error" role="alert">${problem}</p>`}
    ${value?.length === 0 ? html`<p class="empty-line">${t("no_keys")}</p>` : html`<div class="table-box"><table><thead><tr><th>${t("name")}</th><th>${t("key")}</th><th>${t("webhook")}</th><th>${t("last_used")}</th><th><span class="sr">${t("actions")}</span></th></tr></thead>
    <tbody>${(value || []).map((key) => html`<tr key=${key.id} class=${key.revoked ? "off" : ""}><td><b>${key.name}</b></td><td class="mono">${key.prefix}…</td><td class="mono">${key.webhook_url || "—"}</td>
      <td class="num">${key.last_used_at ? dateTime(key.last_used_at) : t("never")}</td>
      <td class="row-actions">${key.revoked ? html`<span class="badge">${t("revoked")}</span>` : html`<button type="button" class="button small danger" onClick=${() => setRevoking(key)}>${t("revoke")}</button>`}</td></tr>`)}</tbody></table></div>`}
    ${making && html`<${Form} title=${t("key_create")} submit=${t("create")} onClose=${() => setMaking(false)}
      onSubmit=${async (fields) => { const created = await api("POST", "/api/keys", fields); setMaking(false); setMade(created); await load(); }}
      fields=${html`<label class="field"><span>${t("key_name")}</span><input class="input" name="name" required maxlength="120" autofocus /></label>
        <label class="field"><span>${t("webhook_optional")}</span><input class="input" name="webhook_url" type="url" placeholder="https://" /></label>`} />`}
    ${made && html`<${Secret} title=${t("key_ready")} hint=${t("key_once")} rows=${[[t("key"), made.key], [t("webhook_secret"), made.webhook_secret]]} onClose=${() => setMade(null)} />`}
    ${revoking && html`<${Modal} title=${t("revoke_title")} onClose=${() => setRevoking(null)}><p>${t("revoke_hint", { name: revoking.name })}</p>
      <footer><button type="button" class="button" onClick=${() => setRevoking(null)}>${t("cancel")}</button><button type="button" class="button danger" onClick=${revoke}>${t("revoke")}</button></footer></${Modal}>`}</section>`;
}

const named = (key, code) => { const name = t(key); return name === key ? code : name; };
const actionName = (action) => named(`action_${action}`, action);

// What it was done to, as a link where there is a page, and with which values.
function Details({ line, people }) {
  const { conversation_id: dialog, ...values } = line.details;
  const [kind, id] = line.object.split(/:(.*)/s);
  const worded = (name, value) => (Array.isArray(value) ? value.map(skillName).join(", ") || t("skills_none") : named(`${name}_${value}`, value));
  const said = Object.entries(values).map(([name, value]) => `${named(`detail_${name}`, name)}: ${worded(name, value)}`);
  if (kind === "operator") said.unshift(people[id] || id);
  return html`${dialog && html`<a href=${`/desk#${dialog}`}>${t("customer_numbered", { number: dialog.slice(-4).toUpperCase() })}</a> `}
    ${kind === "article" && html`<a href=${`/help/${id}`}>${id}</a> `}${said.join(", ")}`;
}

function Audit({ operator }) {
  const [people, setPeople] = useState({}); // names by id, for those who may know them
  const [lines, setLines] = useState([]);
  const [more, setMore] = useState(true);
  const [problem, setProblem] = useState(null);
  async function load(before) {
    try {
      const found = await api("GET", `/api/audit${before ? `?before=${before}` : ""}`);
      setLines((known) => [...known, ...found]);
      setMore(found.length === AUDIT_PAGE);
    } catch (error) { setProblem(explain(error)); }
  }
  useEffect(() => {
    load();
    if (may(operator, "appoint")) api("GET", "/api/team").then((found) => setPeople(Object.fromEntries(found.map((one) => [one.id, one.name]))), () => {});
  }, []);
  return html`<section class="panel"><header><h2>${t("audit")}</h2></header><p class="hint">${t("audit_hint")}</p>
    ${problem && html`<p class="error" role="alert">${problem}</p>`}
    <div class="table-box"><table class="audit"><thead><tr><th>${t("when")}</th><th>${t("who")}</th><th>${t("what")}</th><th>${t("details")}</th></tr></thead>
    <tbody>${lines.map((line) => html`<tr key=${line.id}><td class="num">${dateTime(line.at)}</td><td>${line.actor_name || line.actor}</td><td>${actionName(line.action)}</td>
      <td class="detail"><${Details} line=${line} people=${people} /></td></tr>`)}</tbody></table></div>
    ${more && lines.length > 0 && html`<button type="button" class="button small" onClick=${() => load(lines.at(-1).id)}>${t("older")}</button>`}</section>`;
}

speak(document.documentElement.lang, pageData("phrases"));
const operator = await signedIn();
document.title = t("team_title");
render(html`<div class="page"><${TopBar} operator=${operator} page="team" />
  <main class="team"><h1>${t("team_title")}</h1>
    ${may(operator, "appoint") && html`<${People} operator=${operator} />`}
    ${may(operator, "manage") && html`<${Keys} />`}
    ${may(operator, "audit") ? html`<${Audit} operator=${operator} />` : html`<p class="hint">${t("no_team")}</p>`}</main></div>`, document.getElementById("team"));
