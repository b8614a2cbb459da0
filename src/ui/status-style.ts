// How the status page looks: the colours of both schemes first, then the parts of the page.

export const STATUS_STYLE = `
:root {
  --ground: #f6f7f9; --card: #fff; --text: #17202b; --faint: #5a6676; --line: #dfe3e8;
  --committed: #1a7f5a; --leased: #2f6fde; --queued: #b9c2ce; --dead: #c93a3a; --missing: #c47a12;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0f1318; --card: #181e25; --text: #e6eaef; --faint: #98a4b3; --line: #2a323c;
    --committed: #3fb68b; --leased: #5f9bff; --queued: #46525f; --dead: #ef6a6a; --missing: #e0a144;
  }
}
* { box-sizing: border-box; margin: 0; }
body { background: var(--ground); color: var(--text); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; font-variant-numeric: tabular-nums; }
main { max-width: 60rem; margin: 0 auto; padding: 2rem 1.25rem; display: grid; gap: 1.25rem; }
header { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; align-items: baseline; justify-content: space-between; }
h1 { font-size: 1.35rem; font-weight: 650; overflow-wrap: anywhere; }
h1 span { font-weight: 400; color: var(--faint); margin-left: .35rem; }
header p, footer, small, .key { color: var(--faint); font-size: .85rem; }
code { font: .95em ui-monospace, "DejaVu Sans Mono", monospace; }
a { color: var(--leased); }
.note { background: var(--card); border: 1px solid var(--line); border-left: 4px solid var(--committed); border-radius: .5rem; padding: .6rem .9rem; overflow-wrap: anywhere; }
.note.grave { border-left-color: var(--dead); }
.progress, .tile, .table { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1rem 1.15rem; }
.percent { font-size: 2.4rem; font-weight: 650; line-height: 1.1; margin-bottom: .75rem; }
.bar { display: flex; height: .9rem; border-radius: .45rem; overflow: hidden; background: var(--line); }
.bar i { display: block; min-width: 0; }
.key { list-style: none; padding: 0; margin-top: .7rem; display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; }
.key i { display: inline-block; width: .7rem; height: .7rem; border-radius: .2rem; margin-right: .4rem; vertical-align: -.05rem; }
.committed { background: var(--committed); } .leased { background: var(--leased); } .queued { background: var(--queued); }
.dead { background: var(--dead); } .missing { background: var(--missing); }
.tiles { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); }
.tile h2 { font-size: .8rem; font-weight: 500; color: var(--faint); }
.tile p { font-size: 1.45rem; font-weight: 620; line-height: 1.35; white-space: nowrap; }
.table { overflow-x: auto; padding: .35rem 1.15rem; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .5rem 0 .5rem 1rem; text-align: right; white-space: nowrap; }
th:first-child { text-align: left; padding-left: 0; }
thead th { color: var(--faint); font-size: .8rem; font-weight: 500; }
tbody th { font-weight: 550; }
tbody tr { border-top: 1px solid var(--line); }
`;
