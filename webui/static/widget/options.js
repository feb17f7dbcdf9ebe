// The list below the box: completions and results as the options of one listbox.

import { element, isWeb } from "./dom.js";
import { fill } from "./texts.js";

export class Options {
  items = [];
  active = -1;

  // `widget` offers api, texts, language, input, choose(completion), select(detail) -> boolean, remember(query).
  constructor(widget, list, id, focusable) { Object.assign(this, { widget, list, id, tabindex: focusable ? 0 : -1 }); }

  // Fill the list with a state, and return the notes to show above it. `correction` is then the heading of a corrected query's pages.
  show({ query, result, completions }) {
    const t = this.widget.texts, groups = [], notes = [];
    this.activate(-1);
    this.items = [];
    const group = (name, items) => {
      if (items.length) groups.push(element("div", { role: "group", "aria-label": name, part: "group" }, element("div", { class: "head", part: "heading", "aria-hidden": "true" }, name), ...items));
    };
    group(t.suggestions, completions.map((item) => this.#completion(item)));
    this.correction = "";
    if (result) {
      const { total, relaxed, notices = [], did_you_mean: mean, hits = [], partial = [], answers = [] } = result;
      const better = ((relaxed || !total) && mean?.hits) || [];
      notes.push(...notices.map((notice) => notice.text));
      group(t.answer, answers.map(({ title, text, url }) => this.#completion({ text: title, kind: "page", url }, text ? `${title}: ${text}` : title)));
      if (better.length) group(this.correction = fill(t.corrected, { q: query, c: mean.query }), better.map((hit) => this.#hit(hit, mean.query)));
      else if (relaxed) notes.push(t.relaxed);
      group(relaxed ? t.partial : t.pages, hits.filter((hit) => !better.some((item) => item.id === hit.id)).map((hit) => this.#hit(hit, query)));
      if (!better.length) {
        if (!hits.length && !partial.length && !answers.length) notes.push(fill(t.none, { q: query }));
        if (mean) groups.push(this.#completion({ text: mean.query, kind: "query" }, fill(t.mean, { c: mean.query })));
      }
      group(t.partial, partial.map((hit) => this.#hit(hit, query)));
      if (total > hits.length) groups.push(this.#all(query));
    }
    this.list.replaceChildren(...groups);
    this.list.hidden = !groups.length;
    return notes;
  }

  clear() { this.show({ completions: [] }); }

  activate(index) {
    this.items[this.active]?.setAttribute("aria-selected", "false");
    this.active = index;
    const item = this.items[index], { input } = this.widget;
    if (!item) return input.removeAttribute("aria-activedescendant");
    item.setAttribute("aria-selected", "true");
    input.setAttribute("aria-activedescendant", item.id);
    item.scrollIntoView({ block: "nearest" });
  }

  // Move by one; before the first and after the last stands the box itself.
  step(by) {
    const last = this.items.length - 1, next = this.active + by;
    this.activate(next > last ? -1 : next < -1 ? last : next);
  }

  #option(attributes, ...children) {
    const option = element("a", { role: "option", "aria-selected": "false", id: `${this.id}-${this.items.length}`, tabindex: this.tabindex, ...attributes }, ...children);
    option.addEventListener("pointerdown", (event) => { if (!event.button) event.preventDefault(); }); // the box keeps the focus
    this.items.push(option);
    return option;
  }

  #completion(item, text = item.text) {
    const { widget } = this, { api } = widget, url = item.url && new URL(item.url, api.endpoint).href;
    const direct = item.kind !== "query" && url && isWeb(url);
    const option = this.#option({ part: "completion", href: direct ? url : api.address("", item.text) }, element("span", { dir: "auto" }, text));
    option.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      if (direct && widget.select({ item, query: item.text, url })) return;
      event.preventDefault();
      if (!direct) widget.choose(item.text);
    });
    return option;
  }

  #hit(hit, query) {
    const { widget } = this, web = isWeb(hit.url), template = widget.querySelector("template[slot=item]"), fields = this.#fields(hit);
    let content;
    if (template) {
      content = [template.content.cloneNode(true)];
      for (const node of content[0].querySelectorAll("[data-field]")) node.replaceChildren(...(fields[node.dataset.field] ?? []));
    } else {
      content = ["title", "snippet", "missing", "date"].filter((name) => fields[name].length)
        .map((name) => element(name === "date" ? "time" : "span", { class: name, part: name, dir: "auto", datetime: name === "date" && hit.date }, ...fields[name]));
      if (widget.hasAttribute("thumbnails") && hit.thumbnail) content.unshift(element("img", { src: new URL(hit.thumbnail, widget.api.endpoint).href, alt: "", loading: "lazy", part: "thumbnail" }));
    }
    const option = this.#option({ part: "result", href: web && hit.url, lang: hit.language !== "und" && hit.language }, ...content);
    const opened = (event) => {
      if (event.button > 1) return;
      widget.api.record(query);
      widget.remember(query);
      widget.api.opened(query, hit.id);
    };
    option.addEventListener("click", (event) => { if (widget.select({ hit, query, url: hit.url }) && web) opened(event); else event.preventDefault(); });
    option.addEventListener("auxclick", opened);
    return option;
  }

  #fields(hit) {
    const { texts, language } = this.widget;
    return {
      title: [hit.title], url: [hit.url], source: [hit.source ?? ""], category: [(hit.categories ?? []).join(", ")],
      snippet: (hit.snippet ?? []).map((part) => (part.marked ? element("mark", { part: "mark" }, part.text) : part.text)),
      missing: hit.missing?.length ? [fill(texts.missing, { w: hit.missing.join(", ") })] : [],
      date: hit.date ? [new Intl.DateTimeFormat(language, { dateStyle: "medium", timeZone: "UTC" }).format(new Date(hit.date))] : [],
    };
  }

  #all(query) {
    const option = this.#option({ part: "more", href: this.widget.api.address("", query) }, this.widget.texts.all);
    option.addEventListener("click", () => this.widget.remember(query));
    return option;
  }
}
