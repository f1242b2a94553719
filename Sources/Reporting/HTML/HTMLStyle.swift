/// The one style of all HTML reports, and the script that sorts their tables.
enum HTMLStyle {
  static let sheet = """
    :root {
      color-scheme: light dark;
      --text: #1f2328; --faint: #59636e; --page: #ffffff; --panel: #f6f8fa; --line: #d1d9e0; --link: #0969da;
    }
    @media (prefers-color-scheme: dark) {
      :root { --text: #e6edf3; --faint: #9198a1; --page: #0d1117; --panel: #161b22; --line: #3d444d; --link: #4493f8; }
      /* Inverts the painted background; the rotation gives the hues back. */
      figure svg { filter: invert(0.93) hue-rotate(180deg); }
    }
    * { box-sizing: border-box; }
    body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.55 system-ui, "Helvetica Neue", Arial, sans-serif; }
    main { max-width: 68rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
    h1, h2, h3 { line-height: 1.25; margin: 2rem 0 0.75rem; }
    h1 { font-size: 1.9rem; margin-top: 0; }
    h2 { font-size: 1.4rem; border-bottom: 1px solid var(--line); padding-bottom: 0.3rem; }
    h3 { font-size: 1.1rem; }
    p, ul { max-width: 52rem; }
    a { color: var(--link); }
    code { font: 0.875em ui-monospace, "SFMono-Regular", Menlo, Consolas, monospace; background: var(--panel); padding: 0.1em 0.3em; border-radius: 4px; }
    pre { background: var(--panel); border: 1px solid var(--line); border-radius: 6px; padding: 0.75rem 1rem; overflow-x: auto; }
    pre code { padding: 0; background: none; }
    details { border: 1px solid var(--line); border-radius: 6px; padding: 0.5rem 1rem; margin: 1rem 0; }
    summary { cursor: pointer; font-weight: 600; }
    figure { margin: 1.5rem 0 0.5rem; }
    figure svg { max-width: 100%; height: auto; border-radius: 6px; }
    .table { overflow-x: auto; margin: 1rem 0; }
    table { border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
    th, td { border: 1px solid var(--line); padding: 0.3rem 0.6rem; text-align: left; vertical-align: top; }
    th { background: var(--panel); padding: 0; }
    th button { font: inherit; font-weight: 600; color: inherit; background: none; border: 0; padding: 0.3rem 0.6rem; width: 100%; text-align: inherit; cursor: pointer; }
    th button:focus-visible { outline: 2px solid var(--link); outline-offset: -2px; }
    th[aria-sort="ascending"] button::after { content: " \\25B2"; color: var(--faint); }
    th[aria-sort="descending"] button::after { content: " \\25BC"; color: var(--faint); }
    tbody tr:nth-child(even) { background: color-mix(in srgb, var(--panel) 55%, transparent); }
    .right { text-align: right; }
    .centre { text-align: center; }
    @media print { th button::after { content: none; } details { border: 0; } }
    """

  /// Numbers sort as numbers, by the first one of a cell; empty cells and dashes stay last; equal cells keep their order.
  static let sortScript = """
    "use strict";
    const numberOf = (text) => {
      const found = text.replace(/(\\d),(?=\\d{3})/g, "$1").match(/^[^\\d+-]{0,12}?([+-]?\\d*\\.?\\d+(?:e[+-]?\\d+)?)/i);
      return found ? Number(found[1]) : NaN;
    };
    const isEmpty = (text) => text === "" || text === "-";
    const compare = (a, b) => {
      const x = numberOf(a), y = numberOf(b);
      if (!Number.isNaN(x) && !Number.isNaN(y) && x !== y) return x - y;
      return a.localeCompare(b, "en");
    };
    for (const table of document.querySelectorAll("table")) {
      const heads = Array.from(table.querySelectorAll("thead th"));
      const body = table.tBodies[0];
      heads.forEach((head, column) => {
        head.querySelector("button").addEventListener("click", () => {
          const descending = head.getAttribute("aria-sort") === "ascending";
          heads.forEach((other) => other.removeAttribute("aria-sort"));
          head.setAttribute("aria-sort", descending ? "descending" : "ascending");
          const keyed = Array.from(body.rows, (row) => [row.cells[column].textContent.trim(), row]);
          keyed.sort(([a], [b]) => {
            if (isEmpty(a) !== isEmpty(b)) return isEmpty(a) ? 1 : -1;
            return descending ? compare(b, a) : compare(a, b);
          });
          body.append(...keyed.map(([, row]) => row));
        });
      });
    }
    """
}
