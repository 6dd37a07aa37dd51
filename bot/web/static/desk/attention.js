// How the desk calls an operator: a number in the title, a tone, a notification of the system.
import { t } from "../lib.js";

const SOUND = "frontline.desk.sound";
let audio = null;

export const soundIsOn = () => localStorage.getItem(SOUND) !== "off";
export function switchSound() {
  localStorage.setItem(SOUND, soundIsOn() ? "off" : "on");
  if (soundIsOn()) tone();
  return soundIsOn();
}

// Two short notes; a browser lets us sound only after the person has touched the page.
export function tone() {
  if (!soundIsOn()) return;
  audio ??= new AudioContext();
  if (audio.state === "suspended") { audio.resume().catch(() => null); }
  [[660, 0], [880, 0.14]].forEach(([pitch, delay]) => {
    const note = audio.createOscillator();
    const volume = audio.createGain();
    const start = audio.currentTime + delay;
    note.frequency.value = pitch;
    volume.gain.setValueAtTime(0.0001, start);
    volume.gain.exponentialRampToValueAtTime(0.12, start + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, start + 0.22);
    note.connect(volume).connect(audio.destination);
    note.start(start);
    note.stop(start + 0.25);
  });
}

export function titled(count) {
  document.title = count ? `(${count}) ${t("title")}` : t("title");
}

export const notifications = () => ("Notification" in window ? Notification.permission : "denied");
export const askNotifications = () => Notification.requestPermission();

// Without the customer's words: a notification shows on a locked screen.
export function notify(title, body, onClick) {
  if (notifications() !== "granted" || document.visibilityState === "visible") return;
  let shown;
  try { shown = new Notification(title, { body, tag: "frontline-desk" }); } catch { return; } // Android lets service workers only
  shown.onclick = () => { window.focus(); onClick(); shown.close(); };
}
