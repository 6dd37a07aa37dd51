// A call from the chat: the microphone to the robot, its voice to the speaker, keys over a data channel.
// What is said appears in the dialog by itself: the call goes on with the same conversation.
import { duration, html, Icon, observable, t, useEffect, useRef, useState, useValue } from "../lib.js";

const IDLE = { step: "idle", problem: null, since: 0, muted: false };
const LIVE = new Set(["asking", "connecting", "speaking", "listening"]);
const FAREWELL = 6000; // ms that the length of an ended call is shown
const GATHERING = 2000; // ms; addresses of our own machine are known at once, those that a server tells soon
const PROBLEMS = { NotAllowedError: "call_denied", NotFoundError: "call_no_microphone", NotReadableError: "call_no_microphone", calls_full: "call_full" };
const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];

export const isLive = ({ step }) => LIVE.has(step);

export class Call {
  constructor(session) {
    this.session = session;
    this.state = observable(IDLE);
    this.parts = null; // of the call that is on: { id, connection, channel, microphone, audio }
  }

  get live() { return isLive(this.state.get()); }

  async start() {
    if (this.live) return;
    const parts = { audio: new Audio() };
    this.parts = parts;
    this.state.set({ ...IDLE, step: "asking" });
    try {
      if (!navigator.mediaDevices || !window.RTCPeerConnection) throw new DOMException("", "NotFoundError");
      const [microphone, { ice_servers: iceServers }] = await Promise.all([
        navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true } }),
        this.session.request("GET", "/api/chat/call"),
      ]);
      parts.microphone = microphone;
      if (this.parts !== parts) { release(parts); return; }
      this.state.set({ step: "connecting" });
      await this.connect(parts, iceServers);
      if (this.parts !== parts) this.forget(parts);
    } catch (error) {
      if (this.parts === parts) this.finish("failed", PROBLEMS[error.code] || PROBLEMS[error.name] || "call_failed");
    }
  }

  async connect(parts, iceServers) {
    const connection = new RTCPeerConnection({ iceServers: iceServers.map((one) => ({ ...one })) });
    parts.connection = connection;
    parts.microphone.getTracks().forEach((track) => {
      connection.addTrack(track, parts.microphone);
      track.onended = () => this.over(parts, "failed", "call_no_microphone"); // unplugged, or taken away
    });
    parts.channel = connection.createDataChannel("call");
    parts.channel.onmessage = ({ data }) => this.hear(parts, data);
    parts.channel.onclose = () => this.over(parts, "ended");
    connection.ontrack = ({ track, streams }) => {
      parts.audio.srcObject = streams[0] || new MediaStream([track]);
      parts.audio.play().catch(() => {});
    };
    connection.onconnectionstatechange = () => {
      if (connection.connectionState === "failed") this.over(parts, "failed", "call_lost");
    };
    await connection.setLocalDescription();
    await gathered(connection);
    const { id, sdp } = await this.session.request("POST", "/api/chat/call", { sdp: connection.localDescription.sdp, locale: this.session.locale });
    parts.id = id;
    await connection.setRemoteDescription({ type: "answer", sdp });
  }

  hear(parts, data) {
    if (this.parts !== parts) return;
    if (data === "ended") this.finish("ended");
    else if (LIVE.has(data)) this.state.set({ step: data, since: this.state.get().since || Date.now() });
  }

  over(parts, step, problem = null) {
    if (this.parts === parts) this.finish(step, problem);
  }

  hangUp() {
    const { parts } = this;
    if (!parts || !this.live) return;
    this.forget(parts);
    this.finish("ended");
  }

  // The server hears of it even when the page is being closed, and before the line is.
  forget(parts) {
    const { connection, id } = parts;
    if (id) {
      const headers = { Authorization: `Bearer ${this.session.token}` };
      parts.connection = null;
      fetch(`/api/chat/call/${id}`, { method: "DELETE", headers, keepalive: true }).catch(() => {}).finally(() => connection.close());
    }
    release(parts);
  }

  finish(step, problem = null) {
    const { parts } = this;
    this.parts = null;
    release(parts);
    const { since } = this.state.get();
    this.state.set({ step, problem, seconds: since ? (Date.now() - since) / 1000 : 0, since: 0 });
    if (step === "ended") setTimeout(() => { if (this.state.get().step === "ended") this.dismiss(); }, FAREWELL);
  }

  dismiss() { this.state.set(IDLE); }

  mute() {
    const muted = !this.state.get().muted;
    this.parts?.microphone?.getAudioTracks().forEach((track) => { track.enabled = !muted; });
    this.state.set({ muted });
  }

  press(key) {
    if (this.parts?.channel?.readyState === "open") this.parts.channel.send(key);
  }
}

function release({ microphone, connection, audio }) {
  microphone?.getTracks().forEach((track) => { track.onended = null; track.stop(); });
  connection?.close();
  audio.srcObject = null;
}

// The offer goes out once, with all addresses.
function gathered(connection) {
  return new Promise((resolve) => {
    const look = () => { if (connection.iceGatheringState === "complete") resolve(); };
    connection.addEventListener("icegatheringstatechange", look);
    setTimeout(resolve, GATHERING);
    look();
  });
}

function Timer({ since }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  return html`<span class="num" role="timer" aria-live="off">${duration((Date.now() - since) / 1000)}</span>`;
}

function Keypad({ call, onClose }) {
  const [pressed, setPressed] = useState("");
  const pad = useRef(null);
  useEffect(() => { pad.current.querySelector("button").focus({ preventScroll: true }); }, []);
  function press(key) {
    call.press(key);
    setPressed((before) => (before + key).slice(-20));
  }
  function onKeyDown(event) {
    if (KEYS.includes(event.key)) press(event.key);
    if (event.key === "Escape") { event.stopPropagation(); onClose(); }
  }
  return html`<div class="keypad" id="keypad" ref=${pad} role="group" aria-label=${t("call_keys")} onKeyDown=${onKeyDown}>
    <output class="num ${pressed ? "pressed" : ""}">${pressed || t("call_keys_hint")}</output>
    ${KEYS.map((key) => html`<button type="button" class="num" key=${key} onClick=${() => press(key)}>${key}</button>`)}</div>`;
}

// A button that takes the place of the one just pressed takes its focus, too.
export function useFocus(button, here) {
  const was = useRef(here);
  useEffect(() => {
    if (here && !was.current && document.activeElement === document.body) button.current?.focus({ preventScroll: true });
    was.current = here;
  }, [here]);
}

export function CallBar({ call }) {
  const state = useValue(call.state);
  const [keys, setKeys] = useState(false);
  const keysButton = useRef(null);
  const hangUpButton = useRef(null);
  const { step, problem, since, seconds, muted } = state;
  useFocus(hangUpButton, isLive(state));
  useEffect(() => { if (!isLive(state)) setKeys(false); }, [step]);
  if (step === "idle") return null;
  if (step === "failed") {
    return html`<div class="bar call-bar failed"><p role="alert">${t(problem)}</p>
      <button type="button" class="button small" onClick=${() => call.start()}>${t("call_again")}</button>
      <button type="button" class="icon-button" aria-label=${t("call_dismiss")} onClick=${() => call.dismiss()}><${Icon} name="close" size=${18} /></button></div>`;
  }
  if (step === "ended") return html`<div class="bar call-bar"><p role="status">${t(seconds ? "call_ended_after" : "call_ended", { time: duration(seconds) })}</p></div>`;
  const closeKeys = () => { setKeys(false); keysButton.current?.focus(); };
  return html`<section class="call-box" aria-label=${t("call_now")}><div class="bar call-bar ${step}">
    <span class="wave" aria-hidden="true"><i></i><i></i><i></i></span>
    <p><span role="status">${t(muted && step === "listening" ? "call_muted" : `call_${step}`)}</span>${since > 0 && html` <${Timer} since=${since} />`}</p>
    ${since > 0 && html`<button type="button" class="round ${muted ? "on" : ""}" aria-pressed=${muted} aria-label=${t("call_mute")} title=${t("call_mute")} onClick=${() => call.mute()}><${Icon} name=${muted ? "mic_off" : "mic"} /></button>
      <button type="button" class="round ${keys ? "on" : ""}" ref=${keysButton} aria-expanded=${keys} aria-controls="keypad" aria-label=${t("call_keys")} title=${t("call_keys")} onClick=${() => setKeys(!keys)}><${Icon} name="keys" /></button>`}
    <button type="button" class="round hang-up" ref=${hangUpButton} aria-label=${t("call_hang_up")} title=${t("call_hang_up")} onClick=${() => call.hangUp()}><${Icon} name="phone" /></button>
  </div>${keys && html`<${Keypad} call=${call} onClose=${closeKeys} />`}</section>`;
}

// The page that is there for the call.
export function CallInvitation({ call }) {
  const state = useValue(call.state);
  const start = useRef(null);
  useFocus(start, !isLive(state));
  if (isLive(state)) return null;
  return html`<section class="invitation"><p>${t("call_lead")}</p>
    <button type="button" class="button primary big" ref=${start} onClick=${() => call.start()}><${Icon} name="phone" />${t("call_start")}</button></section>`;
}
