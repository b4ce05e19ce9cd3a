// Looks at a site with programs that are not ours: `node site.mjs CHROMIUM FOLDER`, where FOLDER is what `protopact site`
// wrote, from the file system. Prints a line for each thing that holds, and ends with 1 if one does not.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { FileSystemConfigLoader, HtmlValidate } from "html-validate";
import puppeteer from "puppeteer-core";

const [chromium, folder, pictures] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core"), "utf8");
let failed = 0;
let passed = 0;
const hold = (what, is, more = "") => {
  if (is) passed += 1; else failed += 1;
  if (!is) console.log(`FAILED ${what} ${more}`);
};
const pages = readdirSync(folder, { recursive: true }).filter(name => name.endsWith(".html")).sort();
const begins = pages.length;

const validator = new HtmlValidate(new FileSystemConfigLoader({ extends: ["html-validate:standard"], root: true }));
for (const name of pages) {
  const report = await validator.validateFile(join(folder, name));
  const found = report.results.flatMap(r => r.messages).map(m => `${m.line}:${m.column} ${m.ruleId} ${m.message}`);
  hold(`${name}: html-validate`, found.length === 0, found.slice(0, 5).join("\n"));
}

const browser = await puppeteer.launch({ executablePath: chromium, args: ["--no-sandbox", "--disable-gpu"] });
const ids = new Map();
const lead = [];
try {
  for (const name of pages) {
    const redirect = name.startsWith("latest/");
    const url = pathToFileURL(join(folder, name)).href;
    for (const [size, width] of [["phone", 390], ["desktop", 1280]]) {
      for (const scheme of ["light", "dark"]) {
        const page = await browser.newPage();
        await page.setViewport({ width, height: 900 });
        await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
        // A redirect is looked at where it leads, and by itself without being followed.
        if (redirect) await page.setRequestInterception(true);
        let asked = 0;
        page.on("request", request => {
          if (!redirect) return;
          if (request.isNavigationRequest() && asked++) request.abort(); else request.continue();
        });
        const odd = [];
        page.on("pageerror", error => odd.push(String(error)));
        page.on("dialog", dialog => { odd.push("a dialog"); dialog.dismiss(); });
        page.on("request", request => request.url().startsWith("file:") || odd.push(request.url()));
        await page.goto(url, { waitUntil: "load" }).catch(error => redirect || odd.push(String(error)));
        const where = `${name} (${size}, ${scheme})`;
        hold(`${where}: fetches nothing from elsewhere, and nothing acts`, odd.length === 0, odd.join(" "));
        if (redirect) { await page.close(); continue; }
        const wide = await page.evaluate(() => document.scrollingElement.scrollWidth - innerWidth);
        hold(`${where}: nothing overflows`, wide <= 0, `by ${wide} pixels`);
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => globalThis.axe.run());
        const said = violations.map(v => `${v.id}: ${v.nodes[0].html.slice(0, 160)} ${v.nodes[0].failureSummary}`);
        hold(`${where}: axe-core`, violations.length === 0, said.join("\n"));
        if (pictures) await page.screenshot({ path: join(pictures, `${name.replaceAll("/", "_")}.${size}.${scheme}.png`) });
        await page.close();
      }
    }
    // Without scripts all of it is there but the search.
    const plain = await browser.newPage();
    await plain.setJavaScriptEnabled(false);
    await plain.goto(url, { waitUntil: "load" });
    if (redirect) {
      await plain.waitForFunction(before => location.href !== before, { timeout: 10_000 }, url).catch(() => {});
      const there = relative(folder, fileURLToPath(plain.url()));
      hold(`${name}: leads to a version`, there !== name && pages.includes(there), there);
    } else {
      const found = await plain.evaluate(() => ({
        ids: [...document.querySelectorAll("[id]")].map(e => e.id),
        links: [...document.querySelectorAll("a[href]")].map(a => a.href),
        hidden: [...document.querySelectorAll("main [hidden]")].length,
        form: document.getElementById("search")?.hidden ?? true,
      }));
      ids.set(name, new Set(found.ids));
      lead.push(...found.links.map(href => [name, href]));
      hold(`${name}: complete without scripts`, found.hidden === 0 && found.form);
    }
    await plain.close();
  }
  const lost = lead.filter(([, href]) => {
    const url = new URL(href);
    const path = fileURLToPath(new URL(url.pathname, "file:"));
    const there = relative(folder, path);
    const anchor = decodeURIComponent(url.hash.slice(1));
    return url.protocol !== "file:" || !existsSync(path) || (anchor && !ids.get(there)?.has(anchor));
  });
  hold(`every one of ${lead.length} links leads somewhere`, lost.length === 0, JSON.stringify(lost.slice(0, 5)));

  // The search, from the first page and from a page inside.
  const names = pages.filter(name => readFileSync(join(folder, name), "utf8").includes('id="search"'));
  for (const name of [names.find(n => n === "index.html"), names.find(n => /\/(?!index)/.test(n))]) {
    const page = await browser.newPage();
    await page.goto(pathToFileURL(join(folder, name)).href, { waitUntil: "load" });
    const type = async text => {
      await page.$eval("#words", (input, text) => { input.value = text; input.dispatchEvent(new Event("input")); }, text);
      return page.$$eval("#found a", links => links.map(a => [a.textContent, a.href]));
    };
    await page.focus("#words");
    await page.waitForFunction(() => globalThis.protopactSearch.all, { timeout: 10_000 });
    hold(`${name}: nothing is searched for`, (await type("")).length === 0);
    const all = await type("e");
    hold(`${name}: a letter finds much, and not too much`, all.length > 5 && all.length <= 50, `${all.length}`);
    hold(`${name}: no such word`, (await type("no-such-word")).length === 0);
    hold(`${name}: and says so`, (await page.$eval("#count", c => c.textContent)) === "0 found");
    for (const [text, href] of all.slice(0, 12)) {
      const hits = await type(text.toUpperCase());
      hold(`${name}: ${text} finds itself first`, hits[0]?.[0] === text, JSON.stringify(hits[0]));
      const url = new URL(href);
      const there = relative(folder, fileURLToPath(new URL(url.pathname, "file:")));
      hold(`${name}: ${text} leads somewhere`, ids.has(there) && (!url.hash || ids.get(there).has(decodeURIComponent(url.hash.slice(1)))), href);
    }
    await type(all[0][0]);
    await page.focus("#words");
    await Promise.all([page.waitForFunction(before => location.href !== before, {}, page.url()), page.keyboard.press("Enter")]);
    hold(`${name}: Enter goes there`, page.url() === all[0][1], page.url());
    await page.close();
  }
} finally {
  await browser.close();
}
console.log(`${begins} pages: ${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
