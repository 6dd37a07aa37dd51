// The demonstration's "phone": what the example company sent by SMS to the customer who is played.
const phone = document.getElementById("phone");
const whose = document.getElementById("sms-phone");
const list = document.getElementById("sms");
const none = document.getElementById("sms-none");
const badge = document.getElementById("sms-new");
const EVERY = 2000; // ms; a code is waited for
const since = Date.now();
let read = 0;

const when = (at) => new Date(at).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });

// The code stands out, as phones show it.
function bubble({ text, at }) {
  const item = document.createElement("li");
  const code = /\d{4,}/.exec(text)?.[0];
  const [before, after] = code ? text.split(code, 2) : [text, ""];
  item.append(before);
  if (code) item.append(Object.assign(document.createElement("b"), { textContent: code }), after);
  item.append(Object.assign(document.createElement("time"), { textContent: when(at), dateTime: at }));
  return item;
}

let shown = "";
function show(messages) {
  const state = JSON.stringify([whose.value, messages]);
  if (state !== shown) list.replaceChildren(...messages.map(bubble));
  shown = state;
  none.hidden = messages.length > 0;
  const fresh = messages.filter(({ at }) => Date.parse(at) > Math.max(since, read)).length;
  if (phone.open) read = Date.now();
  badge.hidden = phone.open || !fresh;
  badge.textContent = String(fresh);
}

async function look() {
  const asked = whose.value;
  const reply = await fetch(`/demo/sms?${new URLSearchParams({ phone: asked })}`).catch(() => null);
  if (reply?.ok && asked === whose.value) show(await reply.json());
}

async function watch() {
  if (document.visibilityState === "visible") await look();
  setTimeout(watch, EVERY);
}

whose.addEventListener("change", look);
phone.addEventListener("toggle", look);
watch();
