/* The data, what is ticked, and the patch of it. */
const data = JSON.parse(document.getElementById("data").textContent);
const CONTEXT = 3;
const files = data.files;
/* Which units of a file are ticked; at first those that are safe. A file that was written needs no patch. */
for (const file of files) {
  file.u ||= []; file.r ||= []; file.a ||= []; file.l ||= []; file.e ||= [];
  file.on = file.u.map((unit) => !file.w && unit.f.every((fix) => fix[2] === "safe"));
}
const bare = (line) => (typeof line === "string" ? line : line[0]);
const ended = (line) => (typeof line === "string" ? line + "\n" : line[0] + "\n\\ No newline at end of file\n");

/* The old line with a number from 0. Those are here that stand near a change. */
function oldLine(file, at) {
  for (const [start, lines] of file.l) if (at >= start && at < start + lines.length) return lines[at - start];
  return undefined;
}
/* The changes of some units in the order of the file: [start, old lines, new lines]. */
function changesOf(file, chosen) {
  const changes = file.u.flatMap((unit, at) => (chosen[at] ? unit.c : []));
  return changes.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
}
/* Changes whose surroundings touch make one hunk: from, to (old lines), and the changes in it. */
function hunksOf(file, changes) {
  const hunks = [];
  for (const change of changes) {
    const from = Math.max(0, change[0] - CONTEXT), to = Math.min(file.n, change[0] + change[1] + CONTEXT);
    const last = hunks[hunks.length - 1];
    if (last && from <= last.to) { last.to = Math.max(last.to, to); last.changes.push(change); }
    else hunks.push({ from, to, changes: [change] });
  }
  return hunks;
}
/* The unified diff of the ticked units of a file. What is not ticked stands in it as it was. */
function patchOfFile(file, chosen) {
  let out = "", shift = 0;
  for (const hunk of hunksOf(file, changesOf(file, chosen))) {
    let body = "", at = hunk.from, added = 0;
    const removed = hunk.to - hunk.from;
    for (const [start, count, lines] of hunk.changes) {
      for (; at < start; at++) { body += " " + ended(oldLine(file, at)); added++; }
      for (; at < start + count; at++) body += "-" + ended(oldLine(file, at));
      for (const line of lines) { body += "+" + ended(line); added++; }
    }
    for (; at < hunk.to; at++) { body += " " + ended(oldLine(file, at)); added++; }
    const range = (from, count) => (count === 0 ? from : from + 1) + (count === 1 ? "" : "," + count);
    out += "@@ -" + range(hunk.from, removed) + " +" + range(hunk.from + shift, added) + " @@\n" + body;
    shift += added - removed;
  }
  return out && file.h + out;
}
function patch() {
  return files.map((file) => patchOfFile(file, file.on)).join("");
}
/* How many changes and files are ticked. */
function ticked() {
  let units = 0, inFiles = 0;
  for (const file of files) {
    const here = file.on.filter(Boolean).length;
    units += here; inFiles += here > 0;
  }
  return { units, files: inFiles };
}
