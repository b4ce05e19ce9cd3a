(() => {
  const form = document.getElementById("filter"), count = document.getElementById("count"), lens = document.getElementById("lens");
  const search = document.getElementById("search"), level = document.getElementById("level");
  const chosen = document.getElementById("package"), owner = document.getElementById("owner");
  const list = value => value ? value.split(" ") : [];
  const batches = [...document.querySelectorAll(".batch")].map(batch => ({
    batch, sections: [...batch.children].map(section => ({
      section, package: section.dataset.package,
      articles: [...section.querySelectorAll("article")].map(article => ({ article, text: null,
        level: article.dataset.level, cells: list(article.dataset.cells), owners: list(article.dataset.owners),
        numbers: article.dataset.numbers })),
    })),
  }));
  const pictures = [...document.querySelectorAll("section.numbers")].map(section => ({ section, id: section.dataset.numbers }));
  const buttons = [];
  let cell = "";
  const text = (one, part) =>
    one.text ??= (part.section.firstElementChild.textContent + " " + one.article.textContent).toLowerCase();
  const show = (element, is) => { if (element.hidden === is) element.hidden = !is; };
  // What stands in something hidden is settled when that is shown.
  const settle = batch => {
    show(batch.batch, batch.any > 0);
    // The room for what is not laid out: what it took before another filter would be a bad guess.
    batch.batch.style.containIntrinsicHeight = batch.any * (batch.batch.classList.contains("brief") ? 130 : 450) + "px";
    if (batch.any) for (const part of batch.sections) {
      show(part.section, part.any);
      if (part.any) for (const one of part.articles) show(one.article, one.fits);
    }
  };
  let waiting = [];
  const proceed = most => {
    for (const batch of waiting.splice(0, most ?? waiting.length)) settle(batch);
    const busy = waiting.length > 0;
    form.toggleAttribute("aria-busy", busy);
    return busy;
  };
  const later = window.requestIdleCallback ?? (work => setTimeout(work, 50));
  let turn = 0;
  const apply = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const numbers = new Set();
    let shown = 0;
    for (const batch of batches) {
      batch.any = 0;
      for (const part of batch.sections) {
        const fits = chosen.value === "*" || chosen.value === part.package;
        part.any = false;
        for (const one of part.articles) {
          one.fits = fits && (!level.value || level.value === one.level) && (!cell || one.cells.includes(cell))
            && (!owner || !owner.value || one.owners.includes(owner.value))
            && words.every(word => text(one, part).includes(word));
          if (!one.fits) continue;
          part.any = true;
          batch.any += 1;
          shown += 1;
          if (one.numbers) numbers.add(one.numbers);
        }
      }
      if (!batch.any) settle(batch);
    }
    // What a person sees at once, then the rest in small steps.
    waiting = batches.filter(batch => batch.any);
    const mine = ++turn;
    const step = most => { if (mine === turn && proceed(most)) setTimeout(step, 0, 5); };
    step(2);
    for (const picture of pictures) show(picture.section, numbers.has(picture.id));
    lens.textContent = buttons.find(b => b.parentElement.dataset.cell === cell)?.parentElement.dataset.name ?? "";
    for (const button of buttons) button.setAttribute("aria-pressed", button.parentElement.dataset.cell === cell);
    count.textContent = shown + (shown === 1 ? " finding" : " findings");
  };
  for (const td of document.querySelectorAll("td[data-cell]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...td.childNodes);
    button.addEventListener("click", () => { cell = cell === td.dataset.cell ? "" : td.dataset.cell; apply(); });
    td.append(button);
    buttons.push(button);
  }
  form.addEventListener("input", apply);
  form.addEventListener("submit", event => event.preventDefault());
  form.addEventListener("reset", () => { cell = ""; setTimeout(apply); });
  let place = 0;
  // What is laid out above a place moves it: it is held until nothing has moved for ten frames.
  const stay = (target, mine, still, left) => {
    if (mine !== place || !left) return;
    const before = target.getBoundingClientRect().top;
    target.scrollIntoView();
    const moved = Math.abs(target.getBoundingClientRect().top - before) > 1;
    const now = moved || waiting.length ? 0 : still + 1;
    if (now < 10) requestAnimationFrame(() => stay(target, mine, now, left - 1));
  };
  const follow = () => {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    if (target && (target.closest("[hidden]") || waiting.length)) { form.reset(); cell = ""; apply(); proceed(); }
    if (!target) return;
    // Else the room for what is not laid out yet is a guess, and the place moves as soon as it was scrolled to.
    const batch = target.closest(".batch");
    if (batch) batch.style.contentVisibility = "visible";
    stay(target, place += 1, 0, 300);
  };
  addEventListener("hashchange", follow);
  // Who moves the page lets go of the place.
  for (const hand of ["wheel", "touchstart", "keydown"]) addEventListener(hand, () => { place += 1; }, { passive: true });
  addEventListener("beforeprint", () => proceed());
  form.hidden = false;
  follow();
  // The words of every finding are there before anybody has typed one.
  const gather = at => later(() => {
    for (const part of batches[at].sections) for (const one of part.articles) text(one, part);
    if (at + 1 < batches.length) gather(at + 1);
  });
  if (batches.length) gather(0);
})();
