// The customer's side of one conversation: what the server has said, what is still to be sent.
// A message is kept in local storage from the moment it is written until the server has stored it
// and is re-sent with the same client_id, so it is neither lost nor doubled.
import { backoff, client, observable, openStream, uniqueId } from "../lib.js";

const MEMORY = "frontline.chat";
const OUT = "frontline.out.";

// Storage may be forbidden in a third-party frame; then the dialog lives as long as the page.
const spare = new Map();
const storage = {
  read(key) { try { return localStorage.getItem(key); } catch { return spare.get(key) ?? null; } },
  write(key, value) { try { localStorage.setItem(key, value); } catch { spare.set(key, value); } },
  remove(key) { try { localStorage.removeItem(key); } catch { spare.delete(key); } },
  keys() { try { return Object.keys(localStorage); } catch { return [...spare.keys()]; } },
};

export const remembered = () => JSON.parse(storage.read(MEMORY) || "{}");
const remember = (changes) => storage.write(MEMORY, JSON.stringify({ ...remembered(), ...changes }));

const EMPTY = { conversation: null, events: [], pending: [], typing: null, online: true, loaded: false, ended: false };

export class ChatSession {
  constructor(locale) {
    this.locale = locale;
    this.state = observable({ ...EMPTY, pending: waiting(), token: remembered().token || null });
    this.request = client(() => (this.token ? { Authorization: `Bearer ${this.token}` } : {}));
    this.stream = null;
    this.sending = false;
    this.lastTyping = 0;
    this.typingTimer = 0;
    this.renewing = null;
    this.identity = null; // signed by the host page; only the server reads it
  }

  get token() { return this.state.get().token; }

  setToken(token) {
    remember({ token });
    this.state.set({ token });
  }

  // After consent. The token is the only thing that names the customer.
  async begin() {
    const body = { locale: this.locale, consent: true };
    let session;
    try {
      session = await this.request("POST", "/api/chat/sessions", { ...body, ...(this.identity ? { identity: this.identity } : {}) });
    } catch (error) {
      if (!this.identity || error.status !== 403) throw error;
      this.refuse(error); // the chat serves whom it does not know
      session = await this.request("POST", "/api/chat/sessions", body);
    }
    this.setToken(session.token);
    this.connect();
  }

  // Whom the host page has signed in; null: nobody any more. A dialog never passes to another person.
  async identify(identity) {
    const left = this.identity ?? remembered().known;
    this.identity = identity;
    remember({ known: identity ? true : undefined });
    if (!this.token) return;
    if (!identity) { if (left) this.forget(); return; }
    try {
      await this.request("POST", "/api/chat/identity", { identity });
    } catch (error) {
      if (error.status === 409) await this.restart();
      else if (error.status === 403) this.refuse(error);
    }
  }

  refuse(error) {
    console.warn(`frontline: data-identity is refused: ${error.code}`);
    this.identity = null;
  }

  // The next person at this browser begins with the consent.
  forget() {
    this.stream?.close();
    this.state.get().pending.forEach((item) => storage.remove(OUT + item.client_id));
    this.setToken(null);
    this.state.set(EMPTY);
  }

  connect() {
    this.stream?.close();
    this.stream = openStream("/api/chat/ws", {
      greet: (send) => send({ type: "hello", token: this.token, after: this.lastSeq(), conversation_id: this.state.get().conversation?.id }),
      onMessage: (message) => this.hear(message),
      onState: (state) => {
        const online = state === "online";
        if (online !== this.state.get().online) this.state.set({ online });
        if (online) this.flush();
      },
      onRefused: () => this.renew(),
    });
    this.flush();
  }

  lastSeq() { return this.state.get().events.at(-1)?.seq ?? 0; }

  hear(message) {
    if (message.type === "state") this.see(message.conversation);
    if (message.type === "events") this.take(message.events);
    if (message.type === "typing") this.showTyping(message.author, 6000);
    if (message.type === "error" && message.code === "chat_token_invalid") this.renew();
  }

  // A new conversation under the same token counts anew; its events follow its state.
  see(conversation) {
    const known = this.state.get().conversation;
    this.state.set({ conversation, loaded: true });
    if (conversation && known && known.id !== conversation.id) this.state.set({ events: [], ended: false });
  }

  take(arrived) {
    const { events, pending, typing } = this.state.get();
    const seen = new Set(events.map((event) => event.seq));
    const fresh = arrived.filter((event) => !seen.has(event.seq));
    if (!fresh.length) return;
    const stored = new Set(fresh.map((event) => event.data.client_id).filter(Boolean));
    stored.forEach((id) => storage.remove(OUT + id));
    const spokeBack = fresh.some(({ kind, data }) => kind === "message" && data.author !== "customer");
    const all = [...events, ...fresh].sort((a, b) => a.seq - b.seq);
    this.state.set({
      events: all,
      pending: pending.filter((item) => !stored.has(item.client_id) && !(item.seq && all.some((event) => event.seq === item.seq))),
      typing: spokeBack ? null : typing,
    });
  }

  showTyping(author, time) {
    clearTimeout(this.typingTimer);
    this.state.set({ typing: author });
    this.typingTimer = setTimeout(() => this.state.set({ typing: null }), time);
  }

  say(text, choice = null) {
    const item = { client_id: uniqueId(), text, choice, at: Date.now() };
    storage.write(OUT + item.client_id, JSON.stringify(item));
    this.state.set({ pending: [...this.state.get().pending, item], ended: false });
    this.flush();
  }

  discard(clientId) {
    storage.remove(OUT + clientId);
    this.state.set({ pending: this.state.get().pending.filter((item) => item.client_id !== clientId) });
  }

  // Sends what waits, in order, one at a time; tries again until the server has it or refuses it.
  async flush() {
    if (this.sending || !this.token) return;
    this.sending = true;
    for (let attempt = 0; this.token; ) {
      const item = this.state.get().pending.find((one) => !one.seq && !one.problem);
      if (!item) break;
      try {
        const { seq } = await this.post(item);
        this.accepted(item, seq);
        attempt = 0;
      } catch (error) {
        if (error.status === 401) {
          await this.renew();
        } else if (error.retryable) {
          if (error.status === 0) this.state.set({ online: false });
          await new Promise((resolve) => { setTimeout(resolve, error.retryAfter * 1000 || backoff(attempt)); });
          attempt += 1;
        } else {
          this.change(item, { problem: error.code });
        }
      }
    }
    this.sending = false;
  }

  post({ client_id, text, choice }) {
    return this.request("POST", "/api/chat/messages", { client_id, text, locale: this.locale, ...(choice ? { choice } : {}) });
  }

  accepted(item, seq) {
    storage.remove(OUT + item.client_id);
    const { events, conversation } = this.state.get();
    if (events.some((event) => event.seq === seq && event.data.author === "customer")) this.discard(item.client_id);
    else this.change(item, { seq });
    const replied = events.some((event) => event.seq > seq && event.kind === "message"); // it may outrun this
    if (!replied && conversation?.owner !== "operator") this.showTyping("bot", 15000);
  }

  change(item, changes) {
    const { pending } = this.state.get();
    this.state.set({ pending: pending.map((one) => (one.client_id === item.client_id ? { ...one, ...changes } : one)) });
  }

  // The server no longer knows the token (an erased customer, a restored database): start anew, once
  // for all who notice. The chat stays on the page meanwhile: what is being written is not lost.
  renew() {
    this.renewing ??= this.startAnew().finally(() => { this.renewing = null; });
    return this.renewing;
  }

  async startAnew() {
    this.stream?.close();
    this.state.set({ conversation: null, events: [], ended: false });
    for (let attempt = 0; ; attempt += 1) {
      try {
        await this.begin();
        return;
      } catch (error) {
        if (!error.retryable) { this.setToken(null); this.state.set({ loaded: true }); return; }
        await new Promise((resolve) => { setTimeout(resolve, backoff(attempt)); });
      }
    }
  }

  typed() {
    if (Date.now() - this.lastTyping < 3000) return;
    this.lastTyping = Date.now();
    this.stream?.send({ type: "typing" });
  }

  end() { this.state.set({ ended: true }); }
  resume() { this.state.set({ ended: false }); }

  async rate(score, comment) {
    await this.request("POST", "/api/chat/rating", { score, ...(comment ? { comment } : {}) });
  }

  transcript() { return this.request("GET", "/api/chat/transcript"); }

  // A fresh dialog that nobody links to the last one.
  async restart() {
    this.stream?.close();
    this.state.get().pending.forEach((item) => storage.remove(OUT + item.client_id));
    this.setToken(null);
    this.state.set({ ...EMPTY, loaded: true });
    await this.begin();
  }
}

function waiting() {
  return storage.keys().filter((key) => key.startsWith(OUT))
    .map((key) => JSON.parse(storage.read(key)))
    .sort((a, b) => a.at - b.at);
}

export function readUpTo(conversationId, seq) {
  remember({ read: { conversationId, seq } });
}

export function unreadSince(conversationId, events) {
  const { read } = remembered();
  const from = read?.conversationId === conversationId ? read.seq : 0;
  return events.filter(({ seq, kind, data }) => seq > from && kind === "message" && data.author !== "customer").length;
}

export const rememberLocale = (locale) => remember({ locale });
