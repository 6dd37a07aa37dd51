// How the dialog looks: bubbles, notices, sources, buttons. Only `html` rendered by the server goes in
// as HTML; what the customer wrote is always text.
import { clockTime, html, Icon, sameDay, shortDate, t, Typing } from "../lib.js";

const NOTICES = {
  "handoff.claimed": ({ operator_name }) => t("notice_claimed", { name: operator_name || t("operator") }),
  "handoff.released": () => t("notice_released"),
  "handoff.returned": () => t("notice_returned"),
  "handoff.closed": ({ operator_name }) => t("notice_closed", { name: operator_name || t("operator") }),
  "handoff.cancelled": () => t("notice_cancelled"),
  "conversation.closed": () => t("notice_ended"),
  rating: ({ score }) => t("notice_rated", { score }),
};

const Body = ({ data }) => (data.html
  ? html`<div class="prose" dangerouslySetInnerHTML=${{ __html: data.html }} />`
  : html`<div class="plain">${data.text}</div>`);

function Links({ title, items }) {
  if (!items?.length) return null;
  return html`<div class="links"><span class="links-title">${title}</span>
    <ul>${items.map((item) => html`<li key=${item.article_id}>
      <a href=${item.url} target="_blank" rel="noopener"><${Icon} name="file" size=${16} />${item.title}</a></li>`)}</ul></div>`;
}

const author = (data, company) => {
  if (data.author === "customer") return t("you");
  if (data.author === "operator") return data.name ? `${data.name}, ${t("operator_role")}` : t("operator");
  return t("robot_of", { company });
};

function Message({ event, company, isLast, onChoose }) {
  const { data } = event;
  const own = data.author === "customer";
  const replies = isLast && data.quick_replies?.length ? data.quick_replies : [];
  return html`<article class="message ${own ? "own" : data.author}">
    <header class=${own ? "sr" : "author"}>
      ${!own && html`<span class="face"><${Icon} name=${data.author === "operator" ? "person" : "robot"} size=${14} /></span>`}
      ${author(data, company)}</header>
    <div class="bubble"><${Body} data=${data} />
      <${Links} title=${t("sources")} items=${data.sources} />
      <${Links} title=${t("related")} items=${data.related} /></div>
    <time class="num" datetime=${event.at}>${clockTime(event.at)}</time>
    ${replies.length > 0 && html`<div class="replies" role="group" aria-label=${t("quick_replies")}>
      ${replies.map((reply) => html`<button type="button" key=${reply.payload} class="reply"
        onClick=${() => onChoose(reply)}>${reply.title}</button>`)}</div>`}
  </article>`;
}

function Pending({ item, onDiscard }) {
  const problem = item.problem && t(item.problem === "message_too_long" ? "problem_too_long" : "problem_refused");
  return html`<article class="message own ${problem ? "refused" : "pending"}">
    <header class="sr">${t("you")}</header>
    <div class="bubble"><div class="plain">${item.text}</div></div>
    ${problem
      ? html`<div class="problem">${problem} <button type="button" class="link" onClick=${() => onDiscard(item.client_id)}>${t("discard")}</button></div>`
      : html`<time>${item.seq ? clockTime(item.at) : t("sending")}</time>`}
  </article>`;
}

// A closed handoff and the end of the conversation are one thing to a customer. Only what NOTICES names
// is said: the request for an operator is not, the robot's message says it.
function shown(events) {
  const ends = events.some((event) => event.kind === "conversation.closed");
  return events.filter((event) => {
    if (event.kind === "message") return true;
    if (event.kind === "handoff.closed" && ends) return false;
    return event.kind in NOTICES;
  });
}

export function Dialog({ state, company, onChoose, onDiscard }) {
  const { events, pending, typing } = state;
  const items = shown(events);
  const lastMessage = items.filter((event) => event.kind === "message").at(-1);
  let day = null;
  return html`
    <article class="message bot"><header class="author"><span class="face"><${Icon} name="robot" size=${14} /></span>${t("robot_of", { company })}</header>
      <div class="bubble"><div class="plain">${t("greeting", { company })}</div></div></article>
    ${items.map((event) => {
      const starts = !day || !sameDay(day, event.at);
      const opening = starts && !sameDay(event.at, Date.now());
      day = event.at;
      return html`${opening && html`<p class="notice" key=${`day${event.seq}`}>${shortDate(event.at)}</p>`}
        ${event.kind === "message"
          ? html`<${Message} key=${event.seq} event=${event} company=${company} onChoose=${onChoose}
              isLast=${event === lastMessage && !pending.length} />`
          : html`<p class="notice" key=${event.seq}>${NOTICES[event.kind](event.data)}</p>`}`;
    })}
    ${pending.map((item) => html`<${Pending} key=${item.client_id} item=${item} onDiscard=${onDiscard} />`)}
    ${typing && html`<div class="message ${typing}"><div class="bubble"><span class="sr">${t(typing === "operator" ? "typing_operator" : "typing_bot")}</span><${Typing} /></div></div>`}`;
}
