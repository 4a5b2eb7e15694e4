// Plots, keys, and the choice of leads. Nothing else needs a script.
"use strict";

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function drawPlot(at) {
  const times = JSON.parse(at.dataset.times).map((ms) => ms / 1000);
  const clocks = JSON.parse(at.dataset.clocks);
  const values = JSON.parse(at.dataset.values);
  const marks = { label: at.dataset.title, stroke: css("--accent"), width: 2, points: { show: true, size: 9, fill: css("--accent") } };
  const counted = at.dataset.limit !== undefined;
  if (counted) marks.paths = uPlot.paths.stepped({ align: 1 });
  else marks.paths = () => null;
  const data = [times, values];
  const series = [{}, marks];
  for (const [name, color, dash] of [["limit", "--critical", []], ["usual", "--muted", [6, 4]]]) {
    if (at.dataset[name] === undefined) continue;
    data.push(times.map(() => Number(at.dataset[name])));
    series.push({ label: at.dataset[name + "Word"], stroke: css(color), width: 2, dash, points: { show: false } });
  }
  const axis = { stroke: css("--text"), grid: { stroke: css("--line") }, ticks: { stroke: css("--line") }, font: "12px sans-serif" };
  const nearest = (second) => clocks[times.reduce((best, t, i) => (Math.abs(t - second) < Math.abs(times[best] - second) ? i : best), 0)];
  const byTime = {
    ...axis, space: 110,
    splits: (u) => {
      const most = Math.max(1, Math.floor(u.width / 130));
      const step = Math.max(1, Math.ceil(times.length / most));
      return times.filter((t, i) => i % step === 0);
    },
    values: (u, splits) => splits.map(nearest),
  };
  const top = Math.max(...data.slice(1).flat()) * 1.15 || 1;
  const options = {
    width: at.clientWidth, height: 240, padding: [12, 40, 0, 8], series, cursor: { show: false }, legend: { live: false },
    scales: { x: { time: false }, y: { range: [0, top] } }, axes: [byTime, { ...axis, size: 60 }],
  };
  at.replaceChildren();
  return new uPlot(options, data, at);
}

function drawPlots() {
  document.querySelectorAll(".plot").forEach(drawPlot);
}

// The list is not loaded anew while somebody chooses from it or writes a reason.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.querySelector("#list input:checked, #list details[open]")) event.preventDefault();
});

function rowsOf() {
  return [...document.querySelectorAll("table.leads a.open")];
}

function tellChosen() {
  const at = document.querySelector("[data-chosen]");
  if (!at) return;
  const number = document.querySelectorAll("#list input[name=alert_id]:checked").length;
  at.textContent = number ? " " + at.dataset.chosen.replace("{}", number) : "";
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea, select")) return;
  const rows = rowsOf();
  const at = rows.indexOf(document.activeElement);
  if (event.key === "j" && rows.length) rows[Math.min(at + 1, rows.length - 1)].focus();
  else if (event.key === "k" && rows.length) rows[Math.max(at - 1, 0)].focus();
  else if (event.key === "x" && at >= 0) {
    const box = rows[at].closest("tr").querySelector("input[name=alert_id]");
    if (box) { box.checked = !box.checked; tellChosen(); }
  } else if (event.key === "/") {
    const search = document.querySelector("input[type=search]");
    if (search) { event.preventDefault(); search.focus(); }
  }
});
document.addEventListener("change", tellChosen);
document.addEventListener("DOMContentLoaded", drawPlots);
window.addEventListener("resize", drawPlots);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawPlots);
