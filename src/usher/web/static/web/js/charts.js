// Draws every [data-chart] from the JSON beside it. ECharts is fetched when the first chart appears.
(() => {
  const ECHARTS = document.currentScript.dataset.echarts;

  // The colours also differ in lightness, for people who cannot tell red from green. At least 3:1 against the card.
  const PALETTE = {
    light: {
      blue: "#4a8bf6", orange: "#af5216", teal: "#267c78", purple: "#531381",
      pink: "#de58b8", olive: "#a4914b", red: "#940521", grey: "#414b58",
    },
    dark: {
      blue: "#156ad7", orange: "#ea8618", teal: "#77efe5", purple: "#d68af6",
      pink: "#b03f8e", olive: "#e3ce73", red: "#d13116", grey: "#93979d",
    },
  };
  const INK = {
    light: { text: "#5b6372", strong: "#171b24", line: "#e1e4ea", ground: "#ffffff" },
    dark: { text: "#9ba4b5", strong: "#f0f2f7", line: "#2c323e", ground: "#1b1f27" },
  };
  const MARKS = ["circle", "rect", "triangle", "diamond", "roundRect", "pin"];
  const DASHES = ["solid", "dashed", "dotted"];

  const still = window.matchMedia("(prefers-reduced-motion: reduce)");
  const theme = () => (document.documentElement.getAttribute("data-bs-theme") === "dark" ? "dark" : "light");
  const drawn = new Map(); // element -> chart
  let loading = null;

  function library() {
    loading ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = ECHARTS;
      script.onload = () => resolve(window.echarts);
      script.onerror = () => reject(new Error("the chart library did not load"));
      document.head.append(script);
    });
    return loading;
  }

  const figure = (value, unit) =>
    value === null || value === undefined || Number.isNaN(value)
      ? "not known"
      : value.toLocaleString("en", { maximumFractionDigits: 2 }) + (unit ? `\u00a0${unit}` : "");

  function colors(data) {
    const palette = PALETTE[theme()];
    const names = Object.keys(palette);
    return data.series.map((series, position) => palette[series.color] ?? series.color ?? palette[names[position % names.length]]);
  }

  function frame(ink, narrow) {
    const font = getComputedStyle(document.body).fontFamily;
    return {
      animation: !still.matches,
      animationDuration: 400,
      textStyle: { fontFamily: font, color: ink.text },
      aria: { enabled: false }, // the page's own words and table describe it
      tooltip: {
        // Drawn on the canvas: an HTML tooltip would need style attributes, which the page's CSP forbids.
        renderMode: "richText",
        confine: true,
        backgroundColor: ink.ground,
        borderColor: ink.line,
        padding: [8, 12],
        textStyle: { color: ink.strong, fontSize: 12, fontFamily: font },
      },
      legend: {
        bottom: 0, left: "center", icon: "roundRect", itemWidth: 12, itemHeight: 8, itemGap: narrow ? 10 : 18,
        type: "scroll", pageIconColor: ink.text, pageIconInactiveColor: ink.line, pageTextStyle: { color: ink.text },
        textStyle: { color: ink.text, fontSize: 12 },
      },
    };
  }

  // Up to six names are all shown, cut to fit. Of more names, only some are shown.
  function labels(categories, width) {
    if (categories.length > 6) return {};
    return { interval: 0, width: Math.max(40, (width - 60) / categories.length - 8), overflow: "truncate" };
  }

  function overAxis(kind, data, ink, narrow, width) {
    const paint = colors(data);
    const several = data.series.length > 1;
    const stacked = data.stacked || (kind === "area" && several);
    const bar = kind === "bar";
    const base = frame(ink, narrow);
    return {
      ...base,
      tooltip: {
        ...base.tooltip,
        trigger: "axis",
        axisPointer: { type: bar ? "shadow" : "line", lineStyle: { color: ink.text }, shadowStyle: { color: ink.text, opacity: 0.08 } },
        valueFormatter: (value) => figure(value, data.unit),
      },
      legend: { ...base.legend, show: several },
      grid: { left: 4, right: 12, top: 12, bottom: several ? 34 : 4, containLabel: true },
      xAxis: {
        type: "category", data: data.categories, boundaryGap: bar,
        axisLine: { lineStyle: { color: ink.line } }, axisTick: { show: false },
        axisLabel: { color: ink.text, fontSize: 12, hideOverlap: true, margin: 10, ...labels(data.categories, width),
          formatter: briefly,
          // Centred labels at both ends of a line would be cut off.
          ...(bar ? {} : { showMinLabel: true, alignMinLabel: "left", showMaxLabel: true, alignMaxLabel: "right" }),
        },
      },
      yAxis: {
        type: "value", minInterval: data.unit === "%" ? undefined : 1,
        splitLine: { lineStyle: { color: ink.line } },
        axisLabel: { color: ink.text, fontSize: 12, formatter: (value) => short(value) },
      },
      series: data.series.map((series, position) => ({
        name: series.name,
        type: bar ? "bar" : "line",
        data: series.values.map((value) => (value === null ? (bar ? "-" : null) : value)),
        stack: stacked ? "all" : undefined,
        connectNulls: false,
        color: paint[position],
        barMaxWidth: 36,
        itemStyle: bar
          ? { borderRadius: stacked ? 0 : [3, 3, 0, 0], borderColor: ink.ground, borderWidth: stacked ? 1 : 0 }
          : undefined,
        symbol: MARKS[position % MARKS.length],
        symbolSize: 7,
        // A value between two gaps has no line, so it needs a mark.
        showSymbol: (!stacked && data.categories.length <= 31) || series.values.some(isAlone),
        lineStyle: { width: 2.25, type: stacked ? "solid" : DASHES[Math.floor(position / 2) % DASHES.length] },
        areaStyle: kind === "area" ? { opacity: stacked ? 0.55 : 0.14 } : undefined,
        emphasis: { focus: several ? "series" : "none" },
      })),
    };
  }

  // The axis shows a day or month without its year. The tooltip and the table show it in full.
  const briefly = (name) => name.replace(/^((?:\d{1,2} )?\p{L}{3,4}) \d{4}$/u, "$1");

  // Horizontal bars: names of any length fit beside them. A single series has its figures at the ends of the bars.
  function lying(data, ink, narrow) {
    const paint = colors(data);
    const several = data.series.length > 1;
    const base = frame(ink, narrow);
    return {
      ...base,
      tooltip: {
        ...base.tooltip,
        trigger: "axis",
        axisPointer: { type: "shadow", shadowStyle: { color: ink.text, opacity: 0.08 } },
        valueFormatter: (value) => figure(value, data.unit),
      },
      legend: { ...base.legend, show: several },
      grid: { left: 16, right: several ? 16 : 44, top: 4, bottom: several ? 34 : 4, containLabel: true },
      xAxis: {
        type: "value", minInterval: data.unit === "%" ? undefined : 1, splitNumber: 4, show: several,
        splitLine: { lineStyle: { color: ink.line } },
        axisLabel: { color: ink.text, fontSize: 12, formatter: (value) => short(value) },
      },
      yAxis: {
        type: "category", data: data.categories, inverse: true,
        axisLine: { lineStyle: { color: ink.line } }, axisTick: { show: false },
        axisLabel: { color: ink.text, fontSize: 12, interval: 0, formatter: briefly },
      },
      series: data.series.map((series, position) => ({
        name: series.name,
        type: "bar",
        data: series.values.map((value) => value ?? "-"),
        stack: data.stacked ? "all" : undefined,
        color: paint[position],
        barMaxWidth: 22,
        label: { show: !several, position: "right", color: ink.strong, fontSize: 12, formatter: ({ value }) => (value === "-" ? "" : short(value)) },
        itemStyle: { borderRadius: several ? 0 : [0, 3, 3, 0], borderColor: ink.ground, borderWidth: data.stacked ? 1 : 0 },
        emphasis: { focus: several ? "series" : "none" },
      })),
    };
  }

  const isAlone = (value, position, values) =>
    value !== null && (values[position - 1] ?? null) === null && (values[position + 1] ?? null) === null;

  const short = (value) =>
    Math.abs(value) >= 10000 ? value.toLocaleString("en", { notation: "compact" }) : value.toLocaleString("en");

  // A donut shows the first series, one slice for each category.
  function donut(data, ink, narrow) {
    const palette = Object.values(PALETTE[theme()]);
    const slices = data.categories
      .map((name, position) => ({ name, value: data.series[0].values[position], itemStyle: { color: palette[position % palette.length] } }))
      .filter((slice) => slice.value !== null && slice.value !== undefined);
    const sum = slices.reduce((total, slice) => total + slice.value, 0);
    const base = frame(ink, narrow);
    const share = (value) => (sum ? `${Math.round((100 * value) / sum)} %` : "");
    return {
      ...base,
      tooltip: { ...base.tooltip, trigger: "item", formatter: (at) => `${at.name}\n${figure(at.value, data.unit)} (${share(at.value)})` },
      legend: {
        ...base.legend,
        type: "plain",
        ...(narrow ? {} : { orient: "vertical", left: "56%", top: "middle", bottom: "auto", itemGap: 12 }),
        formatter: (name) => `${name}  ${figure(slices.find((slice) => slice.name === name)?.value, data.unit)}`,
      },
      title: {
        text: short(sum), subtext: data.unit || "in all",
        left: narrow ? "center" : "27%", top: narrow ? "25%" : "center", textAlign: narrow ? undefined : "center", itemGap: 2,
        textStyle: { color: ink.strong, fontSize: 22, fontWeight: 650 }, subtextStyle: { color: ink.text, fontSize: 12 },
      },
      series: [{
        type: "pie", radius: narrow ? ["42%", "60%"] : ["62%", "88%"], center: narrow ? ["50%", "34%"] : ["28%", "50%"],
        label: { show: false }, data: slices, emphasis: { scaleSize: 4 },
        itemStyle: { borderColor: ink.ground, borderWidth: 2 },
      }],
    };
  }

  function option(element) {
    const data = JSON.parse(document.getElementById(element.dataset.chartSource).textContent);
    const ink = INK[theme()];
    const narrow = element.clientWidth < 420;
    const kind = element.dataset.chart;
    if (kind === "donut") return donut(data, ink, narrow);
    return kind === "rows" ? lying(data, ink, narrow) : overAxis(kind, data, ink, narrow, element.clientWidth);
  }

  const resized = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const chart = drawn.get(target);
      if (!chart || !target.clientWidth) continue;
      const narrow = target.clientWidth < 420;
      chart.resize();
      if (narrow !== chart.usherNarrow) draw(target, chart);
    }
  });

  function draw(element, chart) {
    chart.usherNarrow = element.clientWidth < 420;
    chart.setOption(option(element), { notMerge: true });
  }

  async function drawAll() {
    for (const [element, chart] of drawn) {
      if (element.isConnected) continue;
      resized.unobserve(element);
      chart.dispose();
      drawn.delete(element);
    }
    const waiting = [...document.querySelectorAll("[data-chart]")].filter((element) => !drawn.has(element));
    if (!waiting.length) return;
    let echarts;
    try {
      echarts = await library();
    } catch {
      // Without the library, open the table instead.
      waiting.forEach((element) => element.closest("figure")?.querySelector("details")?.setAttribute("open", ""));
      return;
    }
    for (const element of waiting) {
      if (!element.isConnected || drawn.has(element)) continue;
      const chart = echarts.init(element, null, { renderer: "canvas" });
      drawn.set(element, chart);
      draw(element, chart);
      resized.observe(element);
    }
  }

  const redraw = () => drawn.forEach((chart, element) => draw(element, chart));
  document.addEventListener("DOMContentLoaded", drawAll);
  document.addEventListener("htmx:afterSettle", drawAll);
  document.addEventListener("usher:theme", redraw);
  still.addEventListener("change", redraw);
})();
