// Draws the charts of panels with Chart.js from the JSON in their `data-chart`; without Chart.js, tables are opened.

const COLOURS = 6;
const scheme = matchMedia("(prefers-color-scheme: dark)");
const drawn = new Map();

export function drawCharts(root) {
  for (const element of root.querySelectorAll("[data-chart]")) draw(element);
}

function draw(element) {
  if (!window.Chart) {
    element.parentElement.querySelector("details").open = true;
    return;
  }
  const chart = JSON.parse(element.dataset.chart);
  const canvas = document.createElement("canvas");
  element.hidden = false;
  element.replaceChildren(canvas);
  element.classList.toggle("bars", chart.kind === "bar");
  if (chart.kind === "bar") element.dataset.bars = String(Math.min(chart.labels.length, 10));
  drawn.set(element, new window.Chart(canvas, settings(chart)));
}

function settings(chart) {
  const isBar = chart.kind === "bar";
  const [text, line] = [colour("--muted"), colour("--line")];
  const values = { beginAtZero: true, grid: { color: line }, border: { display: false }, ticks: { color: text, callback: written(chart), maxTicksLimit: 6 } };
  const labels = { grid: { display: false }, border: { color: line }, ticks: { color: text, autoSkip: !isBar, maxRotation: 0, autoSkipPadding: 16 } };
  if (isBar) labels.ticks.callback = function shortened(index) { return short(this.getLabelForValue(index)); };
  return {
    type: chart.kind,
    data: { labels: chart.labels, datasets: datasets(chart) },
    options: {
      animation: false,
      maintainAspectRatio: false,
      indexAxis: isBar ? "y" : "x",
      interaction: { mode: "index", axis: isBar ? "y" : "x", intersect: false },
      scales: isBar ? { x: values, y: labels } : { x: labels, y: values },
      plugins: {
        legend: { display: chart.series.length > 1, position: "bottom", labels: { color: text, boxWidth: 12, boxHeight: 12 } },
        tooltip: { callbacks: { label: (item) => `${item.dataset.label}: ${written(chart)(isBar ? item.parsed.x : item.parsed.y)}` } },
      },
      onClick: (_, elements) => {
        const link = elements.length ? chart.links[elements[0].index] : "";
        if (link) location.assign(link);
      },
    },
  };
}

function datasets(chart) {
  let number = 0;
  return chart.series.map((series) => {
    if (!series.isEarlier) number += 1;
    const shown = colour(`--series-${((number - 1) % COLOURS) + 1}`);
    return {
      label: series.title,
      data: series.values,
      borderColor: shown,
      backgroundColor: series.isEarlier ? "transparent" : shown,
      borderDash: series.isEarlier ? [4, 4] : [],
      borderWidth: chart.kind === "bar" ? 0 : series.isEarlier ? 1 : 2,
      pointRadius: chart.labels.length > 40 || series.isEarlier ? 0 : 2,
      maxBarThickness: 18,
      minBarLength: 2,
      spanGaps: true,
    };
  });
}

function written(chart) {
  const format = new Intl.NumberFormat("en", chart.isShare ? { style: "percent", maximumFractionDigits: 1 } : { maximumFractionDigits: 2 });
  return (value) => format.format(value);
}

function short(text) {
  const most = innerWidth < 600 ? 16 : 32;
  return text.length > most ? `${text.slice(0, most - 1).trimEnd()}…` : text;
}

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

scheme.addEventListener("change", () => {
  for (const [element, chart] of drawn) {
    chart.destroy();
    draw(element);
  }
});
