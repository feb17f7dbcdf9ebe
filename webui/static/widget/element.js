// <feed-search>: the element itself, its states and its keys.

import { Api } from "./api.js";
import { element, focused } from "./dom.js";
import { Options } from "./options.js";
import { sheet } from "./style.js";
import { ENGLISH, fill, loadTexts } from "./texts.js";

const DEBOUNCE_MS = 120, BUSY_MS = 300, REST_MS = 2000, GAP_PX = 8, MIN_PANEL_PX = 352;
let widgets = 0;

class FeedSearch extends HTMLElement {
  static formAssociated = true;
  static observedAttributes = ["endpoint", "size", "placeholder", "label", "source", "category", "language", "lang", "layout", "value", "thumbnails"];
  texts = ENGLISH;
  #internals = this.attachInternals();
  #root = this.attachShadow({ mode: "open", delegatesFocus: true });
  #place = new CSSStyleSheet();
  #id = `feed-search-${++widgets}`;
  #request = null;
  #timers = {};
  #shown = null;
  #listeners = null;

  constructor() {
    super();
    this.#root.adoptedStyleSheets = [sheet, this.#place];
  }

  connectedCallback() {
    this.#listeners = new AbortController();
    const { signal } = this.#listeners;
    document.addEventListener("keydown", (event) => this.#shortcut(event), { signal });
    document.addEventListener("pointerdown", (event) => { if (!event.composedPath().includes(this)) this.#close(); }, { signal });
    for (const name of ["scroll", "resize"]) addEventListener(name, () => this.#position(), { signal, capture: true, passive: true });
    addEventListener("popstate", () => { if (this.hasAttribute("history")) this.#fromAddress(); }, { signal });
    const text = this.input?.value ?? this.getAttribute("value") ?? "";
    this.#build(text);
    this.#fromAddress();
    this.#load();
  }

  disconnectedCallback() {
    this.#listeners.abort();
    this.#request?.abort();
    this.#request = null;
    for (const name in this.#timers) clearTimeout(this.#timers[name]);
  }

  attributeChangedCallback(name, before, now) {
    if (before === now || !this.isConnected || !this.input) return;
    if (name === "value") this.value = now ?? "";
    else if (name === "lang") this.#load();
    else this.#build(this.input.value);
  }

  formResetCallback() { this.value = this.getAttribute("value") ?? ""; }
  formDisabledCallback(disabled) { this.input.disabled = this.button.disabled = disabled; }
  get value() { return this.input?.value ?? ""; }
  set value(text) { this.#fill(text); this.#clear(); }
  get language() { // pages say anything
    try { return `${new Intl.Locale((this.closest("[lang]")?.lang || document.documentElement.lang).replace("_", "-"))}`; } catch { return "en"; }
  }
  get code() { return this.texts === ENGLISH ? "" : this.language.slice(0, 2); }
  get #layout() { return this.getAttribute("layout") || "inline"; }
  get #query() { return this.input.value.trim(); }

  // Open the dialog of a modal widget, and put the cursor into the box.
  show() {
    if (this.dialog && !this.dialog.open) this.dialog.showModal();
    this.input.focus();
  }

  select(detail) { return this.#emit("select", detail); }

  choose(text) {
    this.#fill(text);
    this.api.record(text);
    this.#search(text);
    this.input.focus();
  }

  // -- building

  #build(text) {
    const layout = this.#layout, list = `${this.#id}-list`;
    const overlay = layout !== "modal" && layout !== "page";
    this.api = new Api(this);
    this.#shown = null;
    this.input = element("input", { type: "search", part: "input", role: "combobox", autocomplete: "off", spellcheck: "false", maxlength: 1000,
      "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list });
    this.button = element("button", { part: "button" });
    this.box = element("form", { role: "search", part: "form" }, this.input, this.button);
    this.list = element("div", { id: list, role: "listbox", part: "list" });
    this.options = new Options(this, this.list, this.#id, layout === "page");
    this.note = element("div", { part: "note" });
    this.panel = element("div", { part: "panel", class: overlay ? "panel over" : layout === "page" ? "panel flow" : "panel", popover: overlay && "manual", hidden: true }, this.note, this.list);
    this.status = element("p", { role: "status", part: "status", class: "status" });
    const content = element("div", { class: overlay ? "inline" : layout }, this.box, this.panel, this.status);
    this.overlay = overlay;
    this.dialog = this.opener = null;
    this.#root.replaceChildren(layout === "modal" ? this.#modal(content) : content);
    this.#label();
    this.#fill(text);
    this.box.addEventListener("submit", (event) => { event.preventDefault(); this.#enter(); });
    this.input.addEventListener("input", (event) => { if (!event.isComposing) this.#typed(); });
    this.input.addEventListener("compositionend", () => this.#typed());
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.input.addEventListener("focus", () => { this.#load(); if (overlay && this.#shown?.query === this.#query) this.#open(); });
    content.addEventListener("focusout", (event) => { if (event.relatedTarget && !this.#root.contains(event.relatedTarget)) this.#close(); });
  }

  #modal(content) {
    this.opener = element("button", { part: "opener", "aria-haspopup": "dialog" });
    this.closer = element("button", { type: "button", part: "close" });
    this.dialog = element("dialog", { part: "dialog" }, content);
    this.box.append(this.closer);
    this.closer.addEventListener("click", () => this.dialog.close());
    this.opener.addEventListener("click", () => this.show());
    this.dialog.addEventListener("click", ({ target }) => { if (target === this.dialog) target.close(); });
    this.dialog.addEventListener("close", () => { this.#close(); this.opener.focus(); });
    return element("div", {}, this.opener, this.dialog);
  }

  async #load() {
    const { language } = this, texts = await loadTexts(language);
    if (language !== this.language || texts === this.texts) return;
    this.texts = texts;
    this.#label();
    if (this.#shown) this.#render();
  }

  #label() {
    const { search, close } = this.texts, name = this.getAttribute("label") || search;
    for (const node of [this.input, this.list, this.box, this.dialog]) node?.setAttribute("aria-label", name);
    this.input.placeholder = this.getAttribute("placeholder") ?? search;
    this.button.textContent = search;
    if (this.dialog) { this.opener.textContent = name; this.closer.textContent = close; }
    this.#root.firstChild.lang = this.texts === ENGLISH ? "en" : this.language;
  }

  // -- typing and keys

  #fill(text) {
    if (!this.input) return;
    this.input.value = text;
    this.#internals.setFormValue(text);
  }

  #shortcut(event) {
    const keys = (this.getAttribute("shortcut") ?? "").toLowerCase().split(/[\s,]+/), { key } = event, command = event.ctrlKey || event.metaKey;
    if (event.defaultPrevented || event.altKey || !(command ? key.toLowerCase() === "k" && keys.includes("ctrl-k") : key === "/" && keys.includes("/"))) return;
    const inside = focused();
    if (inside?.isContentEditable || inside?.matches("input, textarea, select")) return;
    event.preventDefault();
    this.show();
  }

  #typed() {
    const query = this.#query;
    this.#internals.setFormValue(this.input.value);
    clearTimeout(this.#timers.typing);
    clearTimeout(this.#timers.rest);
    if (!query) return this.#clear();
    this.#timers.typing = setTimeout(() => this.#search(query), this.api.cached(query) ? 0 : DEBOUNCE_MS);
    this.#timers.rest = setTimeout(() => this.api.record(query), REST_MS);
  }

  #key(event) {
    const { key } = event, open = this.input.getAttribute("aria-expanded") === "true", { options } = this;
    if (event.isComposing || event.keyCode === 229 || event.altKey) return;
    if (key === "Tab" && this.overlay) return this.#close();
    if (key === "Escape") {
      if (this.dialog) this.dialog.close();
      else if (open && this.overlay) this.#close();
      else if (this.input.value) this.value = "";
      else return;
      event.stopPropagation();
    } else if (/^Arrow(Up|Down)$/.test(key) && options.items.length) {
      if (!open) this.#open();
      options.step(key === "ArrowDown" ? 1 : -1);
    } else if (/^(Home|End)$/.test(key) && options.active >= 0) options.activate(key === "Home" ? 0 : options.items.length - 1);
    else return;
    event.preventDefault();
  }

  #enter() {
    const { options } = this, query = this.#query;
    if (options.items[options.active]) return options.items[options.active].click();
    if (!query) return;
    clearTimeout(this.#timers.typing);
    clearTimeout(this.#timers.rest);
    this.remember(query);
    if (this.#layout === "page") { this.api.record(query); return this.#search(query); }
    const url = this.api.address("", query);
    if (this.select({ query, url })) location.assign(url);
  }

  // -- searching and showing

  async #search(query) {
    this.#request?.abort();
    const request = this.#request = new AbortController(), current = () => request === this.#request && this.isConnected;
    clearTimeout(this.#timers.busy);
    try {
      let state = this.api.cached(query);
      if (!state) {
        const completions = this.api.earlier(query);
        if (completions.length && this.#layout !== "page") { this.#shown = { query, completions }; this.#render(); }
        this.#timers.busy = setTimeout(() => this.#busy(true), BUSY_MS);
        state = await this.api.search(query, request);
      }
      if (current()) this.#show(state);
    } catch (error) {
      if (current()) await this.#fail(error, query, current);
    } finally {
      if (current()) { clearTimeout(this.#timers.busy); this.#busy(false); }
    }
  }

  #busy(busy) {
    this.box.setAttribute("aria-busy", busy);
    if (busy) this.#announce(this.texts.busy);
  }

  #announce(text) { if (this.status.textContent !== text) this.status.textContent = text; } // screen readers repeat what is set again

  #emit(name, detail) { return this.dispatchEvent(new CustomEvent(`feed-search:${name}`, { bubbles: true, composed: true, cancelable: true, detail })); }

  async #fail(error, query, current) {
    if (!this.#emit("error", { error, query })) return;
    let text = error.status ? error.message : this.texts.error;
    if (!error.status && error.message !== "timeout" && await this.api.refuses()) text = fill(this.texts.refused, { o: location.origin });
    if (!current()) return;
    this.#shown = null;
    this.options.clear();
    this.#note([text]);
    this.#announce(text);
    this.#open();
  }

  #note(texts) { this.note.replaceChildren(...texts.map((text) => element("p", { class: "note", part: "message" }, text))); }

  #show(state) {
    const { query, result } = state, { total } = result, t = this.texts;
    this.#shown = state;
    if (!this.#emit("results", { query, ...result })) return this.#close();
    this.#render();
    const count = t.results[new Intl.PluralRules(this.language).select(total)] ?? t.results.other;
    this.#announce(this.options.correction || fill(total ? count : t.none, { n: total.toLocaleString(this.language), q: query }));
  }

  #render() {
    this.#note(this.options.show(this.#shown));
    this.#open();
  }

  #open() {
    this.panel.hidden = false;
    this.input.setAttribute("aria-expanded", this.options.items.length > 0);
    if (!this.overlay) return;
    if (this.panel.showPopover && !this.panel.matches(":popover-open")) this.panel.showPopover();
    this.#position();
  }

  #close() {
    clearTimeout(this.#timers.typing);
    this.options.activate(-1);
    if (!this.overlay) return;
    if (this.panel.hidePopover && this.panel.matches(":popover-open")) this.panel.hidePopover();
    this.#hide();
  }

  #hide() {
    this.panel.hidden = true;
    this.input.setAttribute("aria-expanded", false);
  }

  #clear() {
    if (!this.input) return;
    this.#request?.abort();
    this.#request = this.#shown = null;
    clearTimeout(this.#timers.rest);
    this.#busy(false);
    this.options.clear();
    this.#note([]);
    this.#announce("");
    this.#close();
    this.#hide();
  }

  // Put the overlay below the box, or above it where there is more room; never beyond the window. The place goes into a
  // constructed sheet, as a page's policy may forbid style attributes.
  #position() {
    if (!this.overlay || this.panel.hidden) return;
    const zoom = this.currentCSSZoom || 1, box = this.box.getBoundingClientRect(), { clientWidth: width, clientHeight: height } = document.documentElement;
    const wide = Math.min(width - 2 * GAP_PX, Math.max(box.width, MIN_PANEL_PX)), right = getComputedStyle(this).direction === "rtl";
    const left = Math.max(GAP_PX, Math.min(right ? box.right - wide : box.left, width - wide - GAP_PX));
    const below = height - box.bottom - 2 * GAP_PX, above = box.top - 2 * GAP_PX, up = below < 200 && above > below;
    const bottom = height - box.top + 4, places = { left, width: wide, "max-height": Math.max(120, up ? above : below), ...(up ? { bottom } : { top: box.bottom + 4 }) };
    this.#place.replaceSync(`.over{${Object.keys(places).map((name) => `${name}:${places[name] / zoom}px`).join(";")}}`);
  }

  // -- the host page's address

  get #parameter() { return this.getAttribute("query-param") || (this.hasAttribute("history") ? "q" : ""); }

  #fromAddress() {
    const query = this.#parameter && new URL(location).searchParams.get(this.#parameter);
    if (!query) return;
    this.#fill(query);
    this.#search(query.trim());
  }

  // Put the query into the host page's address, so that Back returns to these results.
  remember(query) {
    const url = new URL(location);
    if (!this.hasAttribute("history") || url.searchParams.get(this.#parameter) === query) return;
    url.searchParams.set(this.#parameter, query);
    history.pushState(null, "", url);
  }
}

if (!customElements.get("feed-search")) customElements.define("feed-search", FeedSearch);
