// <script type="module" src="https://search.example.org/widget.js"></script><feed-search></feed-search>
//
// A search box with results for any page. It uses the public API alone, from the server it was loaded from (or `endpoint`);
// that server must name this page's origin in cors_origins. Attributes: endpoint, size, placeholder, source, category,
// language. Styles can be set from outside through --feed-search-accent and --feed-search-mark, and part(result).
const home = new URL(".", import.meta.url).href;

const style = new CSSStyleSheet();
style.replaceSync(`
  :host { display: block; font: inherit; color: inherit; container-type: inline-size; --accent: var(--feed-search-accent, #0b6e69); }
  form { display: flex; gap: .5em; }
  input { flex: 1; min-width: 0; font: inherit; color: inherit; padding: .55em .8em; border: 1.5px solid currentColor; border-radius: .5em; background: transparent; }
  button { font: inherit; font-weight: 600; padding: .5em 1em; border: 0; border-radius: .5em; background: var(--accent); color: #fff; cursor: pointer; }
  :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
  ol { list-style: none; margin: .6em 0 0; padding: 0; }
  li { padding: .7em 0; border-top: 1px solid color-mix(in srgb, currentColor 20%, transparent); }
  h3 { font-size: 1.05em; margin: 0; }
  a { color: var(--accent); }
  p { margin: .25em 0 0; }
  small, .status { opacity: .75; font-size: .87em; }
  mark { background: var(--feed-search-mark, #fde9a9); color: #1c2322; border-radius: .2em; }
  .more { margin-top: .6em; }
  .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
`);

const element = (name, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};

class FeedSearch extends HTMLElement {
  #request = null;
  #timer = 0;

  connectedCallback() {
    if (this.shadowRoot) return;
    const root = this.attachShadow({ mode: "open", delegatesFocus: true });
    root.adoptedStyleSheets = [style];
    this.input = element("input", { type: "search", id: "q", autocomplete: "off", placeholder: this.getAttribute("placeholder") ?? "Search" });
    const label = element("label", { htmlFor: "q", className: "unseen", textContent: "Search" });
    const form = element("form", {}, label, this.input, element("button", { type: "submit", textContent: "Search" }));
    form.setAttribute("role", "search");
    this.status = element("p", { className: "status" });
    this.status.setAttribute("role", "status");
    this.list = element("ol");
    this.more = element("p", { className: "more" });
    root.append(form, this.status, this.list, this.more);
    form.addEventListener("submit", (event) => { event.preventDefault(); this.#search(); });
    this.input.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#search(), 250);
    });
    this.input.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { this.input.value = ""; this.#show(null); }
    });
  }

  get endpoint() {
    return new URL(this.getAttribute("endpoint") || home, document.baseURI).href.replace(/\/?$/, "/");
  }

  #address(path, query) {
    const url = new URL(path, this.endpoint);
    url.searchParams.set("q", query);
    for (const name of ["source", "category", "language"]) {
      if (this.hasAttribute(name)) url.searchParams.set(name, this.getAttribute(name));
    }
    return url;
  }

  async #search() {
    clearTimeout(this.#timer);
    this.#request?.abort();
    const query = this.input.value.trim();
    if (!query) return this.#show(null);
    this.#request = new AbortController();
    const url = this.#address("api/v1/search", query);
    url.searchParams.set("size", this.getAttribute("size") || "5");
    try {
      const answer = await fetch(url, { signal: this.#request.signal, credentials: "omit" });
      const data = await answer.json();
      if (!answer.ok) throw new Error(data.detail || answer.statusText);
      this.#show(data, query);
    } catch (error) {
      if (error.name === "AbortError") return;
      this.#show(null);
      this.status.textContent = `The search cannot be reached now (${error.message}).`;
    }
  }

  // Counted, so that its operator sees which searches lead to a page; no cookie goes along, and the link does not wait.
  #opened(event, query, id) {
    if (event.button > 1) return;
    const url = new URL("api/v1/opened", this.endpoint);
    fetch(url, { method: "POST", body: new URLSearchParams({ q: query.slice(0, 1000), id }), keepalive: true, credentials: "omit", mode: "no-cors" }).catch(() => {});
  }

  #show(data, query) {
    this.status.textContent = !data ? "" : data.total === 1 ? "1 result" : data.total ? `${data.total} results` : "No results";
    this.list.replaceChildren(...(data?.hits ?? []).map((hit) => {
      const web = /^https?:/i.test(hit.url);
      const title = web ? element("a", { href: hit.url, textContent: hit.title }) : hit.title;
      for (const kind of web ? ["click", "auxclick"] : []) title.addEventListener(kind, (event) => this.#opened(event, query, hit.id));
      const text = hit.snippet.map((part) => (part.marked ? element("mark", { textContent: part.text }) : part.text));
      const date = hit.date ? new Date(hit.date).toLocaleDateString(undefined, { dateStyle: "medium" }) : "";
      const item = element("li", {}, element("h3", {}, title), element("p", {}, ...text), element("small", { textContent: date }));
      item.setAttribute("part", "result");
      if (hit.language !== "und") item.lang = hit.language;
      return item;
    }));
    const rest = data && data.total > data.hits.length;
    this.more.replaceChildren(...(rest ? [element("a", { href: this.#address("", query).href, textContent: "All results" })] : []));
  }
}

if (!customElements.get("feed-search")) customElements.define("feed-search", FeedSearch);
