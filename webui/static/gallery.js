// The builder of the widget's page: each choice becomes an attribute of the preview and of the code to copy.
const builder = document.getElementById("builder"), code = document.getElementById("code"), preview = document.getElementById("preview");
const plain = code.textContent, fixed = document.getElementById("fixed").textContent;

const quoted = (text) => text.replace(/&/g, "&amp;").replace(/"/g, "&quot;").replace(/</g, "&lt;");

const show = () => {
  const choices = [...new FormData(builder)].filter(([name, value]) => value && name !== "fixed").map(([name, value]) => [name, name === "history" ? "" : value]);
  const attributes = choices.map(([name, value]) => (value ? ` ${name}="${quoted(value)}"` : ` ${name}`)).join("");
  code.textContent = (builder.elements.fixed.checked ? fixed : plain).replace("<feed-search>", () => `<feed-search${attributes}>`);
  const widget = document.createElement("feed-search");
  widget.setAttribute("label", preview.dataset.label);
  for (const [name, value] of choices) if (!["history", "query-param"].includes(name)) widget.setAttribute(name, value);
  preview.replaceChildren(widget);
};

builder.addEventListener("input", show);
builder.addEventListener("submit", (event) => event.preventDefault());
