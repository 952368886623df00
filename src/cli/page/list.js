/* The list of files: filters, and only as many rows as can be seen. */
const byId = (id) => document.getElementById(id);
const make = (tag, className, ...children) => {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
};
const ROW = 44;
const count = (number, noun) => number.toLocaleString("en") + " " + noun + (number === 1 ? "" : noun.endsWith("x") ? "es" : "s");
const fixesOf = (file) => file.u.flatMap((unit) => unit.f);
const folderOf = (path) => (path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : ".");
/* Paths are compared without the "./" in front of them. */
const inFolder = (path, folder) => !folder || ("/" + path).includes("/" + folder.replace(/^\.?\/+|\/+$/g, "") + "/") || folderOf(path) === folder;

let shown = [], chosen = -1;
const filter = () => ({
  text: byId("search").value.trim().toLowerCase(), rule: byId("rule").value, safety: byId("safety").value,
  kind: byId("kind").value, folder: byId("folder").value.trim(),
});
const wantsFix = (fix, by) => (!by.rule || fix[0] === by.rule) && (!by.safety || fix[2] === by.safety);
const wantsUnit = (unit, by) => unit.f.some((fix) => wantsFix(fix, by)) || (!by.rule && !by.safety && unit.f.length === 0);
const wantsRefusal = (refusal, by) => !by.rule || refusal[0] === by.rule;

function wantsFile(file, by) {
  if (!inFolder(file.p, by.folder)) return false;
  if (by.kind === "changes" && !file.u.some((unit) => wantsUnit(unit, by))) return false;
  if (by.kind === "refusals" && !file.r.some((refusal) => wantsRefusal(refusal, by))) return false;
  if (by.kind === "troubles" && file.e.length === 0) return false;
  if (by.kind === "all" && (by.rule || by.safety) && !file.u.some((unit) => wantsUnit(unit, by)) && !file.r.some((refusal) => by.rule && wantsRefusal(refusal, by))) return false;
  if (!by.text) return true;
  const texts = () => fixesOf(file).map((fix) => fix[0] + " " + fix[1]).concat(file.r.map((found) => found[0] + " " + found[2] + " " + found[4]), file.e);
  return file.p.toLowerCase().includes(by.text) || texts().some((text) => text.toLowerCase().includes(by.text));
}
function summary(file) {
  if (file.e.length) return file.e[0];
  const rules = [...new Set(fixesOf(file).map((fix) => fix[0]))];
  const parts = [];
  if (file.u.length) parts.push(file.on.filter(Boolean).length + "/" + file.u.length + " ticked: " + rules.join(", "));
  if (file.r.length) parts.push(file.r.length + " left alone");
  return parts.join(" · ") || "nothing to do";
}
function applyFilter(keep) {
  const by = filter(), current = keep ? shown[chosen] : undefined;
  shown = files.filter((file) => wantsFile(file, by));
  chosen = current ? shown.indexOf(current) : -1;
  byId("clear").hidden = !by.text && !by.rule && !by.safety && !by.folder;
  byId("count").textContent = count(shown.length, "file") + " of " + files.length.toLocaleString("en");
  byId("rows").style.height = shown.length * ROW + "px";
  byId("list").scrollTop = 0;
  drawRows();
}
function drawRows() {
  const list = byId("list"), rows = byId("rows");
  const first = Math.max(0, Math.floor(list.scrollTop / ROW) - 5);
  const last = Math.min(shown.length, first + Math.ceil(list.clientHeight / ROW) + 10);
  rows.replaceChildren();
  for (let at = first; at < last; at++) {
    const file = shown[at], row = make("div", "row");
    row.id = "row-" + at;
    row.setAttribute("role", "option");
    row.setAttribute("aria-selected", String(at === chosen));
    row.setAttribute("aria-setsize", shown.length);
    row.setAttribute("aria-posinset", at + 1);
    row.style.top = at * ROW + "px";
    row.title = file.p;
    row.append(make("span", "path", make("bdi", "", file.p)), make("span", "sum", summary(file)));
    row.addEventListener("click", () => choose(at));
    rows.append(row);
  }
  if (chosen >= 0) list.setAttribute("aria-activedescendant", "row-" + chosen);
  else list.removeAttribute("aria-activedescendant");
}
/* Shows a file; -1 is the overview. */
function choose(at) {
  chosen = Math.max(-1, Math.min(at, shown.length - 1));
  const list = byId("list"), top = chosen * ROW;
  if (chosen >= 0 && top < list.scrollTop) list.scrollTop = top;
  if (chosen >= 0 && top + ROW > list.scrollTop + list.clientHeight) list.scrollTop = top + ROW - list.clientHeight;
  drawRows();
  drawMain();
}
