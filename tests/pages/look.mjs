// Looks at reports with programs that are not ours: `node look.mjs CHROMIUM FOLDER`, where FOLDER holds *.html and *.md.
// Prints a line for each thing that holds, and ends with 1 if one does not.
import { readFileSync, readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { FileSystemConfigLoader, HtmlValidate } from "html-validate";
import MarkdownIt from "markdown-it";
import puppeteer from "puppeteer-core";

const [chromium, folder] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core"), "utf8");
let failed = 0;
let passed = 0;
const hold = (what, is, more = "") => {
  if (is) passed += 1; else failed += 1;
  console.log(`${is ? "ok    " : "FAILED"} ${what}${is ? "" : ` ${more}`}`);
};
const files = readdirSync(folder).sort();

// Markup by the standard, apart from taste: entities written another way, and attributes in another order.
const validator = new HtmlValidate(new FileSystemConfigLoader({ extends: ["html-validate:standard"], root: true }));
for (const name of files.filter(name => name.endsWith(".html"))) {
  const report = await validator.validateFile(join(folder, name));
  const found = report.results.flatMap(r => r.messages).map(m => `${m.line}:${m.column} ${m.ruleId} ${m.message}`);
  hold(`${name}: html-validate`, found.length === 0, found.slice(0, 5).join("\n"));
}

// A comment is text and code, whatever was in a name.
for (const name of files.filter(name => name.endsWith(".md"))) {
  const tokens = new MarkdownIt({ html: true, linkify: true }).parse(readFileSync(join(folder, name), "utf8"), {});
  const all = tokens.flatMap(token => [token, ...(token.children ?? [])]);
  const wrong = all.filter(t => ["link_open", "image", "fence", "code_block"].includes(t.type)
    || (t.type.startsWith("html") && !/^(<\/?(details|summary|code|span)>|\s|[^<])*$/.test(t.content)));
  hold(`${name}: no link, no image, no markup but ours`, wrong.length === 0, JSON.stringify(wrong[0]?.content));
}

const browser = await puppeteer.launch({ executablePath: chromium, args: ["--no-sandbox", "--disable-gpu"] });
try {
  for (const name of files.filter(name => name.endsWith(".html"))) {
    const path = join(folder, name);
    const url = pathToFileURL(path).href;
    for (const [size, width] of [["phone", 390], ["desktop", 1280]]) {
      for (const scheme of ["light", "dark"]) {
        const page = await browser.newPage();
        const asked = [];
        page.on("request", request => asked.push(request.url()));
        await page.setViewport({ width, height: 900 });
        await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
        const begun = performance.now();
        await page.goto(url, { waitUntil: "load" });
        const opened = Math.round(performance.now() - begun);
        const where = `${name} (${size}, ${scheme})`;
        hold(`${where}: fetches nothing`, asked.every(a => a === url), asked.join(" "));
        const wide = await page.evaluate(() => document.scrollingElement.scrollWidth - innerWidth);
        hold(`${where}: nothing overflows`, wide <= 0, `by ${wide} pixels`);
        if (statSync(path).size < 1_000_000) {
          await page.evaluate(axe);
          const { violations } = await page.evaluate(() => globalThis.axe.run());
          const said = violations.map(v => `${v.id}: ${v.nodes[0].html.slice(0, 160)} ${v.nodes[0].failureSummary}`);
          hold(`${where}: axe-core`, violations.length === 0, said.join("\n"));
        } else if (size === "desktop" && scheme === "light") {
          console.log(`       ${where}: ${statSync(path).size} bytes, opens in ${opened} ms`);
        }
        await page.close();
      }
    }
    // A page of `verify`: from whatever is red it is one click to the change behind it. What is folded has been opened by
    // whoever sees it.
    const red = ["main > .strip td", ".grid td", ".agreed b"].map(place => `${place}:is(.predicted, .bad)`).join(", ");
    const isMatrix = readFileSync(path, "utf8").includes('class="scroll strip"');
    for (const width of isMatrix ? [390, 1280] : []) {
      const page = await browser.newPage();
      await page.setViewport({ width, height: 900 });
      await page.goto(url);
      await page.evaluate(() => document.querySelectorAll("details").forEach(details => { details.open = true; }));
      const spots = await page.$$(red);
      const astray = [];
      for (const spot of spots.slice(0, 100)) {
        const link = await spot.$("a[href^='#']");
        await link?.click();
        const there = await page.evaluate(() => {
          const box = document.querySelector("article:target")?.getBoundingClientRect();
          return box && box.bottom > 0 && box.top < innerHeight;
        });
        if (!link || !there) astray.push(await spot.evaluate(e => e.outerHTML));
        await page.evaluate(() => { location.hash = ""; });
      }
      hold(`${name} (${width} wide): ${spots.length} red places, each one click from its change`,
        spots.length > 0 && astray.length === 0, astray.slice(0, 3).join("\n"));
      await page.close();
    }
    if (isMatrix) {
      // As wide as a sheet of A4 within the margins that Chromium leaves. What is too wide would be cut off, or all of it
      // printed smaller.
      const page = await browser.newPage();
      await page.setViewport({ width: 717, height: 900 });
      await page.emulateMediaType("print");
      await page.goto(url);
      const wide = await page.evaluate(() => document.scrollingElement.scrollWidth - innerWidth);
      hold(`${name}: printed, nothing overflows`, wide <= 0, `by ${wide} pixels`);
      await page.close();
    }
    if (!readFileSync(path, "utf8").includes('id="filter"')) continue;
    const page = await browser.newPage();
    await page.setViewport({ width: 1280, height: 900 });
    await page.goto(url);
    const shown = () => page.waitForSelector("form:not([aria-busy])").then(() => page.evaluate(() => [...document.querySelectorAll("article")]
      .filter(a => !a.closest("[hidden]")).map(a => a.id)));
    const all = await shown();
    const cell = await page.evaluate(() => document.querySelector("td[data-cell]").dataset.cell);
    await page.click("td[data-cell] button");
    const hit = await page.evaluate(cell => [...document.querySelectorAll("article")]
      .filter(a => (a.dataset.cells ?? '').split(" ").includes(cell)).map(a => a.id), cell);
    hold(`${name}: a click on ${cell} leaves what it counts`, JSON.stringify(await shown()) === JSON.stringify(hit));
    hold(`${name}: and says how many`, (await page.$eval("#count", c => c.textContent)).startsWith(`${hit.length} `));
    await page.click("td[data-cell] button");
    hold(`${name}: a second click shows all again`, (await shown()).length === all.length);
    await page.focus("td[data-cell] button");
    await page.keyboard.press("Enter");
    hold(`${name}: a key does what a click does`, JSON.stringify(await shown()) === JSON.stringify(hit));
    await page.keyboard.press("Enter");
    // Each filter by itself, as long as it takes until the page is laid out again.
    const filter = (id, value) => page.evaluate((id, value) => {
      const input = document.getElementById(id);
      const begun = performance.now();
      input.value = value;
      input.dispatchEvent(new Event("input", { bubbles: true }));
      document.body.offsetHeight;
      return performance.now() - begun;
    }, id, value);
    const took = [];
    for (const [id, all] of [["level", ""], ["package", "*"], ["owner", ""]]) {
      const values = await page.$$eval(`#${id} option`, options => options.map(o => o.value));
      for (const value of values.filter(value => value !== all)) {
        took.push([`${id} ${value}`, await filter(id, value)]);
        const expected = await page.evaluate((id, value) => [...document.querySelectorAll("article")].filter(a => ({
          level: a.dataset.level === value, package: a.closest("section").dataset.package === value,
          owner: (a.dataset.owners ?? "").split(" ").includes(value) })[id]).map(a => a.id), id, value);
        hold(`${name}: ${id} ${value}`, JSON.stringify(await shown()) === JSON.stringify(expected));
        const pictures = await page.evaluate(() => [...document.querySelectorAll("section.numbers")].every(s =>
          s.hidden !== [...document.querySelectorAll(`article[data-numbers="${s.dataset.numbers}"]`)].some(a => !a.closest("[hidden]"))));
        hold(`${name}: ${id} ${value} leaves the numbers of what it leaves`, pictures);
      }
      if (values.length) took.push([`${id} all`, await filter(id, all)]);
    }
    for (const word of ["e", "type", "no such word anywhere", ""]) {
      took.push([`a search for "${word}"`, await filter("search", word)]);
      if (word.includes(" ")) hold(`${name}: a word that is nowhere leaves nothing`, (await shown()).length === 0);
    }
    const [slowest, ms] = took.sort((a, b) => b[1] - a[1])[0];
    console.log(`       ${name}: the slowest filter is ${slowest} with ${Math.round(ms)} ms`);
    const lost = await page.evaluate(() => [...document.querySelectorAll("a[href^='#']")]
      .map(a => a.hash.slice(1)).filter(id => !document.getElementById(id)));
    hold(`${name}: every address leads somewhere`, lost.length === 0, lost.slice(0, 3).join(" "));
    await page.emulateMediaType("print");
    const printed = await page.evaluate(() => [getComputedStyle(document.getElementById("filter")).display,
      document.scrollingElement.scrollWidth - innerWidth]);
    hold(`${name}: printed without its filters, and nothing overflows`, printed[0] === "none" && printed[1] <= 0, printed.join(" "));
    await page.emulateMediaType("screen");
    await page.evaluate(() => { document.getElementById("search").value = "no such word anywhere"; });
    await filter("search", "no such word anywhere");
    for (const last of [all.at(-1), all[Math.floor(all.length / 20)]]) {
      await page.evaluate(id => { location.hash = id; }, last);
      // Where it is, it stays.
      const there = await page.waitForFunction(id => {
        const box = document.getElementById(id).getBoundingClientRect();
        const inside = box.height > 0 && box.top < innerHeight && box.bottom > 0;
        globalThis.seen = inside ? (globalThis.seen ?? 0) + 1 : 0;
        return globalThis.seen > 5;
      }, { timeout: 10_000 }, last).catch(() => null);
      hold(`${name}: an address shows its finding whatever is filtered`, there && (await shown()).includes(last));
    }
    await page.close();
    const plain = await browser.newPage();
    await plain.setJavaScriptEnabled(false);
    await plain.goto(url);
    const still = await plain.$$eval("article", list => list.filter(a => !a.closest("[hidden]")).length);
    const form = await plain.$eval("#filter", f => f.hidden);
    hold(`${name}: complete without scripts`, still === all.length && form, `${still} of ${all.length}`);
    await plain.close();
  }
} finally {
  await browser.close();
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
