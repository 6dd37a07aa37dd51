// The chat in the iframe: robot disclosure and consent first, then the dialog.
import { client, html, Icon, render, speak, t, useEffect, useLayoutEffect, useRef, useState, useValue } from "./lib.js";
import { Menu } from "./menu.js";
import { ChatSession, readUpTo, remembered, rememberLocale, unreadSince } from "./widget/session.js";
import { Call, CallBar, CallInvitation, isLive, useFocus } from "./widget/call.js";
import { Composer } from "./widget/composer.js";
import { Dialog } from "./widget/messages.js";
import { Rating } from "./widget/rating.js";

const params = new URLSearchParams(location.search);
const callPage = document.body.classList.contains("call-page");
const host = window.parent === window ? null : params.get("host");
const tell = (type, rest = {}) => { if (host) window.parent.postMessage({ frontline: type, ...rest }, host); };

// The host's colour; dark signs on a light one. Set through the object model, which the policy allows.
function paint(color) {
  if (!/^#[0-9a-f]{6}$/i.test(color || "")) return;
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16) / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  const { style } = document.documentElement;
  style.setProperty("--brand", color);
  style.setProperty("--on-brand", 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.35 ? "#15211f" : "#ffffff");
}

function save(text, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/plain;charset=utf-8" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function Header({ config, state, menu, call }) {
  const calling = isLive(useValue(call.state));
  const start = useRef(null);
  useFocus(start, !calling);
  const { handoff } = state.conversation || {};
  const status = handoff?.status === "claimed" ? `${handoff.operator_name || t("operator")}, ${t("operator_role")}` : t("robot");
  return html`<header class="head"><span class="avatar"><${Icon} name=${handoff?.status === "claimed" ? "person" : "robot"} size=${22} /></span>
    <div class="head-text"><h1>${config.company.name}</h1><p>${status}</p></div>
    ${state.token && config.calls && !calling && !callPage && html`<button type="button" class="icon-button" ref=${start} aria-label=${t("call_robot")} title=${t("call_robot")} onClick=${() => call.start()}><${Icon} name="phone" /></button>`}
    ${menu}
    ${host && html`<button type="button" class="icon-button" aria-label=${t("close")} onClick=${() => tell("close")}><${Icon} name="down" /></button>`}</header>`;
}

function Consent({ config, onAccept, locale, onLocale }) {
  const [step, setStep] = useState("asking");
  async function accept() {
    setStep("sending");
    try { await onAccept(); } catch { setStep("failed"); }
  }
  return html`<main class="consent"><span class="avatar big"><${Icon} name="robot" size=${32} /></span>
    <h2>${t("hello_title")}</h2><p>${t("disclosure", { company: config.company.name })}</p>
    <ul><li>${t("can_answer")}</li><li>${t("can_call")}</li><li>${t("no_secrets")}</li></ul>
    <p class="small">${t(config.calls ? "consent_calls" : "consent")} <a href=${config.company.privacy_url} target="_blank" rel="noopener">${t("privacy")}</a>.</p>
    ${step === "failed" && html`<p class="error" role="alert">${t("problem_offline")}</p>`}
    <button type="button" class="button primary big" disabled=${step === "sending"} onClick=${accept}>${t(callPage && config.calls ? "accept_call" : "accept")}</button>
    <button type="button" class="button quiet small" lang=${locale === "ru" ? "en" : "ru"} onClick=${onLocale}>${t("other_locale_version")}</button>
  </main>`;
}

function Status({ state, config, session }) {
  const { handoff } = state.conversation || {};
  return html`
    ${!state.online && html`<p class="bar offline" role="status">${t("offline")}</p>`}
    ${handoff?.status === "waiting" && html`<div class="bar waiting"><p role="status">
        <b>${t("waiting")}</b> ${config.operators_online === false ? t("waiting_off", { hours: config.hours.replace("-", "–") }) : handoff.position ? t("waiting_place", { place: handoff.position }) : ""}</p>
      <button type="button" class="button small" onClick=${() => session.say(t("back_to_bot"), "back_to_bot")}>${t("back_to_bot")}</button></div>`}`;
}

const STARTERS = ["starter_1", "starter_2", "starter_3", "starter_4"];

function Chat({ config, session, call, state, shown, onTranscript }) {
  const log = useRef(null);
  const pinned = useRef(true); // the end is in sight, and stays so
  const [away, setAway] = useState(false);
  const { conversation, events, pending, typing, ended } = state;
  const last = events.at(-1)?.seq || 0;
  const closed = conversation?.status === "closed" && !pending.length;

  // Follows the dialog. An answer that is taller than the window is shown from its beginning.
  function settle() {
    const box = log.current;
    if (!box || !pinned.current) return;
    const newest = [...box.querySelectorAll(".message")].at(-1);
    const tall = newest && !newest.classList.contains("own") && newest.offsetHeight > box.clientHeight - 24;
    box.scrollTop = tall ? newest.offsetTop - 12 : box.scrollHeight;
  }
  useEffect(() => {
    const observer = new ResizeObserver(settle);
    observer.observe(log.current);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => { if (pending.length) pinned.current = true; }, [pending.length]);
  useLayoutEffect(settle, [last, pending.length, typing, shown, ended, closed]);
  useEffect(() => {
    if (!conversation) return;
    if (shown && document.visibilityState === "visible") readUpTo(conversation.id, last);
    tell("unread", { count: shown ? 0 : unreadSince(conversation.id, events) });
  }, [shown, last, conversation?.id]);

  const onScroll = ({ currentTarget: box }) => {
    pinned.current = box.scrollHeight - box.scrollTop - box.clientHeight < 60;
    setAway(!pinned.current);
  };
  const toEnd = () => log.current.scrollTo({ top: log.current.scrollHeight, behavior: "smooth" });
  return html`
    <${Status} state=${state} config=${config} session=${session} />
    <${CallBar} call=${call} />
    ${callPage && config.calls && html`<${CallInvitation} call=${call} />`}
    <div class="log-box"><main class="log" ref=${log} onScroll=${onScroll} role="log" aria-live="polite" aria-label=${t("dialog")} tabindex="0">
      <${Dialog} state=${state} company=${config.company.name} onDiscard=${(id) => session.discard(id)}
        onChoose=${(reply) => session.say(reply.title, reply.payload)} />
      ${state.loaded && !events.length && !pending.length && html`<div class="replies starters" role="group" aria-label=${t("quick_replies")}>
        ${STARTERS.filter((key) => t(key)).map((key) => html`<button type="button" class="reply" key=${key} onClick=${() => session.say(t(key))}>${t(key)}</button>`)}</div>`}
    </main>
    ${away && html`<button type="button" class="to-end" aria-label=${t("to_end")} onClick=${toEnd}><${Icon} name="down" /></button>`}</div>
    ${closed || ended
      ? html`<${Rating} key=${conversation?.id} session=${session} closed=${closed} rated=${events.some((event) => event.kind === "rating")}
          onTranscript=${onTranscript} onResume=${() => session.resume()} onRestart=${() => session.restart().catch(() => session.renew())} />`
      : html`<footer class="foot">
          ${conversation?.owner !== "operator" && html`<button type="button" class="call" onClick=${() => session.say(t("call_operator"), "operator")}><${Icon} name="person" size=${16} />${t("call_operator")}</button>`}
          <${Composer} session=${session} focusOn=${shown && matchMedia("(pointer: fine)").matches} /></footer>`}`;
}

function Widget({ first }) {
  const [config, setConfig] = useState(first);
  const [shown, setShown] = useState(!host);
  const session = useRef(null);
  session.current ??= new ChatSession(config.locale);
  const state = useValue(session.current.state);
  const call = useRef(null);
  call.current ??= new Call(session.current);
  const { token } = state;
  // The host says first who is signed in: nobody sees, or writes into, the dialog of another.
  const [settled, setSettled] = useState(!host || !token);
  const identified = useRef(null);
  async function settle() {
    await identified.current;
    setSettled(true);
    if (session.current.token && !session.current.stream) { tell("active"); session.current.connect(); }
  }
  useEffect(() => (token ? () => call.current.hangUp() : undefined), [token]); // another person, or a dialog that nobody links to it

  useEffect(() => {
    const listen = (event) => {
      if (event.source !== window.parent || event.origin !== host) return;
      if (event.data?.frontline === "open") { setShown(true); settle(); }
      if (event.data?.frontline === "closed") { setShown(false); settle(); }
      if (event.data?.frontline === "identity") identified.current = session.current.identify(event.data.token).catch(() => null);
    };
    const escape = (event) => { if (event.key === "Escape") tell("close"); };
    addEventListener("message", listen);
    addEventListener("keydown", escape);
    const leave = () => call.current.hangUp();
    addEventListener("pagehide", leave);
    tell("ready");
    if (!host) settle();
    return () => { removeEventListener("message", listen); removeEventListener("keydown", escape); removeEventListener("pagehide", leave); };
  }, []);

  async function switchLocale() {
    const next = await configure(config.locale === "ru" ? "en" : "ru");
    rememberLocale(next.locale);
    session.current.locale = next.locale;
    setConfig(next);
  }
  const transcript = async () => {
    const text = await session.current.transcript().catch(() => null); // the chat says itself that it is offline
    if (text !== null) save(text, t("transcript_file"));
  };
  const dialog = state.events.length > 0;
  const menu = state.token && html`<${Menu} label=${t("menu")} look="icon-button" items=${[
    { text: t("other_locale"), lang: config.locale === "ru" ? "en" : "ru", run: switchLocale },
    dialog && { text: t("transcript"), run: transcript },
    dialog && { text: t("end"), run: () => session.current.end() },
  ]}><${Icon} name="more" /></${Menu}>`;
  return html`<div class="widget"><${Header} config=${config} state=${state} menu=${menu} call=${call.current} />
    ${state.token && !settled ? html`<main class="log" aria-busy="true" />` : state.token
      ? html`<${Chat} config=${config} session=${session.current} call=${call.current} state=${state} shown=${shown} onTranscript=${transcript} />`
      : html`<${Consent} config=${config} locale=${config.locale} onLocale=${switchLocale}
          onAccept=${async () => { await session.current.begin(); tell("active"); if (callPage && config.calls) call.current.start(); }} />`}</div>`;
}

const request = client();
async function configure(locale) {
  const config = await request("GET", `/api/chat/config?locale=${locale}`);
  speak(locale, config.phrases);
  return { ...config, locale };
}

paint(params.get("color"));
const wanted = remembered().locale || params.get("locale") || "ru";
const root = document.getElementById("widget");
// The page has nothing to say before its phrases are here: it tries until it has them.
for (let attempt = 0; ; attempt += 1) {
  const config = await configure(wanted).catch(() => null);
  if (config) { render(html`<${Widget} first=${config} />`, root); break; }
  await new Promise((resolve) => { setTimeout(resolve, Math.min(10000, 1000 * 2 ** attempt)); });
}
