// Elements with text. Nothing here reads markup: text of a trace stays text.

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key === 'onclick') made.addEventListener('click', value);
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

function byId(id) { return document.getElementById(id); }

function replaceChildren(parent, ...children) {
  parent.replaceChildren(...children);
}
