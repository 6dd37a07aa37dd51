// The operator desk: queue or history on the left, the dialog in the middle, its context on the right.
import { html, Icon, pageData, render, speak, t, useEffect, useRef, useState, useValue } from "./lib.js";
import { may, signedIn } from "./desk/account.js";
import { askNotifications, notifications, notify, soundIsOn, switchSound, titled, tone } from "./desk/attention.js";
import { Context } from "./desk/context.js";
import { Conversation } from "./desk/conversation.js";
import { History } from "./desk/history.js";
import { Queue } from "./desk/queue.js";
import { Desk } from "./desk/store.js";
import { Modal } from "./desk/modal.js";
import { TopBar } from "./desk/topbar.js";

const KEYS = [["J / K", "key_move"], ["C", "key_claim"], ["R", "key_reply"], ["N", "key_note"], ["/", "key_search"], ["Enter", "key_send"], ["?", "key_help"]];

function Tools({ onHelp }) {
  const [sound, setSound] = useState(soundIsOn());
  const [permission, setPermission] = useState(notifications());
  return html`
    ${permission === "default" && html`<button type="button" class="button small" aria-label=${t("notify_me")} onClick=${async () => setPermission(await askNotifications())}><${Icon} name="bell" size=${16} /><span class="wide-only">${t("notify_me")}</span></button>`}
    <button type="button" class="icon-button" aria-pressed=${sound} aria-label=${t("sound")} title=${t(sound ? "sound_on" : "sound_off")} onClick=${() => setSound(switchSound())}><${Icon} name=${sound ? "sound" : "mute"} /></button>
    <button type="button" class="icon-button wide-only" aria-label=${t("keys")} title=${t("keys")} onClick=${onHelp}><${Icon} name="help" /></button>`;
}

function Empty({ ready, waiting, serves }) {
  return html`<div class="empty"><${Icon} name="chat" size=${48} /><h1>${t(waiting ? "empty_waiting" : "empty_quiet")}</h1>
    <p>${t(serves ? "empty_lesson" : "empty_watch")}</p>
    ${ready && serves && html`<ol><li>${t("lesson_1")}</li><li>${t("lesson_2")}</li><li>${t("lesson_3")}</li></ol>`}</div>`;
}

// Single letters work when nobody is writing; they follow the key's place, so the Russian layout works too.
function useKeys({ desk, serves, onOpen, onHelp, setTab }) {
  useEffect(() => {
    function onKey(event) {
      if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
      if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) { if (event.key === "Escape") event.target.blur(); return; }
      const { queue, opened } = desk.state.get();
      const cards = [...queue.waiting, ...queue.mine, ...queue.others];
      const at = cards.findIndex((card) => card.conversation_id === opened?.conversation.id);
      const go = (step) => { const card = cards[Math.max(0, Math.min(cards.length - 1, at + step))]; if (card) onOpen(card.conversation_id); };
      const focus = (selector) => { event.preventDefault(); document.querySelector(selector)?.focus(); };
      if (event.key === "?") onHelp();
      else if (event.code === "KeyJ") go(1);
      else if (event.code === "KeyK") go(-1);
      else if (event.code === "KeyC" && serves) document.getElementById("claim")?.click();
      else if (event.code === "KeyR") focus("#reply");
      else if (event.code === "KeyN") { event.preventDefault(); document.getElementById("note-mode")?.click(); }
      else if (event.code === "Slash") { event.preventDefault(); setTab("history"); setTimeout(() => document.getElementById("search")?.focus(), 50); }
    }
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}

function App({ desk, operator }) {
  const state = useValue(desk.state);
  const [tab, setTab] = useState("queue");
  const [help, setHelp] = useState(false);
  const [pane, setPane] = useState("list"); // what a phone shows: list | dialog | context
  const wasOpen = useRef(null);
  const openId = state.opened?.conversation.id;
  const serves = may(operator, "serve");
  const searches = may(operator, "search");

  function open(id) {
    history.replaceState(null, "", `#${id}`);
    setPane("dialog");
    desk.open(id);
  }
  async function claim(card) {
    history.replaceState(null, "", `#${card.conversation_id}`);
    setPane("dialog");
    await desk.open(card.conversation_id);
    await desk.step(card.handoff_id, "claim");
  }
  useKeys({ desk, serves, onOpen: open, onHelp: () => setHelp(true), setTab: (name) => { if (searches) setTab(name); } });
  useEffect(() => {
    desk.onWaiting = (cards, announce) => {
      if (!announce || !serves) return;
      tone();
      notify(t("notify_waiting"), cards[0].reason_text, () => open(cards[0].conversation_id));
    };
    desk.onSpoken = (card) => { tone(); notify(t("notify_spoken"), card.reason_text, () => open(card.conversation_id)); };
    desk.connect();
    const followed = () => { if (location.hash.length > 1) open(decodeURIComponent(location.hash.slice(1))); };
    followed();
    addEventListener("hashchange", followed);
  }, []);
  const calls = state.queue.waiting.length + state.queue.mine.filter((card) => card.unread).length;
  useEffect(() => titled(calls), [calls]);
  // On a phone the dialog follows the one that was opened; leaving it shows the list.
  useEffect(() => { if (wasOpen.current && !openId && !state.loading) setPane("list"); wasOpen.current = openId; }, [openId, state.loading]);

  return html`<div class="page"><${TopBar} operator=${operator} page="desk"><${Tools} onHelp=${() => setHelp(true)} /></${TopBar}>
    ${!state.online && html`<p class="reconnect" role="status">${t("reconnecting")}</p>`}
    <main class="desk show-${pane}">
      <aside class="left" aria-label=${t("queue")}>
        ${searches && html`<div class="tabs" role="tablist">${["queue", "history"].map((name) => html`<button key=${name} type="button" role="tab" aria-selected=${tab === name} onClick=${() => setTab(name)}>${t(name)}</button>`)}</div>`}
        ${tab === "queue" ? html`<${Queue} state=${state} openId=${openId} onOpen=${open} onClaim=${serves && claim} />` : html`<${History} openId=${openId} onOpen=${open} />`}</aside>
      <section class="middle" aria-label=${t("dialog")}>
        ${state.opened ? html`<${Conversation} desk=${desk} state=${state} operator=${operator} onBack=${() => { desk.leave(); setPane("list"); history.replaceState(null, "", location.pathname + location.search); }} onContext=${() => setPane("context")} />`
          : state.problem ? html`<div class="empty"><p class="error" role="alert">${state.problem}</p><button type="button" class="button only-phone" onClick=${() => setPane("list")}>${t("back")}</button></div>`
            : state.loading ? html`<div class="empty"><p>${t("loading")}</p></div>`
              : html`<${Empty} ready=${state.ready} waiting=${state.queue.waiting.length} serves=${serves} />`}</section>
      <aside class="right" aria-label=${t("context")}>
        <button type="button" class="button quiet only-phone" onClick=${() => setPane("dialog")}><${Icon} name="back" size=${16} />${t("to_dialog")}</button>
        ${state.opened ? html`<${Context} opened=${state.opened} desk=${desk} />` : html`<p class="hint pad">${t("context_empty")}</p>`}</aside></main>
    ${help && html`<${Modal} title=${t("keys")} onClose=${() => setHelp(false)}><dl class="keys">${KEYS.map(([key, text]) => html`<div key=${key}><dt><kbd>${key}</kbd></dt><dd>${t(text)}</dd></div>`)}</dl></${Modal}>`}</div>`;
}

speak(document.documentElement.lang, pageData("phrases"));
const operator = await signedIn();
const root = document.getElementById("desk");
if (may(operator, "watch")) {
  render(html`<${App} desk=${new Desk(document.documentElement.lang)} operator=${operator} />`, root);
} else {
  render(html`<div class="page"><${TopBar} operator=${operator} page="desk" /><main class="empty"><h1>${t("no_desk")}</h1><p>${t("no_desk_why")}</p></main></div>`, root);
}
