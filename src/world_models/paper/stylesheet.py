"""The page's style sheet: for phones and desktops, light and dark mode, and print."""

STYLE = """
:root {
  color-scheme: light dark;
  --paper: #fff; --ink: #1c2024; --soft: #5b6570; --line: #d9dee3; --band: #f5f7f8;
  --accent: #0072b2; --warn: #fbe3c0; --card: #fff;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171a; --ink: #e4e7ea; --soft: #9aa5b0; --line: #333a41; --band: #1c2125;
    --accent: #56b4e9; --warn: #5a3d10; --card: #e9ecef;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 3.5rem; -webkit-text-size-adjust: 100%; }
body { margin: 0; color: var(--ink); background: var(--paper);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
header, main, footer { max-width: 76rem; margin: 0 auto; padding: 0 1rem; }
header { padding-top: 1.75rem; }
h1 { font-size: clamp(1.6rem, 5vw, 2.2rem); line-height: 1.15; margin: 0 0 .6rem; }
h2 { font-size: 1.35rem; margin: 2.5rem 0 .9rem; }
h3 { font-size: 1rem; margin: 0 0 .35rem; }
p { margin: 0 0 .8rem; max-width: 46rem; }
a { color: var(--accent); }
code { font: .85em ui-monospace, "SF Mono", Menlo, Consolas, monospace; padding: .15em .35em;
  border-radius: .25em; background: var(--band); overflow-wrap: anywhere; }
.soft, figcaption { color: var(--soft); font-size: .875rem; }
figcaption :is(h3, h4) { color: var(--ink); }
.note { border-left: 4px solid #e69f00; padding-left: .8rem; }
nav { position: sticky; top: 0; z-index: 2; background: var(--paper);
  border-bottom: 1px solid var(--line); overflow-x: auto; }
nav ul { display: flex; gap: 1.25rem; max-width: 76rem; margin: 0 auto; padding: .6rem 1rem;
  list-style: none; white-space: nowrap; }
nav a { text-decoration: none; }
nav a:hover, summary:hover { text-decoration: underline; }
figure { margin: 0 0 1.75rem; }
figcaption { max-width: 46rem; }

.films { display: flex; flex-wrap: wrap; gap: 1.25rem 1rem; margin-bottom: 1.5rem; }
.films figure { flex: var(--ratio) 1 calc(var(--ratio) * 7rem); margin: 0;
  min-width: min(100%, 10rem); max-width: min(100%, calc(var(--ratio) * 11rem)); }
.films img { display: block; width: 100%; height: auto; border-radius: .4rem;
  image-rendering: pixelated; margin-bottom: .4rem; }
.films h4 { font-size: .925rem; margin: 0 0 .2rem; }
.scores { display: flex; flex-wrap: wrap; gap: 0 2rem; }
.scores table { font-size: .875rem; }
.scores th, .scores td { padding: .3rem .5rem; }
.scores tr > :first-child { max-width: 10rem; }
.scores figure { min-width: 0; max-width: 100%; }
.scores figcaption { max-width: 26rem; }

.wide { overflow-x: auto; margin: .5rem 0; }
table { border-collapse: collapse; font-size: .925rem; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .7rem; text-align: right; vertical-align: baseline; font-weight: 400; }
td { white-space: nowrap; }
th { text-align: right; }
thead th { border-block: 1px solid var(--line); font-weight: 600; vertical-align: bottom; }
tbody { border-bottom: 1px solid var(--line); }
tr > :first-child { text-align: left; position: sticky; left: 0; background: var(--paper); }
tbody tr:nth-child(even) > * { background: var(--band); }
td.ours { font-weight: 600; }
td small { display: block; font-size: .8em; font-weight: 400; color: var(--soft); }

.matrix { font-size: .85rem; width: 100%; }
.matrix th, .matrix td { padding: .25rem .55rem; }
.matrix tr > :first-child { min-width: 9.5rem; max-width: 20rem; }
.matrix tbody tr > * { background: var(--paper); }
.matrix .group > * { font-weight: 600; padding-top: .8rem; border-bottom: 1px solid var(--line); }
.matrix .group > :not(:first-child), .matrix .beside { color: var(--soft); font-weight: 400; }
.matrix .beside { text-align: left; white-space: normal; }
.matrix tbody td.marked { background: var(--warn); }

details { border-top: 1px solid var(--line); }
details:last-of-type { border-bottom: 1px solid var(--line); }
summary { cursor: pointer; padding: .7rem 0; font-weight: 600; }
details > :last-child { margin-bottom: 1.25rem; }
.figures { display: grid; gap: 1.5rem; }
.figures figure { margin: 0; min-width: 0; }
.picture { overflow-x: auto; background: var(--card); border-radius: .4rem; padding: .5rem; }
.picture { max-width: 58rem; }
.picture img { display: block; width: 100%; min-width: 34rem; height: auto; }
footer { padding-block: 2rem; }
@media (max-width: 30rem) {
  .scores table { font-size: .84rem; }
  .scores th, .scores td { padding-inline: .3rem; }
  .scores tr > :first-child { max-width: 6.5rem; }
  .matrix tr > :first-child { min-width: 8rem; max-width: 9rem; }
}
@media print {
  nav { display: none; }
  details::details-content { content-visibility: visible; block-size: auto; }
}
"""
