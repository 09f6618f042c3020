// Charts by what a page says in data-chart: {kind, series: [{name, points: [[x, y]], step?}], bands: [{from, to, name, tone}], unit}.
// Words arrive in the page's language; tooltips are drawn on the canvas, because HTML ones need inline styles.
import { BarChart, GraphChart, HeatmapChart, LineChart } from "echarts/charts";
import {
  AriaComponent, DataZoomComponent, GridComponent, LegendComponent, MarkAreaComponent, MarkLineComponent, TooltipComponent,
  VisualMapComponent,
} from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

use([
  AriaComponent, BarChart, CanvasRenderer, DataZoomComponent, GraphChart, GridComponent, HeatmapChart, LegendComponent, LineChart,
  MarkAreaComponent, MarkLineComponent, TooltipComponent, VisualMapComponent,
]);

const TONES = { good: "#2fb344", wait: "#f59f00", bad: "#d63939", quiet: "#667382" };

function option(told) {
  const ink = getComputedStyle(document.body).color;
  const axis = { axisLabel: { color: ink }, axisLine: { lineStyle: { color: ink } }, splitLine: { lineStyle: { opacity: 0.25 } } };
  const bands = (told.bands ?? []).map((band) => [
    { [band.on ?? "yAxis"]: band.from, name: band.name, itemStyle: { color: TONES[band.tone], opacity: 0.12 } },
    { [band.on ?? "yAxis"]: band.to },
  ]);
  return {
    animation: false,
    aria: { enabled: true, label: { description: told.description } },
    textStyle: { color: ink },
    grid: { left: 64, right: 20, top: 36, bottom: 64 },
    legend: { textStyle: { color: ink }, top: 0 },
    tooltip: { trigger: "axis", renderMode: "richText" },
    dataZoom: told.kind === "time" && told.zoom ? [{ type: "slider", height: 18, bottom: 8 }] : [],
    xAxis: told.kind === "time" ? { type: "time", ...axis } : { type: "category", data: told.labels, ...axis },
    yAxis: { type: "value", scale: told.scale ?? false, name: told.unit, nameTextStyle: { color: ink }, ...axis },
    series: told.series.map((line, place) => ({
      name: line.name,
      type: told.kind === "bars" ? "bar" : "line",
      stack: line.stack,
      step: line.step ? "end" : false,
      showSymbol: false,
      data: line.points,
      lineStyle: { width: 2 },
      ...(line.tone ? { color: TONES[line.tone] } : {}),
      ...(place === 0 && bands.length ? { markArea: { silent: true, label: { color: ink }, data: bands } } : {}),
    })),
  };
}

// Nodes in columns, from what is asked about to what ties it together. Kinds differ by shape as well as by colour.
const KINDS = {
  merchant: ["roundRect", "#4299e1"], fact: ["diamond", TONES.bad], order: ["emptyCircle", TONES.quiet], coins: ["triangle", TONES.good],
  person: ["circle", "#ae3ec9"], device: ["rect", "#0ca678"], account: ["roundRect", "#f76707"], address: ["arrow", "#d6336c"],
  case: ["triangle", TONES.bad],
};
const ROW = 30;

function network(told, place) {
  const ink = getComputedStyle(document.body).color;
  const ground = getComputedStyle(place.closest(".part") ?? document.body).backgroundColor;
  const columns = Math.max(...told.nodes.map((node) => node.x)) + 1;
  const room = Math.max(40, place.clientWidth / columns - 26);
  const left = (node) => (told.rows - told.nodes.filter((other) => other.x === node.x).length) / 2;
  const hidden = { type: "value", show: false };
  return {
    animation: false,
    aria: { enabled: true, label: { description: told.description } },
    textStyle: { color: ink },
    grid: { left: 16, right: room, top: 70, bottom: 16 },
    legend: { textStyle: { color: ink }, top: 0, itemWidth: 14, data: told.kinds.map((kind) => ({ name: kind.name, icon: KINDS[kind.id][0] })) },
    tooltip: { trigger: "item", renderMode: "richText" },
    xAxis: { ...hidden, min: 0, max: columns - 1 },
    yAxis: { ...hidden, inverse: true, min: -0.5, max: told.rows - 0.5 },
    series: [{
      type: "graph",
      coordinateSystem: "cartesian2d",
      symbolSize: 14,
      categories: told.kinds.map((kind) => ({ name: kind.name, symbol: KINDS[kind.id][0], itemStyle: { color: KINDS[kind.id][1] } })),
      data: told.nodes.map((node, at) => ({
        id: String(at),
        name: node.name,
        value: [node.x, node.y + left(node)],
        category: told.kinds.findIndex((kind) => kind.id === node.kind),
        ...(node.tone ? { itemStyle: { color: TONES[node.tone] } } : {}),
      })),
      edges: told.edges.map(([source, target]) => ({ source: String(source), target: String(target) })),
      lineStyle: { color: ink, opacity: 0.3, width: 1.2 },
      label: { show: true, position: "right", color: ink, fontSize: 11, formatter: "{b}", width: room, overflow: "truncate", textBorderColor: ground, textBorderWidth: 3 },
      emphasis: { focus: "adjacency", lineStyle: { opacity: 0.9, width: 2 } },
    }],
  };
}

export function draw(place) {
  const told = JSON.parse(place.dataset.chart);
  if (told.kind === "graph") place.style.height = `${Math.max(240, told.rows * ROW + 86)}px`;
  const chart = init(place, null, { renderer: "canvas" });
  const show = () => chart.setOption(told.kind === "graph" ? network(told, place) : option(told));
  show();
  new ResizeObserver(() => {
    chart.resize();
    if (told.kind === "graph") show();
  }).observe(place);
}

document.querySelectorAll("[data-chart]").forEach(draw);
document.addEventListener("htmx:after:swap", () => {
  document.querySelectorAll("[data-chart]:not([_echarts_instance_])").forEach(draw);
});
