// The middle column: the dialog as it was, the steps of the handoff, and where the operator writes.
import { clockTime, html, Icon, sameDay, shortDate, t, Typing, useEffect, useRef, useState } from "../lib.js";
import { may } from "./account.js";
import { isStep, reasonName, stepText } from "./context.js";
import { Modal } from "./modal.js";
import { channelName, customerName, Deadline, priorityClass, useNow } from "./queue.js";

const RESOLUTIONS = ["resolved", "callback", "spam", "other"];

// Only `html` that the server rendered goes in as HTML; the customer's words are always text.
const Body = ({ data }) => (data.html && data.author !== "customer"
  ? html`<div class="prose" dangerouslySetInnerHTML=${{ __html: data.html }} />`
  : html`<div class="plain">${data.text}</div>`);

const speaker = (data) => ({ customer: t("customer"), bot: t("bot"), operator: data.name || t("operator"), system: t("system") })[data.author];

// Of what was said on the telephone, a caller who interrupts has heard the beginning only.
const Heard = ({ text }) => html`<p class="offered">${text ? t("heard_only", { text }) : t("heard_nothing")}</p>`;

function Line({ event, heard }) {
  const { data, kind } = event;
  const style = kind === "note" ? "note" : data.author;
  return html`<article class="line ${style}">
    <header><b>${kind === "note" ? `${t("note")}: ${data.name}` : speaker(data)}</b> <time class="num" datetime=${event.at}>${clockTime(event.at)}</time></header>
    <div class="words"><${Body} data=${data} />
      ${data.sources?.length > 0 && html`<p class="sources"><${Icon} name="file" size=${14} />${data.sources.map((source, index) => html`${index > 0 && ", "}<a key=${source.article_id} href=${source.url} target="_blank" rel="noopener">${source.title}</a>`)}</p>`}
      ${heard && html`<${Heard} text=${heard.text} />`}
      ${data.quick_replies?.length > 0 && html`<p class="offered">${t("offered")} ${data.quick_replies.map((reply) => reply.title).join(" · ")}</p>`}</div>
  </article>`;
}

function Lines({ opened, sending, typing, desk }) {
  let day = null;
  const id = opened.conversation.id;
  const heard = Object.fromEntries(opened.events.filter(({ kind }) => kind === "call.heard").map(({ data }) => [data.seq, data]));
  return html`${opened.events.map((event) => {
    const opening = !day || !sameDay(day, event.at);
    day = event.at;
    const dayLine = opening && html`<p class="step day" key=${`day${event.seq}`}>${shortDate(event.at)}</p>`;
    if (event.kind === "message" || event.kind === "note") return html`${dayLine}<${Line} key=${event.seq} event=${event} heard=${heard[event.seq]} />`;
    if (event.kind === "call.ended" && event.data.recording) return html`${dayLine}<p class="step" key=${event.seq}>${stepText(event)} <time class="num">${clockTime(event.at)}</time>
      <audio controls preload="none" aria-label=${t("recording")} src=${`/api/desk/conversations/${id}/recordings/${event.data.recording}`}></audio></p>`;
    return isStep(event) ? html`${dayLine}<p class="step" key=${event.seq}>${stepText(event)} <time class="num">${clockTime(event.at)}</time></p>` : dayLine;
  })}
  ${sending.filter((item) => item.conversation_id === id).map((item) => html`<article class="line ${item.isNote ? "note" : "operator"} unsent" key=${item.client_id}>
    <div class="words"><div class="plain">${item.text}</div>
      ${item.failed ? html`<p class="failed" role="alert">${item.failed}
          <button type="button" class="button small" onClick=${() => desk.write(null, null, item)}>${t("again")}</button>
          <button type="button" class="button small quiet" onClick=${() => desk.discard(item.client_id)}>${t("discard")}</button></p>`
        : html`<p class="offered">${t("sending")}</p>`}</div></article>`)}
  ${typing && html`<p class="customer-types" role="status"><${Typing} /> ${t("customer_types")}</p>`}`;
}

function CloseDialog({ maySurvey, onClose, onDone }) {
  const [resolution, setResolution] = useState("resolved");
  const [comment, setComment] = useState("");
  const [survey, setSurvey] = useState(false);
  function submit(event) {
    event.preventDefault();
    onDone({ resolution, comment: comment.trim(), survey });
  }
  return html`<${Modal} title=${t("close_title")} onClose=${onClose}><form onSubmit=${submit}>
    <fieldset class="choices"><legend class="label">${t("resolution")}</legend>${RESOLUTIONS.map((code) => html`<label key=${code}>
      <input type="radio" name="resolution" value=${code} checked=${code === resolution} onChange=${() => setResolution(code)} /> ${t(`resolution_${code}`)}</label>`)}</fieldset>
    <label class="field"><span>${t("close_comment")}</span><textarea class="input" rows="3" maxlength="2000" value=${comment} onInput=${(event) => setComment(event.currentTarget.value)} /></label>
    ${maySurvey && html`<div class="choices"><label><input type="checkbox" checked=${survey} onChange=${() => setSurvey(!survey)} /> ${t("close_survey")}</label></div>`}
    <p class="hint">${t("close_hint")}</p>
    <footer><button type="button" class="button" onClick=${onClose}>${t("cancel")}</button><button class="button primary">${t("close")}</button></footer></form></${Modal}>`;
}

function Composer({ desk, id, canReply, canNote }) {
  const [drafts, setDrafts] = useState({}); // an unfinished text waits in its own conversation
  const [wantsNote, setWantsNote] = useState(!canReply);
  const area = useRef(null);
  const isNote = !canReply || (wantsNote && canNote);
  const text = drafts[id] || "";
  const setText = (value) => setDrafts({ ...drafts, [id]: value });
  useEffect(() => { if (canReply) { setWantsNote(false); if (matchMedia("(min-width: 900px)").matches) area.current?.focus(); } }, [canReply, id]);
  function send(event) {
    event?.preventDefault();
    if (!text.trim()) return;
    desk.write(text.trim(), isNote);
    setText("");
  }
  function onKeyDown(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) send(event);
  }
  return html`<form class="composer ${isNote ? "is-note" : ""}" onSubmit=${send}>
    <div class="modes" role="group" aria-label=${t("mode")}>
      ${canReply && html`<button type="button" aria-pressed=${!isNote} onClick=${() => { setWantsNote(false); area.current.focus(); }}>${t("reply")}</button>`}
      ${canNote && html`<button type="button" id="note-mode" aria-pressed=${isNote} onClick=${() => { setWantsNote(true); area.current.focus(); }}><${Icon} name="note" size=${14} />${t("note")}</button>`}
      <span class="hint">${t(isNote ? "note_hint" : "reply_hint")}</span></div>
    <div class="write"><textarea id="reply" ref=${area} class="input" rows="2" maxlength="4000" aria-label=${t(isNote ? "write_note" : "write_reply")}
      placeholder=${t(isNote ? "write_note" : "write_reply")} value=${text}
      onInput=${(event) => { setText(event.currentTarget.value); if (!isNote) desk.typed(); }} onKeyDown=${onKeyDown} />
      <button class="button primary" disabled=${!text.trim()}>${t(isNote ? "save_note" : "send")}</button></div></form>`;
}

function Actions({ desk, opened, operator, onClosing }) {
  const { handoff } = opened;
  if (!handoff || !may(operator, "serve")) return null;
  const step = (action) => () => desk.step(handoff.id, action);
  if (handoff.status === "waiting") return html`<button type="button" class="button primary" id="claim" onClick=${step("claim")}>${t("claim")}</button>`;
  if (handoff.status !== "claimed" || handoff.claimed_by !== operator.id) return null;
  return html`<button type="button" class="button" onClick=${step("return")}><${Icon} name="robot" size=${16} />${t("return")}</button>
    <button type="button" class="button" onClick=${step("release")}><${Icon} name="undo" size=${16} />${t("release")}</button>
    <button type="button" class="button primary" id="close" onClick=${onClosing}><${Icon} name="check" size=${16} />${t("close")}</button>`;
}

function state(opened, operator) {
  const { handoff, conversation } = opened;
  if (conversation.status === "closed") return html`<span class="badge">${t("state_closed")}</span>`;
  if (handoff?.status === "waiting") return html`<span class="badge warn">${t("state_waiting")}</span>`;
  if (handoff?.status === "claimed") return html`<span class="badge accent">${handoff.claimed_by === operator.id ? t("state_mine") : t("state_claimed", { name: handoff.claimed_by_name })}</span>`;
  return html`<span class="badge good">${t("state_bot")}</span>`;
}

export function Conversation({ desk, state: { opened, sending, typing, problem }, operator, onBack, onContext }) {
  const [closing, setClosing] = useState(false);
  const log = useRef(null);
  const near = useRef(true);
  const id = opened.conversation.id;
  const settle = () => { if (near.current && log.current) log.current.scrollTop = log.current.scrollHeight; };
  useEffect(() => { near.current = true; }, [id]);
  useEffect(settle, [id, opened.events.length, sending.length, typing]);
  useEffect(() => {
    const observer = new ResizeObserver(settle);
    observer.observe(log.current);
    return () => observer.disconnect();
  }, []);
  const { handoff, conversation } = opened;
  const now = useNow();
  const mine = handoff?.status === "claimed" && handoff.claimed_by === operator.id;
  const canNote = mine || !may(operator, "serve") || operator.role === "administrator";
  return html`<div class="conversation">
    <header class="dialog-head"><button type="button" class="icon-button only-phone" aria-label=${t("back")} onClick=${onBack}><${Icon} name="back" /></button>
      <div class="dialog-title"><h1>${customerName(opened.customer.name, id)} <small>${channelName(conversation.channel)}</small></h1>
        <p>${state(opened, operator)} ${handoff && conversation.status !== "closed" && html`<span class="badge ${priorityClass(handoff.priority)}">${reasonName(handoff.reason)}</span> <${Deadline} handoff=${handoff} now=${now} />`}</p></div>
      <div class="actions"><${Actions} desk=${desk} opened=${opened} operator=${operator} onClosing=${() => setClosing(true)} /></div>
      <button type="button" class="icon-button only-phone details" aria-label=${t("context")} onClick=${onContext}><${Icon} name="info" /></button></header>
    ${problem && html`<p class="error" role="alert">${problem}</p>`}
    <div class="lines" ref=${log} role="log" aria-live="polite" aria-label=${t("dialog")} tabindex="0"
      onScroll=${({ currentTarget: box }) => { near.current = box.scrollHeight - box.scrollTop - box.clientHeight < 120; }}>
      <${Lines} opened=${opened} sending=${sending} typing=${typing} desk=${desk} /></div>
    ${mine || canNote ? html`<${Composer} desk=${desk} id=${id} canReply=${mine} canNote=${canNote} />`
      : html`<p class="cannot">${t(conversation.status === "closed" ? "cannot_closed" : handoff?.status === "waiting" ? "cannot_claim" : handoff?.status === "claimed" ? "cannot_other" : "cannot_bot")}</p>`}
    ${closing && html`<${CloseDialog} maySurvey=${opened.may_survey} onClose=${() => setClosing(false)}
      onDone=${async (body) => { setClosing(false); await desk.step(handoff.id, "close", body); }} />`}</div>`;
}
