/* What is shown of a file, the overview, and the keys. */
let split = matchMedia("(min-width: 1100px)").matches;
const KEYWORDS = /^(\s*)(FROM|RUN|CMD|LABEL|MAINTAINER|EXPOSE|ENV|ADD|COPY|ENTRYPOINT|VOLUME|USER|WORKDIR|ARG|ONBUILD|STOPSIGNAL|HEALTHCHECK|SHELL)\b/i;
const TOKENS = /("(?:[^"\\]|\\.)*"?|'[^']*'?)|(\$\{[^}]*\}?|\$\w+)|(&&|\|\||[|;]|\\$)|((?:^|(?<=\s))--?[A-Za-z][\w-]*)/g;

/* The pieces of a line with their classes. */
function tokens(text) {
  if (/^\s*#/.test(text)) return [[text, "comment"]];
  const out = [], keyword = KEYWORDS.exec(text);
  let at = 0;
  if (keyword) { out.push([keyword[1], ""], [keyword[2], "keyword"]); at = keyword[0].length; }
  TOKENS.lastIndex = at;
  for (let found; (found = TOKENS.exec(text)); at = TOKENS.lastIndex) {
    if (found.index > at) out.push([text.slice(at, found.index), ""]);
    out.push([found[0], found[1] ? "string" : found[2] ? "variable" : found[3] ? "operator" : "flag"]);
  }
  if (at < text.length) out.push([text.slice(at), ""]);
  return out;
}
/* Where a line differs from another: [start, end], or nothing where most of it does. */
function difference(text, other) {
  const most = Math.min(text.length, other.length);
  let head = 0, tail = 0;
  while (head < most && text[head] === other[head]) head++;
  while (tail < most - head && text[text.length - 1 - tail] === other[other.length - 1 - tail]) tail++;
  return (head + tail) * 3 < text.length ? undefined : [head, text.length - tail];
}
function code(cell, text, other) {
  const marked = other === undefined ? undefined : difference(text, other);
  let at = 0;
  for (const [piece, className] of tokens(text)) {
    const cuts = marked ? [0, Math.min(Math.max(marked[0] - at, 0), piece.length), Math.min(Math.max(marked[1] - at, 0), piece.length), piece.length] : [0, piece.length];
    for (let nth = 0; nth + 1 < cuts.length; nth++) {
      const part = piece.slice(cuts[nth], cuts[nth + 1]);
      if (!part) continue;
      const node = className ? make("span", className, part) : document.createTextNode(part);
      cell.append(nth === 1 && marked ? make("mark", "", node) : node);
    }
    at += piece.length;
  }
  return cell;
}
const number = (at) => make("td", "no", at === undefined ? "" : String(at + 1));

/* Rows of a diff: [old number, old line, new number, new line, kind]. */
function rowsOf(file, unit) {
  const all = [];
  /* New numbers count what is ticked in front of the unit and the unit itself. */
  const others = changesOf(file, file.on.map((on, at) => on && file.u[at] !== unit));
  const before = (line) => others.filter((change) => change[0] + change[1] <= line).reduce((sum, change) => sum + change[2].length - change[1], 0);
  let shift = 0;
  for (const hunk of hunksOf(file, [...unit.c].sort((a, b) => a[0] - b[0]))) {
    if (all.length || hunk.from > 0) all.push({ gap: "line " + (hunk.from + 1) });
    let at = hunk.from;
    const same = (until) => { for (; at < until; at++) { const text = bare(oldLine(file, at)), now = at + shift + before(at); all.push({ old: at, now, text, also: text }); } };
    for (const [start, removed, lines] of hunk.changes) {
      same(start);
      const olds = Array.from({ length: removed }, (_, nth) => bare(oldLine(file, start + nth))), news = lines.map(bare);
      const base = start + shift + before(start);
      all.push({ start, base, olds, news });
      at = start + removed; shift += news.length - removed;
    }
    same(hunk.to);
  }
  return all;
}
function unified(file, unit) {
  const table = make("table", "diff");
  const line = (old, now, sign, text, other) => {
    const kind = sign === "-" ? "old" : sign === "+" ? "new" : "";
    table.append(make("tr", kind, number(old), number(now), make("td", "sign", sign), code(make("td", "text"), text, other)));
  };
  for (const row of rowsOf(file, unit)) {
    if (row.gap) { const cell = make("td", "", row.gap); cell.colSpan = 4; table.append(make("tr", "gap", cell)); }
    else if (row.olds) {
      row.olds.forEach((text, nth) => line(row.start + nth, undefined, "-", text, row.news[nth]));
      row.news.forEach((text, nth) => line(undefined, row.base + nth, "+", text, row.olds[nth]));
    } else line(row.old, row.now, " ", row.text);
  }
  return table;
}
function sideBySide(file, unit) {
  const table = make("table", "diff split"), columns = make("colgroup");
  for (const name of ["no", "text", "no", "text"]) columns.append(make("col", name));
  table.append(columns);
  const side = (at, text, other, kind) => (text === undefined ? [make("td", "no none"), make("td", "text none")] : [number(at), code(make("td", "text"), text, other)]).map((cell) => { if (text !== undefined && kind) cell.classList.add(kind); return cell; });
  for (const row of rowsOf(file, unit)) {
    if (row.gap) { const cell = make("td", "", row.gap); cell.colSpan = 4; table.append(make("tr", "gap", cell)); continue; }
    if (!row.olds) { table.append(make("tr", "", ...side(row.old, row.text), ...side(row.now, row.text))); continue; }
    for (let nth = 0; nth < Math.max(row.olds.length, row.news.length); nth++) {
      const [was, is] = [row.olds[nth], row.news[nth]];
      table.append(make("tr", "", ...side(row.start + nth, was, is, "old"), ...side(row.base + nth, is, was, "new")));
    }
  }
  return table;
}
/* The sentences of a rule stand below its first fix only. */
function fixNode([rule, title, safety, line, caveat], at, fixes) {
  const told = fixes.slice(0, at).some((fix) => fix[0] === rule && fix[4] === caveat);
  const about = data.rules[rule] || {}, node = make("div", "fix");
  node.append(make("span", "title", title.charAt(0).toUpperCase() + title.slice(1)), " ", make("span", "tag rule", rule), " ", make("span", "tag " + safety, safety), " ", make("span", "tag", "line " + line));
  if (told) return node;
  if (caveat) node.append(make("p", "caveat", caveat));
  if (about.why) node.append(make("p", "why", about.why));
  return node;
}
function unitNode(file, unit, at) {
  const section = make("section", "unit" + (file.on[at] ? "" : " off")), box = make("input"), head = make("div", "head");
  box.type = "checkbox";
  box.checked = file.on[at];
  box.disabled = Boolean(file.w);
  box.setAttribute("aria-label", "Take change " + (at + 1) + ": " + unit.f.map((fix) => fix[1]).join("; "));
  box.addEventListener("change", () => { file.on[at] = box.checked; section.classList.toggle("off", !box.checked); drawTicked(); drawRows(); });
  const words = make("div", "", ...unit.f.map(fixNode));
  if (unit.f.length > 1) words.append(make("p", "why together", "These fixes change the same lines, or one needs the other: they are taken together."));
  head.append(box, words);
  section.append(head, make("div", "scroll", split ? sideBySide(file, unit) : unified(file, unit)));
  return section;
}
const button = (text, work, className) => { const node = make("button", className || "", text); node.addEventListener("click", work); return node; };

function drawFile(main, file) {
  const by = filter();
  main.append(make("h2", "", file.p));
  const bar = make("div", "bar", button("‹ Overview", () => choose(-1)), button(split ? "One below the other" : "Side by side", toggleSplit));
  if (file.u.length > 1) bar.append(button("Tick all", () => tickFile(file, true)), button("Tick none", () => tickFile(file, false)));
  if (file.w) bar.append("This file was written.");
  main.append(bar);
  for (const trouble of file.e) main.append(make("p", "trouble", trouble));
  file.u.forEach((unit, at) => { if (wantsUnit(unit, by)) main.append(unitNode(file, unit, at)); });
  const hidden = file.u.filter((unit) => !wantsUnit(unit, by)).length;
  if (hidden) main.append(make("p", "empty", count(hidden, "change") + " of this file " + (hidden === 1 ? "is" : "are") + " not shown, because of the filter."));
  const notes = file.a.filter((fix) => wantsFix(fix, by));
  if (notes.length) main.append(make("h3", "", "Not applied: unsafe fixes that were not asked for, and advice"), make("div", "unit", make("div", "head", make("div", "", ...notes.map(fixNode)))));
  const left = file.r.filter((refusal) => wantsRefusal(refusal, by));
  if (left.length) {
    const table = make("table", "plain"), titles = ["line", "rule", "left alone, because", "what stands there"];
    table.append(make("tr", "", ...titles.map((title) => make("th", "", title))));
    for (const [rule, key, reason, line, text] of left) table.append(make("tr", "", make("td", "n", String(line)), make("td", "", make("span", "tag rule", rule)), make("td", "", reason, " ", make("span", "tag", key)), code(make("td", "code"), text)));
    main.append(make("h3", "", "Left alone"), make("div", "card", table));
  }
  if (!file.u.length && !file.r.length && !file.a.length && !file.e.length) main.append(make("p", "empty", "Nothing to do in this file."));
}
/* A table of what there is by some word, the most frequent first. */
function tableBy(title, groups, onClick) {
  const table = make("table", "plain"), most = Math.max(1, ...[...groups.values()].map((group) => group.fixes));
  table.append(make("tr", "", ...[title, "fixes", "", "files", "left alone"].map((name, at) => make("th", at === 1 || at > 2 ? "n" : "", name))));
  for (const [name, group] of [...groups].sort((a, b) => b[1].fixes - a[1].fixes || (a[0] < b[0] ? -1 : 1)).slice(0, 60)) {
    const meter = make("div", "meter");
    meter.style.width = (100 * group.fixes) / most + "%";
    const cell = make("td", "");
    cell.style.width = "28%";
    if (group.fixes) cell.append(meter);
    table.append(make("tr", "", make("td", "", button(name, () => onClick(name), "link")), make("td", "n", group.fixes.toLocaleString("en")), cell, make("td", "n", group.files.toLocaleString("en")), make("td", "n", group.left.toLocaleString("en"))));
  }
  return make("div", "card", table);
}
function groupsBy(names) {
  const groups = new Map(), of = (name) => { if (!groups.has(name)) groups.set(name, { fixes: 0, files: 0, left: 0 }); return groups.get(name); };
  for (const file of files) names(file, of);
  return groups;
}
const byRule = groupsBy((file, of) => {
  for (const fix of fixesOf(file)) of(fix[0]).fixes++;
  for (const rule of new Set(fixesOf(file).map((fix) => fix[0]))) of(rule).files++;
  for (const refusal of file.r) of(refusal[0]).left++;
});
/* Folders as deep as they are few enough to be read. */
const headOf = (file, depth) => folderOf(file.p).split("/").slice(0, depth + file.p.startsWith("/")).join("/");
const headsOf = (depth) => new Set(files.map((file) => headOf(file, depth))).size;
const depth = [5, 4, 3, 2].find((depth) => headsOf(depth) <= 40) || 1;
const byFolder = groupsBy((file, of) => {
  const group = of(headOf(file, depth));
  group.fixes += fixesOf(file).length; group.files += file.u.length > 0; group.left += file.r.length;
});
function drawOverview(main) {
  main.append(make("h2", "", "Overview"), make("p", "why", "Choose a file on the left, or what to look at here. Everything that is safe is ticked; Copy patch takes what is ticked."));
  main.append(make("div", "bar", button("Tick all that is listed", () => tickListed(true)), button("Tick none", () => tickListed(false))));
  main.append(make("h3", "", "By rule"), tableBy("rule", byRule, (name) => { byId("rule").value = name; byId("kind").value = byRule.get(name).fixes ? "changes" : "refusals"; applyFilter(); choose(0); }));
  main.append(make("h3", "", "By folder"), tableBy("folder", byFolder, (name) => { byId("folder").value = name; byId("kind").value = "all"; applyFilter(); choose(0); }));
}
function drawMain() {
  const main = byId("main");
  main.replaceChildren();
  main.scrollTop = 0;
  if (chosen < 0) drawOverview(main); else drawFile(main, shown[chosen]);
}
function drawTicked() {
  const now = ticked();
  byId("ticked").textContent = count(now.units, "change") + " in " + count(now.files, "file") + " ticked";
  byId("copy").disabled = byId("save").disabled = now.units === 0;
}
function tick(file, on, by) {
  file.u.forEach((unit, at) => { if (!file.w && wantsUnit(unit, by)) file.on[at] = on; });
}
function redraw() { drawTicked(); drawRows(); const top = byId("main").scrollTop; drawMain(); byId("main").scrollTop = top; }
function tickFile(file, on) { tick(file, on, filter()); redraw(); }
function tickListed(on) { const by = filter(); shown.forEach((file) => tick(file, on, by)); redraw(); }
function toggleSplit() { split = !split; drawMain(); }
let silence;
function say(text) {
  byId("said").textContent = text;
  clearTimeout(silence);
  silence = setTimeout(() => { byId("said").textContent = ""; }, 4000);
}
async function copy() {
  const text = patch(), done = "The patch of " + byId("ticked").textContent.replace(" ticked", "") + " is copied: git apply takes it.";
  try {
    await navigator.clipboard.writeText(text);
    say(done);
  } catch {
    const area = make("textarea", "hidden");
    area.value = text;
    document.body.append(area);
    area.select();
    const worked = document.execCommand("copy");
    area.remove();
    say(worked ? done : "The browser does not let this page copy; use Save patch.");
  }
}
function save() {
  const link = make("a");
  link.href = URL.createObjectURL(new Blob([patch()], { type: "text/x-patch" }));
  link.download = "dopt.patch";
  link.click();
  URL.revokeObjectURL(link.href);
}
/* The system says whether it is dark, until the user does. */
const dark = matchMedia("(prefers-color-scheme: dark)");
let theme = "";
function drawTheme() { document.documentElement.dataset.theme = theme || (dark.matches ? "dark" : "light"); }
function toggleTheme() { theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark"; drawTheme(); }
function nextUnit(step) {
  const boxes = [...byId("main").querySelectorAll(".unit .head input")];
  if (!boxes.length) return;
  const at = boxes.indexOf(document.activeElement);
  const next = boxes[at < 0 ? (step > 0 ? 0 : boxes.length - 1) : Math.max(0, Math.min(boxes.length - 1, at + step))];
  next.focus();
  next.closest(".unit").scrollIntoView({ block: "nearest" });
}
function tickUnit() {
  const boxes = [...byId("main").querySelectorAll(".unit .head input")];
  const box = boxes.includes(document.activeElement) ? document.activeElement : boxes.length === 1 ? boxes[0] : undefined;
  if (box) box.click();
}
const KEYS = {
  j: () => choose(chosen + 1), k: () => choose(chosen < 0 ? -1 : chosen - 1), n: () => nextUnit(1), p: () => nextUnit(-1), x: tickUnit,
  u: toggleSplit, o: () => choose(-1), c: copy, t: toggleTheme, "?": () => byId("help").showModal(), "/": () => byId("search").focus(),
};
addEventListener("keydown", (event) => {
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) && event.target.type !== "checkbox";
  if (event.key === "Escape") { if (typing) event.target.blur(); else if (!byId("help").open) choose(-1); return; }
  if (typing || event.ctrlKey || event.metaKey || event.altKey || byId("help").open) return;
  if (event.target === byId("list")) {
    const page = Math.floor(byId("list").clientHeight / ROW);
    const to = { ArrowDown: chosen + 1, ArrowUp: Math.max(0, chosen - 1), PageDown: chosen + page, PageUp: Math.max(0, chosen - page), Home: 0, End: shown.length - 1 }[event.key];
    if (to !== undefined) { event.preventDefault(); return choose(to); }
  }
  const work = KEYS[event.key];
  if (work) { event.preventDefault(); work(); }
});
function start() {
  const total = (of) => files.reduce((sum, file) => sum + of(file), 0);
  const fact = (value, noun) => { const [head, ...tail] = count(value, noun).split(" "); return [make("b", "", head), " " + tail.join(" ")]; };
  const facts = [[total(() => 1), "file"], [total((file) => file.u.length > 0), "file"], [total((file) => fixesOf(file).length), "fix"], [total((file) => file.r.length), "place"]];
  const words = facts.map(([value, noun]) => fact(value, noun));
  byId("facts").append(...words[0], ", ", ...words[1], " would change, ", ...words[2], ", ", ...words[3], " left alone");
  const rule = byId("rule");
  const option = (value, text) => { const node = make("option", "", text); node.value = value; return node; };
  rule.append(option("", "all rules"), ...[...byRule.keys()].sort().map((name) => option(name, name)));
  for (const id of ["rule", "safety", "kind"]) byId(id).addEventListener("change", () => { applyFilter(true); drawMain(); });
  for (const id of ["search", "folder"]) byId(id).addEventListener("input", () => { applyFilter(true); drawMain(); });
  byId("clear").addEventListener("click", () => { for (const id of ["search", "rule", "safety", "folder"]) byId(id).value = ""; applyFilter(true); drawMain(); });
  byId("list").addEventListener("scroll", drawRows);
  addEventListener("resize", drawRows);
  dark.addEventListener("change", drawTheme);
  byId("copy").addEventListener("click", copy);
  byId("save").addEventListener("click", save);
  byId("theme").addEventListener("click", toggleTheme);
  byId("keys").addEventListener("click", () => byId("help").showModal());
  drawTheme();
  if (!files.some((file) => file.u.length)) byId("kind").value = "all";
  applyFilter();
  drawTicked();
  drawMain();
}
start();
