// The end of a dialog: a mark from 1 to 5 with an optional comment, the transcript, a new beginning.
import { html, Icon, t, useState } from "../lib.js";

const MARKS = [1, 2, 3, 4, 5];

export function Rating({ session, rated, closed, onTranscript, onRestart, onResume }) {
  const [score, setScore] = useState(0);
  const [comment, setComment] = useState("");
  const [step, setStep] = useState(rated ? "done" : "asking");
  const [problem, setProblem] = useState(null);

  async function submit(event) {
    event.preventDefault();
    setStep("sending");
    try {
      await session.rate(score, comment.trim());
      setStep("done");
    } catch (error) {
      setStep("asking");
      setProblem(t(error.retryable ? "problem_offline" : "problem_rating"));
    }
  }

  return html`<section class="ending" aria-label=${t("rating_title")}>
    ${step === "done"
      ? html`<p class="thanks" role="status"><${Icon} name="check" />${t("rating_thanks")}</p>`
      : html`<form onSubmit=${submit}>
          <fieldset><legend>${t("rating_title")}</legend>
            <div class="marks">${MARKS.map((mark) => html`<label key=${mark} class=${mark <= score ? "on" : ""}>
              <input type="radio" name="score" class="sr" value=${mark} checked=${mark === score} onChange=${() => setScore(mark)} />
              <${Icon} name="star" size=${28} /><span class="sr">${t("rating_mark", { mark })}</span></label>`)}</div></fieldset>
          ${score > 0 && html`<label class="field"><span>${t("rating_comment")}</span>
              <textarea class="input" rows="2" maxlength="1000" value=${comment} onInput=${(event) => setComment(event.currentTarget.value)} /></label>
            <button class="button primary" disabled=${step === "sending"}>${t("rating_send")}</button>`}
          ${problem && html`<p class="error" role="alert">${problem}</p>`}
        </form>`}
    <div class="ending-actions">
      ${!closed && html`<button type="button" class="button small" onClick=${onResume}>${t("continue")}</button>`}
      <button type="button" class="button small" onClick=${onTranscript}>${t("transcript")}</button>
      <button type="button" class="button small" onClick=${onRestart}>${t("new_dialog")}</button>
    </div></section>`;
}
