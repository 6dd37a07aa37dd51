// All conversations, searched by words and state.
import { clockTime, dateTime, html, sameDay, t, useEffect, useState } from "../lib.js";
import { api } from "./account.js";
import { explain } from "./store.js";
import { channelName, customerName, saidBy } from "./queue.js";

const PAUSE = 250; // ms without a key before a search starts

export function History({ openId, onOpen }) {
  const [query, setQuery] = useState("");
  const [status, setStatus] = useState("");
  const [page, setPage] = useState(1);
  const [found, setFound] = useState(null);
  const [problem, setProblem] = useState(null);

  useEffect(() => {
    let current = true;
    const timer = setTimeout(async () => {
      const search = new URLSearchParams({ page, ...(query.trim() && { q: query.trim() }), ...(status && { status }) });
      try {
        const answer = await api("GET", `/api/desk/conversations?${search}`);
        if (current) { setFound(answer); setProblem(null); }
      } catch (error) {
        if (current) setProblem(explain(error));
      }
    }, PAUSE);
    return () => { current = false; clearTimeout(timer); };
  }, [query, status, page]);

  const change = (set) => (event) => { set(event.currentTarget.value); setPage(1); };
  const items = found?.items || [];
  const seen = found ? (page - 1) * 50 + items.length : 0;
  return html`<div class="queue history">
    <div class="search"><label class="sr" for="search">${t("search")}</label>
      <input id="search" class="input" type="search" placeholder=${t("search")} value=${query} onInput=${change(setQuery)} maxlength="200" />
      <label class="sr" for="status">${t("state")}</label><select id="status" class="input" value=${status} onChange=${change(setStatus)}>
        <option value="">${t("all")}</option><option value="open">${t("open")}</option><option value="closed">${t("state_closed")}</option></select></div>
    ${problem && html`<p class="error" role="alert">${problem}</p>`}
    ${found && html`<p class="hint num" role="status">${t("found", { count: found.total })}</p>`}
    ${found && !items.length && html`<p class="empty-line">${t("found_nothing")}</p>`}
    <ul>${items.map((item) => html`<li class="card ${item.id === openId ? "selected" : ""}" key=${item.id}>
      <button type="button" class="card-open" onClick=${() => onOpen(item.id)}>
        <span class="card-top"><span class="reason">${customerName(item.customer_name, item.id)}</span><span class="num">${sameDay(item.updated_at, Date.now()) ? clockTime(item.updated_at) : dateTime(item.updated_at)}</span></span>
        <span class="card-words">${item.last_message ? saidBy(item.last_author) + item.last_message : t("no_words")}</span>
        <span class="card-foot"><span class="badge ${item.status === "open" ? "good" : ""}">${t(item.status === "closed" ? "state_closed" : item.owner === "operator" ? "state_operator" : "state_bot")}</span><span>${channelName(item.channel)}</span></span></button></li>`)}</ul>
    ${found && (page > 1 || seen < found.total) && html`<div class="pages"><button type="button" class="button small" disabled=${page === 1} onClick=${() => setPage(page - 1)}>${t("newer")}</button>
      <button type="button" class="button small" disabled=${!items.length || seen >= found.total} onClick=${() => setPage(page + 1)}>${t("older")}</button></div>`}</div>`;
}
