// Charts by what a page says in data-chart: {kind, series: [{name, points: [[x, y]], step?}], bands: [{from, to, name, tone}], unit}.
// Words arrive in the page's language; tooltips are drawn on the canvas, because HTML ones need inline styles.
import { BarChart, HeatmapChart, LineChart } from "echarts/charts";
import {
  AriaComponent, DataZoomComponent, GridComponent, LegendComponent, MarkAreaComponent, MarkLineComponent, TooltipComponent,
  VisualMapComponent,
} from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

use([
  AriaComponent, BarChart, CanvasRenderer, DataZoomComponent, GridComponent, HeatmapChart, LegendComponent, LineChart, MarkAreaComponent,
  MarkLineComponent, TooltipComponent, VisualMapComponent,
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

export function draw(place) {
  const chart = init(place, null, { renderer: "canvas" });
  chart.setOption(option(JSON.parse(place.dataset.chart)));
  new ResizeObserver(() => chart.resize()).observe(place);
}

document.querySelectorAll("[data-chart]").forEach(draw);
document.addEventListener("htmx:after:swap", () => {
  document.querySelectorAll("[data-chart]:not([_echarts_instance_])").forEach(draw);
});
