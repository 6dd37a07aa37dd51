// Where the customer writes. Enter sends, Shift+Enter breaks the line; an unfinished composition of an
// input method is never sent.
import { html, Icon, t, useLayoutEffect, useRef, useState } from "../lib.js";

const LIMIT = 4000;
const NEAR = 3600; // from here on the counter shows

export function Composer({ session, focusOn }) {
  const [text, setText] = useState("");
  const area = useRef(null);
  const rest = LIMIT - text.length;

  useLayoutEffect(() => {
    area.current.style.height = "auto";
    area.current.style.height = `${Math.min(area.current.scrollHeight, 132)}px`;
  }, [text]);
  useLayoutEffect(() => { if (focusOn) area.current.focus({ preventScroll: true }); }, [focusOn]);

  function send(event) {
    event?.preventDefault();
    const ready = text.trim();
    if (!ready || rest < 0) return;
    session.say(ready);
    setText("");
    area.current.focus();
  }

  function onKeyDown(event) {
    // keyCode 229: Safari ends a composition with an Enter that no longer says isComposing.
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) send(event);
  }

  return html`<form class="composer" onSubmit=${send}>
    <label class="sr" for="text">${t("write")}</label>
    <textarea id="text" ref=${area} rows="1" placeholder=${t("write")} value=${text} enterkeyhint="send"
      aria-describedby=${rest <= LIMIT - NEAR ? "rest" : undefined}
      onInput=${(event) => { setText(event.currentTarget.value); session.typed(); }} onKeyDown=${onKeyDown} />
    <button class="send" aria-label=${t("send")} disabled=${!text.trim() || rest < 0}><${Icon} name="send" /></button>
    ${rest <= LIMIT - NEAR && html`<p id="rest" class="rest num ${rest < 0 ? "over" : ""}" role="status">
      ${t(rest < 0 ? "over_limit" : "left_chars", { count: Math.abs(rest) })}</p>`}
  </form>`;
}
