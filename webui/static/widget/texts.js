// What the widget says. English is built in; the server has a small JSON file for each other language.

export const HOME = new URL(".", import.meta.url).href;

export const ENGLISH = {
  search: "Search", close: "Close", suggestions: "Suggestions", answer: "Answer", pages: "Pages", all: "All results", busy: "Searching…",
  results: { one: "{n} result", other: "{n} results" },
  none: "No results for “{q}”.", partial: "With some of the words", missing: "Missing: {w}",
  relaxed: "No page has all the words.", corrected: "Nothing for “{q}”. Results for “{c}”.",
  mean: "Did you mean “{c}”?", error: "The search is unreachable.", refused: "This server does not admit {o}.",
};
const LANGUAGES = "ar de es fr he it nl pl pt", loaded = new Map();

// Load the texts of a language once. English stands in for a language without texts, and for texts that do not arrive.
export const loadTexts = (language) => {
  const code = language.slice(0, 2);
  if (!LANGUAGES.includes(code)) return ENGLISH;
  if (!loaded.has(code)) {
    loaded.set(code, fetch(new URL(`widget/${code}.json`, HOME), { credentials: "omit" })
      .then(async (response) => (response.ok ? { ...ENGLISH, ...await response.json() } : ENGLISH)).catch(() => ENGLISH));
  }
  return loaded.get(code);
};

export const fill = (text, values) => text.replace(/\{(\w)\}/g, (_, key) => values[key]);
