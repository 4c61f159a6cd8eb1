/** The whole look of the pages: no script, no font and no picture is fetched. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --ground: #eef0f4; --card: #ffffff; --text: #171a21; --soft: #565d6b; --line: #d4d8e0; --control: #7c8494;
  --accent: #4338ca; --accent-hover: #362ca8; --on-accent: #ffffff; --tint: #f1f1fd;
  --warn: #7a4300; --warn-ground: #fff5e0; --warn-line: #e6bd72;
  --bad: #a5161d; --bad-ground: #fdeeee; --bad-line: #e9a4a6;
  --good: #14603a; --good-ground: #e9f6ee; --good-line: #9fd0b4;
  --shadow: 0 1px 2px rgb(20 24 40 / 6%), 0 12px 32px rgb(20 24 40 / 10%);
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0e1015; --card: #181b22; --text: #eceef3; --soft: #a6adbb; --line: #2f3440; --control: #7d8596;
    --accent: #a5b0ff; --accent-hover: #c0c8ff; --on-accent: #12143a; --tint: #212545;
    --warn: #ffd48a; --warn-ground: #2e2310; --warn-line: #6b5020;
    --bad: #ffb3b0; --bad-ground: #331717; --bad-line: #7c3636;
    --good: #93dfb2; --good-ground: #122a1d; --good-line: #2f6b48;
    --shadow: 0 0 0 1px #262a34;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; min-height: 100vh; min-height: 100svh; display: flex; justify-content: center; align-items: flex-start;
  padding: clamp(0.5rem, 6vh - 2rem, 4rem) 0.75rem 2rem; background: var(--ground); color: var(--text);
  font: 1rem/1.4 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
main {
  width: 100%; max-width: 30rem; background: var(--card); border-radius: 1rem; box-shadow: var(--shadow);
  padding: clamp(0.875rem, 5vw, 2.25rem) clamp(1rem, 5vw, 2.25rem);
}
h1, h2, p, ul, fieldset { margin: 0; }
.server {
  display: flex; align-items: center; gap: 0.5rem; color: var(--soft); font-size: 0.875rem;
  margin-bottom: clamp(0.5rem, 4vw, 1.5rem);
  overflow-wrap: anywhere;
}
.server svg { flex: none; width: 1.25rem; height: 1.25rem; color: var(--accent); }
h1 { font-size: 1rem; font-weight: 400; color: var(--soft); }
h1 .host {
  display: block; margin-top: 0.125rem; color: var(--text); font-weight: 700; line-height: 1.2; letter-spacing: -0.01em;
  font-size: clamp(1.375rem, 7vw, 2rem); overflow-wrap: anywhere;
}
h1.plain { color: var(--text); font-size: 1.5rem; font-weight: 700; line-height: 1.25; letter-spacing: -0.01em; }
.client { margin-top: 0.25rem; overflow-wrap: anywhere; }
.chip {
  display: inline-block; margin-top: 0.5rem; padding: 0.0625rem 0.6875rem; border: 1px solid; border-radius: 1rem;
  font-size: 0.875rem; font-weight: 600;
}
.chip.new { color: var(--warn); background: var(--warn-ground); border-color: var(--warn-line); }
.chip.known { color: var(--good); background: var(--good-ground); border-color: var(--good-line); }
.note { margin-top: 0.75rem; padding: 0.5rem 0.75rem; border: 1px solid; border-radius: 0.625rem; font-size: 0.875rem; }
.note.warn { color: var(--warn); background: var(--warn-ground); border-color: var(--warn-line); }
.note.bad { color: var(--bad); background: var(--bad-ground); border-color: var(--bad-line); }
form { margin-top: 0.875rem; }
fieldset { padding: 0; border: 0; min-width: 0; }
legend, .label { display: block; padding: 0; font-weight: 600; margin-bottom: 0.25rem; }
.choice {
  display: flex; gap: 0.75rem; align-items: flex-start; padding: 0.375rem 0.75rem; border: 1px solid var(--line);
  border-radius: 0.625rem; cursor: pointer;
}
.choice + .choice { margin-top: 0.375rem; }
.choice:hover { border-color: var(--control); }
.choice:has(:checked) { border-color: var(--accent); background: var(--tint); }
.choice:has(:focus-visible) { outline: 3px solid var(--accent); outline-offset: 2px; }
.choice input { flex: none; width: 1.125rem; height: 1.125rem; margin: 0.1875rem 0 0; accent-color: var(--accent); outline: 0; }
.choice b { display: block; font-weight: 600; }
.choice span span, .soft { display: block; color: var(--soft); font-size: 0.875rem; line-height: 1.3; }
.field { display: grid; grid-template-columns: auto 1fr auto; gap: 0.25rem 0.5rem; align-items: baseline; margin-top: 0.75rem; }
.field .label { margin: 0; }
.field a { grid-area: 1 / 3; color: var(--accent); font-size: 0.875rem; }
.field .error, .field input { grid-column: 1 / -1; }
.field input {
  display: block; width: 100%; padding: 0.5rem 0.75rem; font: inherit; font-size: 1.0625rem; color: inherit;
  background: var(--card); border: 1px solid var(--control); border-radius: 0.625rem;
}
.field input[aria-invalid] { border-color: var(--bad); border-width: 2px; padding: 0.4375rem 0.6875rem; }
.field .error { color: var(--bad); font-weight: 600; }
.actions { display: flex; flex-wrap: wrap; gap: 0.75rem; margin-top: 0.875rem; }
.button {
  flex: 1 1 6rem; padding: 0.625rem 1rem; font: inherit; font-weight: 600; text-align: center; text-decoration: none;
  border: 1px solid var(--control); border-radius: 0.625rem; background: var(--card); color: var(--text); cursor: pointer;
}
.button:hover { border-color: var(--text); }
.button.main { flex-grow: 2; border-color: var(--accent); background: var(--accent); color: var(--on-accent); }
.button.main:hover { border-color: var(--accent-hover); background: var(--accent-hover); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.meaning { margin-top: 1.5rem; padding-top: 1.25rem; border-top: 1px solid var(--line); }
.meaning p + p, .text p + p, .text ul, .text ul + p { margin-top: 0.75rem; }
.text ul { padding-left: 1.25rem; }
.text li + li { margin-top: 0.375rem; }
.address { padding: 0.625rem 0.75rem; border: 1px solid var(--line); border-radius: 0.625rem; background: var(--tint); }
.text { margin-top: 0.75rem; overflow-wrap: anywhere; }
code { font: 0.9em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; white-space: nowrap; }
.text code { white-space: normal; }
`;
