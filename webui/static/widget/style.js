// The style of every widget, in one constructed sheet: a page whose policy forbids inline styles still shows it.

export const sheet = new CSSStyleSheet();
sheet.replaceSync(`
  :host { display: block; position: relative; min-inline-size: min(100%, 11rem); max-inline-size: var(--feed-search-max-width, 100%); font: inherit; color: inherit; text-align: start; white-space: normal; color-scheme: light dark;
    --accent: var(--feed-search-accent, light-dark(#0b6e69, #7fd6cf)); --on-accent: var(--feed-search-on-accent, light-dark(#fff, #10201f)); --radius: var(--feed-search-radius, .5em);
    --panel: var(--feed-search-background, light-dark(#fff, #1b2221)); --ink: var(--feed-search-color, light-dark(#1c2322, #e8eeed)); --quiet: var(--feed-search-quiet, light-dark(#4d5a58, #b3c0be));
    --line: var(--feed-search-line, light-dark(#d5dcdb, #3b4644)); --link: var(--feed-search-link, var(--accent)); --focus: var(--feed-search-focus, currentColor);
    --mark: var(--feed-search-mark, light-dark(#fde9a9, #6b5607)); --on-mark: var(--feed-search-mark-color, light-dark(#1c2322, #fff)); }
  :host([hidden]), .panel[hidden] { display: none; }
  :host([color-scheme=light]) { color-scheme: light; }
  :host([color-scheme=dark]) { color-scheme: dark; }
  :host([layout=modal]) { display: inline-block; min-inline-size: 0; }
  * { box-sizing: border-box; }
  :host > div { letter-spacing: normal; word-spacing: normal; text-transform: none; text-indent: 0; pointer-events: auto; writing-mode: horizontal-tb; }
  form { display: flex; flex-wrap: wrap; gap: var(--feed-search-gap, .5em); margin: 0; }
  input, button { font: inherit; line-height: 1.4; margin: 0; min-block-size: 24px; border: var(--feed-search-border, 1.5px solid); border-radius: var(--radius); }
  input { flex: 1 1 4rem; min-inline-size: 0; font-size: var(--feed-search-font-size, max(1em, 16px)); color: var(--feed-search-input-color, inherit); background: var(--feed-search-input-background, transparent); padding: var(--feed-search-input-padding, .45em .8em); }
  input::placeholder { color: inherit; opacity: .75; }
  button { font-weight: 600; padding: var(--feed-search-button-padding, .45em 1em); border-color: transparent; background: var(--accent); color: var(--on-accent); cursor: pointer; }
  :focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; }
  dialog, .over { color: var(--ink); background: var(--panel); border: 1px solid var(--line); border-radius: var(--radius); overflow: auto; }
  dialog { inline-size: min(100vw - 16px, var(--feed-search-modal-width, 44rem)); max-inline-size: none; max-block-size: 90vh; margin: 5vh auto auto; padding: 1em; }
  dialog::backdrop { background: var(--feed-search-backdrop, #0008); }
  .panel { display: block; overflow-wrap: anywhere; line-height: 1.4; }
  .over { position: fixed; inset: auto; margin: 0; padding: .4em; box-shadow: var(--feed-search-shadow, 0 8px 24px #0003); overscroll-behavior: contain; z-index: var(--feed-search-z-index, 1000); }
  .flow { --quiet: currentColor; --link: var(--feed-search-link, currentColor); --mark: var(--feed-search-mark, #fde9a9); --on-mark: var(--feed-search-mark-color, #1c2322); }
  .flow .title, .flow [part=completion] { text-decoration: underline; }
  .head, .note, .missing, .date { font-size: .87em; color: var(--quiet); }
  .head, .note { margin: 0; padding: .5em .6em .1em; }
  .status { margin: .3em 0 0; min-block-size: 1.4em; font-size: .87em; }
  .inline .status, :has(.note) + .status { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); }
  [role=option] { display: flow-root; min-block-size: 24px; padding: var(--feed-search-item-padding, .5em .6em); border-radius: var(--radius); color: inherit; text-decoration: none; cursor: pointer; }
  [role=option]:hover { background: var(--feed-search-hover, #8080801f); }
  [aria-selected=true] { background: var(--feed-search-active, #8080803d); outline: 2px solid var(--focus); outline-offset: -2px; }
  .head, .title { font-weight: 600; }
  .title { color: var(--link); }
  .snippet, .missing, .date { display: block; margin-block-start: .15em; }
  img { float: inline-end; inline-size: var(--feed-search-thumbnail, 5em); margin-inline-start: .6em; border-radius: var(--radius); }
  mark { background: var(--mark); color: var(--on-mark); border-radius: .2em; }
  [aria-busy=true] input { background: linear-gradient(currentColor 0 0) 50% 100% / 40% 2px no-repeat; }
  @media not (prefers-reduced-motion) { [aria-busy=true] input { animation: busy 1s infinite alternate; } @keyframes busy { from { background-position-x: 0; } to { background-position-x: 100%; } } }
  @media print { .over, dialog { display: none; } }
  @media (forced-colors: active) { mark { background: Mark; color: MarkText; } button { border-color: ButtonText; } }
`);
