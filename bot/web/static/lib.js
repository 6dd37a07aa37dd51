// What every surface shares: rendering, phrases, the HTTP client, the resumable stream, time in words.
import { h, render, Fragment } from "./vendor/preact.js";
import { useEffect, useLayoutEffect, useRef, useState } from "./vendor/hooks.js";
import htm from "./vendor/htm.js";

export const html = htm.bind(h);
export { render, Fragment, useEffect, useLayoutEffect, useRef, useState };

// Phrases. A missing key shows as itself, so that a tester sees it and nothing breaks.
const spoken = { locale: "ru", phrases: {} };

export function speak(locale, phrases) {
  spoken.locale = locale;
  spoken.phrases = phrases;
  document.documentElement.lang = locale;
}

export function t(key, values = {}) {
  const text = spoken.phrases[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

// A JSON data block that the server wrote into the page.
export function pageData(id) {
  return JSON.parse(document.getElementById(id)?.textContent || "{}");
}

export class ApiError extends Error {
  constructor(status, error = {}) {
    super(error.message || `HTTP ${status}`);
    this.status = status; // 0: the server could not be reached
    this.code = error.code || (status ? "http_error" : "offline");
    this.retryable = error.retryable ?? (status === 0 || status === 429 || status >= 500);
    this.retryAfter = 0; // seconds, when the server named them
  }
}

// One HTTP client: JSON in, JSON (or text) out, errors as ApiError. `headers()` adds credentials.
export function client(headers = () => ({})) {
  return async (method, path, body) => {
    const init = { method, headers: { Accept: "application/json", ...headers() }, credentials: "same-origin" };
    if (body !== undefined) {
      init.body = JSON.stringify(body);
      init.headers["Content-Type"] = "application/json";
    }
    let response;
    try {
      response = await fetch(path, init);
    } catch {
      throw new ApiError(0);
    }
    const isJson = response.headers.get("content-type")?.includes("json");
    const content = isJson ? await response.json().catch(() => ({})) : await response.text();
    if (response.ok) return content;
    const failure = new ApiError(response.status, isJson ? content.error : undefined);
    failure.retryAfter = Number(response.headers.get("retry-after")) || 0;
    throw failure;
  };
}

// Waiting time before attempt n (0, 1, …): doubles to 15 s, with jitter so that clients spread out.
export const backoff = (attempt) => Math.min(15000, 500 * 2 ** attempt) * (0.7 + Math.random() * 0.6);

// A socket that comes back by itself. `greet(send)` runs after every connect and resumes what was
// missed; `onState` gets "online" | "offline"; close code 4401 means refused: no further attempt.
export function openStream(path, { greet, onMessage, onState, onRefused }) {
  let socket = null, attempt = 0, timer = 0, stopped = false, silent = 0, answersPings = false;
  const send = (message) => {
    if (socket?.readyState !== WebSocket.OPEN) return false;
    socket.send(JSON.stringify(message));
    return true;
  };
  const connect = () => {
    clearTimeout(timer);
    if (stopped) return;
    const mine = new WebSocket(new URL(path, location.href.replace(/^http/, "ws")));
    socket = mine;
    mine.onopen = () => { greet(send); };
    mine.onmessage = ({ data }) => {
      silent = 0;
      const message = JSON.parse(data);
      if (message.type === "pong") { answersPings = true; return; }
      attempt = 0;
      onState("online");
      onMessage(message);
    };
    mine.onclose = ({ code }) => {
      if (mine !== socket || stopped) return;
      if (code === 4401) { stopped = true; onRefused?.(); return; }
      onState("offline");
      timer = setTimeout(connect, backoff(attempt++));
    };
  };
  // Two unanswered pings: the line is dead although nobody said so.
  const heartbeat = setInterval(() => {
    if (!send({ type: "ping" })) return;
    if (++silent > 2 && answersPings) { silent = 0; drop(); }
  }, 20000);
  const drop = () => {
    const dead = socket;
    socket = null;
    dead?.close();
    onState("offline");
    connect();
  };
  const wake = () => { if (socket?.readyState !== WebSocket.OPEN) { attempt = 0; drop(); } };
  const lost = () => onState("offline");
  addEventListener("online", wake);
  addEventListener("offline", lost);
  connect();
  return {
    send,
    close() {
      stopped = true;
      clearTimeout(timer);
      clearInterval(heartbeat);
      removeEventListener("online", wake);
      removeEventListener("offline", lost);
      socket?.close();
    },
  };
}

// An observable value: components re-render through `useValue`.
export function observable(initial) {
  let value = initial;
  const listeners = new Set();
  return {
    get: () => value,
    set(changes) {
      value = { ...value, ...changes };
      listeners.forEach((listener) => listener(value));
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export function useValue(source) {
  const [value, setValue] = useState(source.get());
  useEffect(() => {
    setValue(source.get());
    return source.listen(setValue);
  }, [source]);
  return value;
}

// Random, unguessable and unique; crypto.randomUUID exists on https only.
export function uniqueId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Time in words.
const dateOf = (at) => new Date(at);
export const clockTime = (at) => dateOf(at).toLocaleTimeString(spoken.locale, { hour: "2-digit", minute: "2-digit" });
export const shortDate = (at) => dateOf(at).toLocaleDateString(spoken.locale, { day: "numeric", month: "short" });
export const dateTime = (at) => `${shortDate(at)}, ${clockTime(at)}`;
export const sameDay = (a, b) => dateOf(a).toDateString() === dateOf(b).toDateString();

// 65 -> "1:05", 3700 -> "1:01:40".
export function duration(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  const parts = s >= 3600 ? [Math.floor(s / 3600), Math.floor(s / 60) % 60, s % 60] : [Math.floor(s / 60), s % 60];
  return parts.map((part, index) => (index ? String(part).padStart(2, "0") : part)).join(":");
}

// Strokes of 24 × 24 icons.
const STROKES = {
  chat: "M21 12a8 8 0 0 1-8 8H4l2-3.2A8 8 0 1 1 21 12Z",
  send: "M5 12h13M12 5.5 18.5 12 12 18.5",
  close: "M6 6l12 12M18 6 6 18",
  down: "M6 9.5l6 6 6-6",
  back: "M14.5 6l-6 6 6 6",
  more: "M4.5 12a.7.7 0 1 0 1.4 0 .7.7 0 1 0-1.4 0M11.3 12a.7.7 0 1 0 1.4 0 .7.7 0 1 0-1.4 0M18.1 12a.7.7 0 1 0 1.4 0 .7.7 0 1 0-1.4 0",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20.5a7.5 7.5 0 0 1 15 0",
  robot: "M12 7V4M6 7h12a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V9a2 2 0 0 1 2-2ZM9 12v2M15 12v2",
  file: "M7 3.5h7l4 4v13H7a1 1 0 0 1-1-1v-15a1 1 0 0 1 1-1ZM9.5 12h5M9.5 15.5h5",
  save: "M12 4v11m-4.5-4.5L12 15l4.5-4.5M5 20h14",
  check: "M5 12.5l4.5 4.5L19 7.5",
  clock: "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17ZM12 7.5V12l3 2",
  note: "M5 19l1-4L16.5 4.5l3 3L9 18l-4 1Z",
  bell: "M6 17V11a6 6 0 1 1 12 0v6l1.5 1.5h-15L6 17ZM10.5 21h3",
  sound: "M4 10v4h3.5L12 18V6L7.5 10H4ZM15.5 9a4 4 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11",
  mute: "M4 10v4h3.5L12 18V6L7.5 10H4ZM16 10l4 4M20 10l-4 4",
  help: "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17ZM9.8 9.6a2.3 2.3 0 1 1 3.3 2.3c-.8.4-1.1.8-1.1 1.6M12 16.6v.1",
  info: "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17ZM12 11v5.500M12 7.500v.1",
  search: "M11 17.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM16 16l4.5 4.5",
  exit: "M14 4.5H6a1 1 0 0 0-1 1v13a1 1 0 0 0 1 1h8M10.5 12H20m-3.5-3.5L20 12l-3.5 3.5",
  undo: "M8.5 5.5 4.5 9.5l4 4M5 9.5h9a5 5 0 0 1 0 10h-3",
  phone: "M6.5 3.5h2.8l1.6 4.3-2 1.5a11.5 11.5 0 0 0 5.8 5.8l1.5-2 4.3 1.6v2.8a2.2 2.2 0 0 1-2.4 2.2A15.7 15.7 0 0 1 4.3 5.9a2.2 2.2 0 0 1 2.2-2.4Z",
  mic: "M12 14.5a3 3 0 0 0 3-3v-5a3 3 0 0 0-6 0v5a3 3 0 0 0 3 3ZM6 11.5a6 6 0 0 0 12 0M12 17.5V21",
  mic_off: "M12 14.5a3 3 0 0 0 3-3v-5a3 3 0 0 0-6 0v5a3 3 0 0 0 3 3ZM6 11.5a6 6 0 0 0 12 0M12 17.5V21M4 3.5l16 17",
  keys: [5, 12, 19].flatMap((y) => [5, 12, 19].map((x) => `M${x - 0.6} ${y}a.6.6 0 1 0 1.2 0 .6.6 0 1 0-1.2 0`)).join(""),
  star: "M12 3.8l2.6 5.3 5.8.8-4.2 4.1 1 5.8-5.2-2.7-5.2 2.7 1-5.8-4.2-4.1 5.8-.8L12 3.8Z",
};

export const Icon = ({ name, size = 20 }) => html`
  <svg width=${size} height=${size} viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.8"
    stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d=${STROKES[name]} /></svg>`;

export const Typing = () => html`<span class="typing" aria-hidden="true"><i></i><i></i><i></i></span>`;
