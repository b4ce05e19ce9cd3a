"use strict";
// The names of a version are in its `names.js`, which may be large: it is asked for when somebody wants to search.
function protopactNames(packages) {
  const inside = { service: "method", message: "field", enum: "value" };
  const list = [];
  for (const [name, page, elements] of packages) {
    const add = (name, noun, href) => list.push({ name, noun, href, folded: name.toLowerCase() });
    if (name) add(name, "package", page);
    for (const [short, noun, members] of elements) {
      const whole = name ? name + "." + short : short;
      add(whole, noun, page + "#" + whole);
      for (const member of members) add(whole + "." + member, inside[noun], page + "#" + whole + "." + member);
    }
  }
  protopactSearch.all = list;
  protopactSearch();
}
function protopactSearch() {
  const form = document.getElementById("search"), input = document.getElementById("words");
  const count = document.getElementById("count"), found = document.getElementById("found");
  const most = 50, all = protopactSearch.all ?? [];
  const order = ["package", "service", "message", "enum", "method", "extension", "field", "value"];
  const rank = (one, words) => {
    const last = one.folded.slice(one.folded.lastIndexOf(".") + 1), word = words[words.length - 1];
    const near = last === word ? 0 : last.startsWith(word) ? 1 : last.includes(word) ? 2 : 3;
    return near * order.length + order.indexOf(one.noun);
  };
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
  count.textContent = !words.length ? "" : !protopactSearch.all ? protopactSearch.failed ? "the names cannot be read" : "reading the names"
    : hits.length > most ? hits.length + " found, the first " + most + " shown" : hits.length + " found";
}
(() => {
  const form = document.getElementById("search"), input = document.getElementById("words");
  const read = () => {
    if (protopactSearch.asked) return;
    protopactSearch.asked = true;
    const script = document.createElement("script");
    script.src = form.dataset.folder + "names.js";
    script.addEventListener("error", () => { protopactSearch.failed = true; protopactSearch(); });
    document.head.append(script);
  };
  input.addEventListener("focus", read);
  input.addEventListener("input", () => { read(); protopactSearch(); });
  form.addEventListener("submit", event => {
    event.preventDefault();
    document.querySelector("#found a")?.click();
  });
  form.hidden = false;
  if (input.value) read();
})();
