"use strict";
// Hands of names come from `names.js` of a version: for each package its page, and its elements with what each is.
function protopactNames(packages) {
  const form = document.getElementById("search"), input = document.getElementById("words");
  const count = document.getElementById("count"), found = document.getElementById("found");
  const most = 50;
  const all = packages.flatMap(([name, page, elements]) => [
    { name, noun: "package", href: page, folded: name.toLowerCase() },
    ...elements.map(([short, noun]) => {
      const whole = name ? name + "." + short : short;
      return { name: whole, noun, href: page + "#" + whole, folded: whole.toLowerCase() };
    }),
  ]).filter(one => one.name);
  const order = ["package", "service", "message", "enum", "method", "extension", "field", "value"];
  const rank = (one, words) => {
    const last = one.folded.slice(one.folded.lastIndexOf(".") + 1), word = words[words.length - 1];
    const near = last === word ? 0 : last.startsWith(word) ? 1 : last.includes(word) ? 2 : 3;
    return near * order.length + order.indexOf(one.noun);
  };
  const show = () => {
    const words = input.value.toLowerCase().split(/[\s/]+/).filter(Boolean);
    const hits = words.length ? all.filter(one => words.every(word => one.folded.includes(word))) : [];
    const ranked = hits.map(one => [rank(one, words), one]).sort((a, b) => a[0] - b[0]).slice(0, most);
    found.replaceChildren(...ranked.map(([, one]) => {
      const li = document.createElement("li"), a = document.createElement("a"), small = document.createElement("small");
      a.href = form.dataset.folder + one.href;
      a.textContent = one.name;
      small.textContent = one.noun;
      li.append(a, " ", small);
      return li;
    }));
    count.textContent = !words.length ? "" : hits.length > most ? hits.length + " found, the first " + most + " shown" : hits.length + " found";
  };
  input.addEventListener("input", show);
  form.addEventListener("submit", event => {
    event.preventDefault();
    found.querySelector("a")?.click();
  });
  form.hidden = false;
  show();
}
