"""The style sheet of the HTML pages. Colours keep a contrast of at least 4.5 to 1 in both schemes."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --page: #fff; --text: #1b1f24; --soft: #57606a; --line: #d0d7de;
  --panel: #f6f8fa; --link: #0550ae; --proved: #0b5d2e; --enclosed: #1d6f42;
  --checked: #3f6212; --statistical: #0a5a7a;
  --refuted: #b3161e; --open: #7a4b00; --on: #fff;
  --blue: #0072b2; --orange: #b84a00; --green: #007a5a; --pink: #a8487f; --area: #007a5a22; }
@media (prefers-color-scheme: dark) { :root { --page: #0f1318; --text: #e6e9ed; --soft: #a3adb8; --line:
  #3a424c;
  --panel: #181e25; --link: #79b8ff; --proved: #7fdca0; --enclosed: #5cc586;
  --checked: #b5d36b; --statistical: #6cc7ec;
  --refuted: #ff8f8f; --open: #f0b95a; --on: #0f1318;
  --blue: #58b0e8; --orange: #f08a4b; --green: #3ec79b; --pink: #e291c1; --area: #3ec79b26; } }
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: .5rem 0; }
h2 { font-size: 1.25rem; margin: 2.2rem 0 .6rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1.4rem 0 .3rem; }
p { margin: .4rem 0; }
a { color: var(--link); }
code { font: .92em ui-monospace, monospace; }
.soft, caption, figcaption { color: var(--soft); }
.formula { display: block; overflow-x: auto; padding: .25rem 0; font-size: 1.1rem; }
math { font-family: "STIX Two Math", "Latin Modern Math", "Cambria Math", "Noto Sans Math",
  "DejaVu Math TeX Gyre", math; }
.inline .formula { display: inline; overflow: visible; font-size: 1em; }
.wide td, .wide th { overflow-wrap: break-word; vertical-align: middle; }
.wide td code, .wide td .formula, .wide tbody th { white-space: nowrap; overflow-wrap: normal; }
.wide { margin: .6rem 0; overflow: auto; max-width: 100%; border: 1px solid var(--line);
  border-radius: 6px; }
.tall { max-height: 92vh; width: fit-content; }
nav ul { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; list-style: none; padding: 0; margin: .8rem 0; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 1px; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; padding: .35rem .6rem; font-size: .9rem; }
th, td { padding: .3rem .6rem; text-align: left; vertical-align: top; border-top: 1px solid var(--line); }
thead th { background: var(--panel); }
tbody th { font-weight: 600; }
.matrix { width: auto; border-collapse: separate; border-spacing: 0; }
.matrix th, .matrix td { padding: 0; text-align: center; vertical-align: middle; overflow-wrap: normal; }
.matrix thead th { position: sticky; top: 0; z-index: 2; }
.matrix thead th:first-child { text-align: left; left: 0; z-index: 3; }
.matrix th a, .matrix th span { display: block; padding: .2rem .3rem; white-space: nowrap; }
.matrix thead a { text-decoration: none; } .matrix thead a:hover { text-decoration: underline; }
.matrix tbody th a, .matrix thead span { padding-inline: .5rem; }
.matrix tbody th { position: sticky; left: 0; z-index: 1; background: var(--page); text-align: left;
  border-right: 1px solid var(--line); max-width: 10.5rem; overflow: hidden; text-overflow: ellipsis; }
.matrix button { width: 100%; min-width: 1.75rem; min-height: 1.65rem; padding: 0; border: 0;
  background: none; font: inherit;
  font-weight: 700; cursor: pointer; color: inherit; }
.matrix button:hover { background: var(--panel); }
.proved { color: var(--proved); } .enclosed { color: var(--enclosed); }
.checked { color: var(--checked); } .statistical { color: var(--statistical); }
.refuted { color: var(--refuted); } .open { color: var(--open); } .not-applicable { color: var(--soft); }
.matrix .refuted { background: var(--refuted); color: var(--on); }
.matrix .open { background: var(--open); color: var(--on); }
.badge { font-weight: 700; border: 1px solid currentColor; border-radius: 4px; padding: 0 .35rem;
  font-size: .85rem; white-space: nowrap; }
button.plain { border: 0; background: none; padding: .1rem; font: inherit; cursor: pointer; }
.counts { display: flex; flex-wrap: wrap; gap: .4rem .8rem; list-style: none; padding: 0; margin: .6rem 0; }
[popover] { width: min(46rem, calc(100vw - 1.5rem)); max-height: 85vh; overflow: auto; padding: 1rem;
  margin: auto;
  background: var(--page); color: var(--text); border: 1px solid var(--soft); border-radius: 8px;
  overflow-wrap: anywhere; }
[popover]::backdrop { background: #0007; }
[popover] h2 { margin-top: 0; padding-right: 3rem; }
[popover] h2:focus { outline: 0; }
[popover] .close { position: absolute; top: .8rem; right: .8rem; min-width: 2.2rem; min-height: 2.2rem;
  font: inherit; cursor: pointer;
  color: inherit; background: var(--panel); border: 1px solid var(--line); border-radius: 6px; }
dl { margin: .5rem 0; } dt { font-weight: 600; margin-top: .5rem; } dd { margin: 0 0 0 1rem; }
summary { cursor: pointer; padding: .2rem 0; }
ul.values { list-style: none; padding-left: 1rem; margin: .3rem 0; font-size: .88rem; }
ul.values li { margin: .2rem 0; }
.figures { display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 26rem), 1fr)); }
figure { margin: .5rem 0; min-width: 0; }
figure svg { width: 100%; height: auto; display: block; fill: currentColor; }
figure svg * { stroke-linejoin: round; stroke-linecap: butt; }
@media (max-width: 30rem) { main { padding: .6rem; } .matrix tbody th { max-width: 7rem; } }
@media print { [popover], nav { display: none; } .wide { overflow: visible; border: 0; max-height: none; } }
@media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth; } }
"""
