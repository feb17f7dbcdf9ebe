// Small tools for building nodes.

export const element = (name, attributes = {}, ...children) => {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value != null && value !== false) node.setAttribute(key, value === true ? "" : value);
  node.append(...children.filter((child) => child != null));
  return node;
};
export const isWeb = (url) => /^https?:/i.test(url);
// The innermost focused element, through shadow roots.
export const focused = () => { let node = document.activeElement; while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement; return node; };
