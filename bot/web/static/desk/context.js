// The right column: why a person is needed, what the bot understood, which articles were used.
import { clockTime, dateTime, html, Icon, t } from "../lib.js";
import { channelName, customerName } from "./queue.js";

const named = (prefix, code) => { const key = `${prefix}_${code}`; const name = t(key); return name === key ? String(code) : name; };
export const reasonName = (code) => named("reason", code);

// A calibrated probability in words; the number follows for those who want it.
const SURE = [[0.8, "sure_high"], [0.5, "sure_likely"], [0.25, "sure_doubt"], [0, "sure_low"]];
export const sureness = (p) => t(SURE.find(([from]) => p >= from)[1]);

const WORTH = 0.05; // a second candidate below this tells nothing

function Understood({ turn }) {
  const { data } = turn;
  const parts = data.parts || []; // none when the customer pressed a button
  const hits = parts.flatMap((part) => (part.hits || []).slice(0, 2).filter((hit, index) => !index || hit.p >= WORTH));
  return html`<li>${parts.length > 0 && html`<p class="said">«${parts.map((part) => part.text).join(" / ")}»</p>`}
    <p class="did">${named("decision", data.decision)}</p>
    ${hits.length > 0 && html`<ul class="hits">${hits.map((hit) => html`<li key=${hit.article_id}>
      <a href=${`/help/${hit.article_id}`} target="_blank" rel="noopener">${hit.title}</a>
      <span class="sure"><meter min="0" max="1" low="0.25" high="0.5" optimum="1" value=${hit.p}></meter>
        ${sureness(hit.p)}, <span class="num">${Math.round(hit.p * 100)} %</span></span></li>`)}</ul>`}</li>`;
}

// What a task is about and what the customer has given for it. Proofs of identity stay with the robot.
const PROOFS = new Set(["code", "identity", "birth_date"]);

function Task({ task }) {
  const given = Object.entries(task.slots).filter(([slot]) => !PROOFS.has(slot));
  return html`<section><h2>${t("task")}</h2>
    <p class="why">${named("form", task.form)} <span class="badge ${task.status === "done" ? "good" : "warn"}">${named("task", task.status)}</span></p>
    ${given.length
      ? html`<dl class="slots num">${given.map(([slot, value]) => html`<dt key=${slot}>${named("slot", slot)}</dt><dd>${valueName(value)}</dd>`)}</dl>`
      : html`<p class="hint">${t("task_empty")}</p>`}</section>`;
}

// Codes of choices in words, dates as people write them, everything else as it was said.
function valueName(value) {
  if (typeof value === "string" && /^\d{4}-\d{2}-\d{2}/.test(value)) return value.replace(/^(\d{4})-(\d{2})-(\d{2})/, "$3.$2.$1");
  return named("value", value);
}

// Calls that the robot makes for this conversation; those that wait may be taken back.
function Calls({ calls, desk }) {
  return html`<section id="calls"><h2>${t("calls")}</h2><ul class="scheduled">${calls.map((call) => html`<li key=${call.id}>
    ${t(`call_${call.kind}`)} <time class="num">${dateTime(call.due_at)}</time> <span class="badge">${t(`call_${call.status}`)}</span>
    ${call.topic && html`<small> ${call.topic}</small>`}
    ${call.result && call.status !== "cancelled" && html`<small> ${named("result", call.result)}</small>`}
    ${call.status === "waiting" && html` <button type="button" class="button" onClick=${() => desk.cancelCall(call.id)}>${t("call_cancel")}</button>`}</li>`)}</ul></section>`;
}

const spokenLength = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

const STEPS = new Set(["handoff.requested", "handoff.raised", "handoff.claimed", "handoff.released", "handoff.returned", "handoff.closed", "handoff.cancelled", "conversation.closed", "rating", "survey.answered", "call.started", "call.ended", "outbound.scheduled", "outbound.attempted", "outbound.cancelled", "outbound.refused"]);
export const stepText = ({ kind, data }) => t(`event_${kind.replace(".", "_")}`, {
  name: data.operator_name || t("operator"), reason: data.reason ? reasonName(data.reason) : "", score: data.score,
  resolution: data.resolution ? named("resolution", data.resolution) : "",
  length: data.seconds ? spokenLength(data.seconds) : "", result: data.result ? named("result", data.result) : "",
  at: data.due_at ? dateTime(data.due_at) : "",
});
export const isStep = ({ kind }) => STEPS.has(kind);

export function Context({ opened, desk }) {
  const { context, customer, conversation, handoff, events } = opened;
  const turns = events.filter((event) => event.kind === "turn").slice(-6).reverse();
  const articles = context.articles || [];
  const task = turns.find((turn) => turn.data.task)?.data.task || handoff?.context.task;
  return html`<div class="context">
    ${handoff && html`<section><h2>${t("why")}</h2><p class="why">${reasonName(handoff.reason)}</p>
      ${context.summary?.length > 0 && html`<ul class="summary">${context.summary.map((line, index) => html`<li key=${index}>${line}</li>`)}</ul>`}
      <p class="hint">${t("why_counts", { messages: context.customer_messages, unknown: context.unknown_answers })}</p></section>`}
    ${task && html`<${Task} task=${task} />`}
    ${opened.calls?.length > 0 && html`<${Calls} calls=${opened.calls} desk=${desk} />`}
    <section><h2>${t("articles")}</h2>${articles.length
      ? html`<ul class="articles">${articles.map((one) => html`<li key=${one.article_id}><${Icon} name="file" size=${16} />
          <span><a href=${`/help/${one.article_id}`} target="_blank" rel="noopener">${one.title}</a>
          <small>${t(one.shown ? "article_shown" : "article_considered")}</small></span></li>`)}</ul>`
      : html`<p class="hint">${t("no_articles")}</p>`}</section>
    <section><h2>${t("understood")}</h2>${turns.length
      ? html`<ol class="turns">${turns.map((turn) => html`<${Understood} key=${turn.seq} turn=${turn} />`)}</ol>`
      : html`<p class="hint">${t("nothing_understood")}</p>`}</section>
    <section><h2>${t("customer")}</h2><dl><dt>${t("name")}</dt><dd>${customerName(customer.name, conversation.id)}</dd>
      <dt>${t("channel")}</dt><dd>${channelName(conversation.channel)}</dd>
      <dt>${t("language")}</dt><dd>${named("language", conversation.locale)}</dd>
      <dt>${t("since")}</dt><dd class="num">${dateTime(customer.created_at)}</dd></dl></section>
    ${opened.earlier?.length > 0 && html`<section><h2>${t("earlier")}</h2><ul class="earlier">${opened.earlier.map((one) => html`<li key=${one.id}>
      <a href=${`#${one.id}`}>${channelName(one.channel)}</a> <time class="num">${dateTime(one.updated_at)}</time></li>`)}</ul></section>`}
    <section><h2>${t("timeline")}</h2><ol class="timeline">
      <li><time class="num">${clockTime(conversation.created_at)}</time> ${t("event_started")}</li>
      ${events.filter(isStep).map((event) => html`<li key=${event.seq}><time class="num">${clockTime(event.at)}</time> ${stepText(event)}</li>`)}</ol></section></div>`;
}
