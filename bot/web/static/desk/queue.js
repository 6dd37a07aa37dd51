// The left column: who waits, whom I serve, whom colleagues serve.
import { duration, html, Icon, t, useEffect, useState } from "../lib.js";

export function useNow() {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

const URGENT = 3; // priorities 0..2
const LONG = 120; // seconds of waiting after which a card warns

export const channelName = (channel) => { const key = `channel_${channel}`; const name = t(key); return name === key ? channel : name; };

// A visitor of the website has no name; a number tells them apart, on the screen and among colleagues.
export const customerName = (name, conversationId) => name || t("customer_numbered", { number: conversationId.slice(-4).toUpperCase() });

// Who said it, before the words: nothing before the customer's own.
export const saidBy = (author) => ({ bot: `${t("bot")}: `, operator: `${t("operator")}: `, system: `${t("system")}: ` })[author] || "";

// The robot's goodbye tells an operator nothing, what the customer wanted does.
const words = (card) => (card.last_author === "bot" && card.question ? card.question : saidBy(card.last_author) + card.last_message);

// By when somebody must decide; once a colleague has it, by when it must be done.
export function Deadline({ handoff, now }) {
  const claimed = Boolean(handoff.claimed_by);
  const by = claimed ? handoff.finish_by : handoff.decide_by;
  if (!by) return null;
  const at = new Date(by);
  const late = at < now;
  const day = at.toDateString() === new Date(now).toDateString() ? {} : { day: "numeric", month: "short" };
  const text = t(late ? "deadline_missed" : claimed ? "deadline_finish" : "deadline_decide", { at: at.toLocaleString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", ...day }) });
  return html`<span class="badge ${late ? "danger" : ""}">${text}</span>`;
}

// What the customer needs, or a colleague knows.
export const skillName = (code) => { const key = `skill_${code}`; const name = t(key); return name === key ? code : name; };
export const Skills = ({ codes }) => codes.map((code) => html`<span key=${code} class="badge accent">${skillName(code)}</span>`);

export const priorityClass = (priority) => (priority < URGENT ? "danger" : "");

function Card({ card, now, selected, onOpen, onClaim }) {
  const waited = (now - new Date(card.waiting_since)) / 1000;
  const late = !card.claimed_by && waited > LONG;
  return html`<li class="card ${selected ? "selected" : ""} ${card.priority < URGENT && !card.claimed_by ? "urgent" : ""}">
    <button type="button" class="card-open" aria-current=${selected ? "true" : undefined} onClick=${() => onOpen(card.conversation_id)}>
      <span class="card-top"><span class="reason">${card.reason_text}</span>
        <span class="wait num ${late ? "late" : ""}"><${Icon} name="clock" size=${14} /><span class="sr">${t("waits")} </span>${duration(waited)}</span></span>
      <span class="card-words">${words(card) || t("no_words")}</span>
      <span class="card-foot">${card.priority < URGENT && html`<span class="badge danger">${t("urgent")}</span>`}
        <${Deadline} handoff=${card} now=${now} />
        ${card.suits && !card.claimed_by && html`<span class="badge good">${t("suits")}</span>`}
        <${Skills} codes=${card.skills} />
        <span>${channelName(card.channel)}</span>
        <span>${customerName(card.customer_name, card.conversation_id)}</span>
        ${card.claimed_by_name && html`<span><${Icon} name="person" size=${12} />${card.claimed_by_name}</span>`}
        ${card.unread && card.claimed_by && !selected && html`<span class="dot"><span class="sr">${t("unread")}</span></span>`}</span>
    </button>
    ${onClaim && html`<button type="button" class="button primary small claim" onClick=${() => onClaim(card)}>${t("claim")}</button>`}
  </li>`;
}

function Group({ title, cards, empty, ...rest }) {
  return html`<section class="group"><h2>${title} <span class="count num">${cards.length}</span></h2>
    ${cards.length ? html`<ul>${cards.map((card) => html`<${Card} key=${card.handoff_id} card=${card} ...${rest} selected=${rest.openId === card.conversation_id} />`)}</ul>`
      : empty && html`<p class="empty-line">${empty}</p>`}</section>`;
}

export function Queue({ state, openId, onOpen, onClaim }) {
  const now = useNow();
  const { waiting, mine, others } = state.queue;
  const common = { now, openId, onOpen };
  return html`<div class="queue" aria-busy=${!state.ready}>
    <${Group} title=${t("waiting")} cards=${waiting} empty=${state.ready ? t("nobody_waits") : t("loading")} onClaim=${onClaim} ...${common} />
    <${Group} title=${t("mine")} cards=${mine} empty=${t("none_mine")} ...${common} />
    ${others.length > 0 && html`<${Group} title=${t("others")} cards=${others} ...${common} />`}</div>`;
}
