// What a widget asks the server. Every request is anonymous: no cookie goes along.

import { HOME } from "./texts.js";

const FILTERS = ["source", "category", "language"];
const TIMEOUT_MS = 5000, MAX_CACHED = 60, MAX_COMPLETIONS = 5, MAX_SIZE = 50;

export class Api {
  #cache = new Map();
  #completions = new Map();
  #recorded = "";

  constructor(host) { this.host = host; }

  get endpoint() {
    try { return new URL(this.host.getAttribute("endpoint") || HOME, document.baseURI).href.replace(/\/?$/, "/"); } catch { return HOME; } // no address
  }

  address(path, query, more = {}) {
    const url = new URL(path, this.endpoint);
    url.searchParams.set("q", query);
    for (const name of FILTERS) if (this.host.getAttribute(name)) url.searchParams.set(name, this.host.getAttribute(name));
    for (const [name, value] of Object.entries(more)) url.searchParams.set(name, value);
    return url.href;
  }

  cached(query) { return this.#cache.get(query); }

  async #json(url, signal) {
    const response = await fetch(url, { signal, credentials: "omit" });
    const data = await response.json();
    if (!response.ok) throw Object.assign(new Error(data.detail || response.statusText), { status: response.status });
    return data;
  }

  // Results and completions of a half-typed query. `request` is aborted by newer typing, or here after five seconds.
  async search(query, request) {
    const size = Math.min(Math.max(parseInt(this.host.getAttribute("size")), 1), MAX_SIZE) || 5, { signal } = request;
    const timeout = setTimeout(() => request.abort(new Error("timeout")), TIMEOUT_MS);
    try {
      const [result, suggested] = await Promise.all([
        this.#json(this.address("api/v1/search", query, { size, prefix_last: 1, ...(this.host.code && { lang: this.host.code }) }), signal),
        this.#json(this.address("api/v1/suggest", query), signal).catch(() => ({})),
      ]);
      const { items = [] } = suggested;
      for (const item of items) this.#completions.set(item.text, item);
      if (this.#cache.size >= MAX_CACHED) this.#cache.clear();
      const state = { query, result, completions: this.#fitting(query, items) };
      this.#cache.set(query, state);
      return state;
    } finally { clearTimeout(timeout); }
  }

  #fitting(query, items) { return items.filter((item) => item.text.toLowerCase() !== query.toLowerCase()).slice(0, MAX_COMPLETIONS); }

  // Completions of earlier answers that still fit, to show until the server has answered.
  earlier(query) {
    const start = query.toLowerCase();
    return this.#fitting(query, [...this.#completions.values()].filter((item) => item.text.toLowerCase().startsWith(start)));
  }

  // The server counts a search that comes without prefix_last, so only a finished query is sent like this, once.
  record(query) {
    if (!query || this.#recorded === query) return;
    this.#recorded = query;
    fetch(this.address("api/v1/search", query, { size: 1 }), { keepalive: true, credentials: "omit" }).catch(() => {});
  }

  opened(query, id) {
    const body = new URLSearchParams({ q: query.slice(0, 1000), id });
    fetch(new URL("api/v1/opened", this.endpoint), { method: "POST", body, keepalive: true, credentials: "omit", mode: "no-cors" }).catch(() => {});
  }

  // Whether the server runs but does not let this page read its answers.
  async refuses() {
    return new URL(this.endpoint).origin !== location.origin && fetch(new URL("healthz", this.endpoint), { mode: "no-cors", credentials: "omit" }).then(() => true, () => false);
  }
}
