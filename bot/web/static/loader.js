// The one line on the host page: a launcher button and, when needed, the chat in an iframe.
//   <script src="https://chat.example/widget/loader.js" data-locale="ru" data-color="#0b6b5d" async></script>
// data-identity: who is signed in on the host page, signed by its server (docs/configuration.md). A page
// that signs people in and out without a reload calls frontlineWidget.identify(token), or (null) to sign out.
// It lives in a shadow root, so neither page styles the other. Messages are accepted only from our
// own frame and our own origin. The frame is loaded on the first open, or when a dialog exists.
(() => {
  const script = document.currentScript;
  if (!script || window.frontlineWidget) return;
  const origin = new URL(script.src).origin;
  const { color, position } = script.dataset;
  const locale = (script.dataset.locale || document.documentElement.lang || "ru").slice(0, 2) === "en" ? "en" : "ru";
  const words = {
    ru: { open: "Открыть чат", close: "Свернуть чат", unread: "непрочитанных", title: "Чат поддержки" },
    en: { open: "Open the chat", close: "Hide the chat", unread: "unread", title: "Support chat" },
  }[locale];
  const accent = /^#[0-9a-f]{6}$/i.test(color || "") ? color : "#0b6b5d";
  const ACTIVE = "frontline:active";
  const remembered = () => { try { return localStorage.getItem(ACTIVE) === "1"; } catch { return false; } };
  const remember = () => { try { localStorage.setItem(ACTIVE, "1"); } catch { /* storage is forbidden: the badge starts later */ } };

  const STYLE = `
    :host { all: initial; }
    button { position: fixed; right: 20px; bottom: calc(20px + env(safe-area-inset-bottom)); z-index: 2147483000; width: 60px; height: 60px;
      display: grid; place-items: center; padding: 0; border: 0; border-radius: 50%; background: var(--accent); color: var(--on-accent); cursor: pointer;
      box-shadow: 0 2px 6px rgb(0 0 0 / 18%), 0 8px 24px rgb(0 0 0 / 18%); transition: transform .15s; }
    button:hover { transform: scale(1.05); }
    button:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }
    svg { width: 28px; height: 28px; fill: none; stroke: currentColor; stroke-width: 1.9; stroke-linecap: round; stroke-linejoin: round; }
    b { position: absolute; top: -2px; right: -2px; min-width: 22px; height: 22px; padding: 0 6px; border-radius: 11px; box-sizing: border-box;
      background: #c62828; color: #fff; font: 600 13px/22px system-ui, sans-serif; text-align: center; }
    iframe { position: fixed; right: 20px; bottom: calc(92px + env(safe-area-inset-bottom)); z-index: 2147483000; width: 400px; height: min(680px, calc(100dvh - 112px));
      border: 0; border-radius: 16px; background: #fff; box-shadow: 0 4px 12px rgb(0 0 0 / 12%), 0 16px 48px rgb(0 0 0 / 22%); color-scheme: light; }
    :host(.left) button, :host(.left) iframe { right: auto; left: 20px; }
    [hidden] { display: none !important; }
    @media (max-width: 520px), (max-height: 480px) {
      iframe { inset: 0 !important; width: 100%; height: 100%; border-radius: 0; }
      :host(.open) button { display: none; }
    }
    @media (prefers-reduced-motion: reduce) { button { transition: none; } }`;

  const host = document.createElement("frontline-widget");
  const root = host.attachShadow({ mode: "open" });
  const button = document.createElement("button");
  const badge = document.createElement("b");
  let frame = null, opened = false, unread = 0, scrollBefore = "";
  let identity = script.dataset.identity; // undefined: the page does not say; null: nobody any more

  // A light accent gets dark strokes: relative luminance by WCAG 2.
  const channels = [1, 3, 5].map((at) => parseInt(accent.slice(at, at + 2), 16) / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  const luminance = 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2];
  host.style.setProperty("--accent", accent);
  host.style.setProperty("--on-accent", luminance > 0.35 ? "#15211f" : "#ffffff");
  if (position === "left") host.classList.add("left");

  const picture = (path) => {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    svg.append(document.createElementNS("http://www.w3.org/2000/svg", "path"));
    svg.firstChild.setAttribute("d", path);
    return svg;
  };
  const icons = [picture("M21 11.5a8 8 0 0 1-8 8H4l2-3.2A8 8 0 1 1 21 11.5ZM9 11.5h.01M13 11.5h.01M17 11.5h.01"), picture("M6 9.5l6 6 6-6")];

  function show() {
    button.replaceChildren(icons[opened ? 1 : 0], badge);
    badge.hidden = opened || !unread;
    badge.textContent = unread > 99 ? "99+" : String(unread);
    const label = opened ? words.close : words.open;
    button.setAttribute("aria-label", unread && !opened ? `${label}, ${words.unread}: ${unread}` : label);
    button.setAttribute("aria-expanded", String(opened));
    host.classList.toggle("open", opened);
    if (frame) frame.hidden = !opened;
  }

  function load() {
    if (frame) return;
    frame = document.createElement("iframe");
    frame.title = words.title;
    frame.allow = "clipboard-write; microphone";
    frame.src = `${origin}/widget/?${new URLSearchParams({ locale, color: accent, host: location.origin })}`;
    frame.hidden = !opened;
    root.append(frame);
  }

  const tell = (type, rest = {}) => frame?.contentWindow?.postMessage({ frontline: type, ...rest }, origin);
  const tellIdentity = () => { if (identity !== undefined) tell("identity", { token: identity }); };
  const isPhone = () => matchMedia("(max-width: 520px), (max-height: 480px)").matches;

  function open() {
    if (opened) return;
    opened = true;
    load();
    if (isPhone()) {
      scrollBefore = document.documentElement.style.overflow;
      document.documentElement.style.overflow = "hidden";
    }
    show();
    tell("open");
    frame.focus();
  }

  function close() {
    if (!opened) return;
    opened = false;
    document.documentElement.style.overflow = scrollBefore;
    show();
    tell("closed");
    button.focus();
  }

  addEventListener("message", (event) => {
    if (event.origin !== origin || !frame || event.source !== frame.contentWindow) return;
    const { frontline: type, count } = event.data || {};
    if (type === "ready") { tellIdentity(); tell(opened ? "open" : "closed"); }
    if (type === "active") remember();
    if (type === "close") close();
    if (type === "unread") { unread = Number(count) || 0; show(); }
  });
  addEventListener("keydown", (event) => { if (event.key === "Escape" && opened) close(); });
  button.addEventListener("click", () => (opened ? close() : open()));

  function start() {
    if ("adoptedStyleSheets" in root && "replaceSync" in CSSStyleSheet.prototype) {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
      root.adoptedStyleSheets = [sheet];
    } else {
      root.append(Object.assign(document.createElement("style"), { textContent: STYLE }));
    }
    button.type = "button";
    root.append(button);
    document.body.append(host);
    show();
    if (remembered()) (window.requestIdleCallback || setTimeout)(load);
  }
  function identify(token) {
    identity = token || null;
    tellIdentity();
  }

  window.frontlineWidget = { open, close, identify };
  if (document.body) start();
  else addEventListener("DOMContentLoaded", start);
})();
