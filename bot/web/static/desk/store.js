// What the desk knows: the queue, the opened conversation, what is being sent. The socket says what
// changed; after a break it brings what was missed.
import { backoff, observable, openStream, t, uniqueId } from "../lib.js";
import { api, may, signedIn } from "./account.js";

const NO_QUEUE = { waiting: [], mine: [], others: [] };

export class Desk {
  constructor(locale) {
    this.locale = locale;
    this.state = observable({ queue: NO_QUEUE, ready: false, online: true, opened: null, loading: false, typing: false, sending: [], problem: null });
    this.typingTimer = 0;
    this.lastTyping = 0;
    this.onWaiting = () => {};
    this.onSpoken = () => {};
  }

  connect() {
    this.stream = openStream(`/api/desk/ws?locale=${this.locale}`, {
      greet: () => this.subscribe(),
      onMessage: (message) => this.hear(message),
      onState: (state) => { if ((state === "online") !== this.state.get().online) this.state.set({ online: state === "online" }); },
      onRefused: () => this.refused(),
    });
  }

  // The session has ended, or only this socket has: a new password or another role closes it too.
  async refused(attempt = 0) {
    try {
      if (may(await signedIn(), "watch")) this.connect();
      else location.reload();
    } catch (error) { // without a session, `signedIn` has gone to sign-in
      if (error.status !== 401) setTimeout(() => this.refused(attempt + 1), backoff(attempt));
    }
  }

  subscribe() {
    const { opened } = this.state.get();
    if (opened) this.stream?.send({ type: "subscribe", conversation_id: opened.conversation.id, after: opened.events.at(-1)?.seq ?? 0 });
  }

  hear(message) {
    const { opened } = this.state.get();
    if (message.type === "queue") this.seeQueue(message);
    if (message.conversation_id !== opened?.conversation.id) return;
    if (message.type === "events") this.take(message.events);
    if (message.type === "typing") this.showTyping();
  }

  seeQueue({ waiting, mine, others }) {
    const before = this.state.get();
    const known = new Map(before.queue.waiting.map((card) => [card.handoff_id, card.priority]));
    const spoke = new Map(before.queue.mine.map((card) => [card.handoff_id, card.last_message]));
    this.state.set({ queue: { waiting, mine, others }, ready: true });
    // Who has become more urgent is called out like who has just come.
    const arrived = waiting.filter((card) => !known.has(card.handoff_id) || card.priority < known.get(card.handoff_id));
    if (arrived.length) this.onWaiting(arrived, before.ready);
    mine.filter((card) => card.unread && spoke.has(card.handoff_id) && spoke.get(card.handoff_id) !== card.last_message)
      .forEach((card) => this.onSpoken(card));
  }

  async open(id) {
    const { opened } = this.state.get();
    if (opened && opened.conversation.id !== id) this.stream?.send({ type: "unsubscribe", conversation_id: opened.conversation.id });
    this.state.set({ loading: true, problem: null, typing: false, opened: opened?.conversation.id === id ? opened : null });
    this.wanted = id;
    try {
      const dialog = await api("GET", `/api/desk/conversations/${encodeURIComponent(id)}`);
      if (this.wanted !== id) return;
      this.state.set({ opened: dialog, loading: false });
      this.subscribe();
    } catch (error) {
      if (this.wanted === id) this.state.set({ loading: false, problem: explain(error) });
    }
  }

  leave() {
    const { opened } = this.state.get();
    if (opened) this.stream?.send({ type: "unsubscribe", conversation_id: opened.conversation.id });
    this.wanted = null;
    this.state.set({ opened: null, loading: false, problem: null });
  }

  take(arrived) {
    const { opened, sending, typing } = this.state.get();
    const seen = new Set(opened.events.map((event) => event.seq));
    const fresh = arrived.filter((event) => !seen.has(event.seq));
    if (!fresh.length) return;
    const stored = new Set(fresh.map((event) => event.data.client_id));
    const events = [...opened.events, ...fresh].sort((a, b) => a.seq - b.seq);
    const spoke = fresh.some(({ kind, data }) => kind === "message" && data.author === "customer");
    this.state.set({ opened: { ...opened, events }, sending: sending.filter((item) => !stored.has(item.client_id)), typing: typing && !spoke });
    // The steps of a handoff change its head and its context, which the server words.
    if (fresh.some(({ kind }) => kind.startsWith("handoff.") || kind.startsWith("outbound.") || kind === "conversation.closed")) this.open(opened.conversation.id);
  }

  showTyping() {
    clearTimeout(this.typingTimer);
    this.state.set({ typing: true });
    this.typingTimer = setTimeout(() => this.state.set({ typing: false }), 5000);
  }

  typed() {
    const id = this.state.get().opened?.conversation.id;
    if (!id || Date.now() - this.lastTyping < 2500) return;
    this.lastTyping = Date.now();
    this.stream?.send({ type: "typing", conversation_id: id });
  }

  // The text stays on the screen until the server has it; a failed one can be sent again.
  async write(text, isNote, again = null) {
    const item = again || { client_id: uniqueId(), text, isNote, conversation_id: this.state.get().opened.conversation.id };
    const others = () => this.state.get().sending.filter((one) => one.client_id !== item.client_id);
    this.state.set({ sending: [...others(), { ...item, failed: null }] });
    try {
      await api("POST", `/api/desk/conversations/${item.conversation_id}/${item.isNote ? "notes" : "messages"}`, { client_id: item.client_id, text: item.text });
      const { opened } = this.state.get();
      if (opened?.conversation.id !== item.conversation_id) this.state.set({ sending: others() });
    } catch (error) {
      this.state.set({ sending: [...others(), { ...item, failed: explain(error) }] });
    }
  }

  // The robot does not make the call; the reply is what is still to be made.
  async cancelCall(id) {
    const conversation = this.state.get().opened.conversation.id;
    try {
      const calls = await api("POST", `/api/desk/calls/${id}/cancel`);
      const { opened } = this.state.get();
      if (opened?.conversation.id === conversation) this.state.set({ opened: { ...opened, calls }, problem: null });
    } catch (error) {
      await this.open(conversation);
      this.state.set({ problem: explain(error) });
    }
  }

  discard(clientId) {
    this.state.set({ sending: this.state.get().sending.filter((item) => item.client_id !== clientId) });
  }

  // claim | release | return | close. The reply of a lost race is shown, and the dialog read again.
  async step(handoffId, action, body) {
    const conversation = this.state.get().opened?.conversation.id;
    try {
      await api("POST", `/api/desk/handoffs/${handoffId}/${action}`, body);
      this.state.set({ problem: null });
      if (conversation) await this.open(conversation);
      return true;
    } catch (error) {
      if (conversation) await this.open(conversation);
      this.state.set({ problem: explain(error) });
      return false;
    }
  }
}

export function explain(error) {
  const key = `problem_${error.code}`;
  const known = t(key);
  return known === key ? t(error.retryable ? "problem_offline" : "problem_other", { message: error.message }) : known;
}
