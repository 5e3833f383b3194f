/** The look of the report, in the colours of the editor's theme; high contrast themes give every box its border. */
export const STYLE = `
:root { color-scheme: light dark; }
body { margin: 0; padding: 0 1.25rem 2rem; color: var(--vscode-foreground); background: var(--vscode-editor-background); font: var(--vscode-font-size, 13px)/1.5 var(--vscode-font-family, sans-serif); }
h1, h2, code, pre, td, th[scope=row] { overflow-wrap: anywhere; }
h1 { font-size: 1.3em; font-weight: 600; margin: 1rem 0 .25rem; }
h2 { font-size: 1.05em; font-weight: 600; margin: 1.4rem 0 .4rem; }
.headline { margin: 0 0 .75rem; padding: .5rem .75rem; border-left: 4px solid var(--vscode-testing-iconFailed, #d33); background: var(--vscode-textBlockQuote-background); font-size: 1.1em; }
.good .headline { border-left-color: var(--vscode-testing-iconPassed, #2a2); }
ul { margin: 0; padding-left: 1.2rem; }
.actions { display: flex; flex-wrap: wrap; gap: .5rem; }
button { font: inherit; color: var(--vscode-button-secondaryForeground); background: var(--vscode-button-secondaryBackground); border: 1px solid var(--vscode-button-border, var(--vscode-contrastBorder, transparent)); border-radius: 2px; padding: .2rem .7rem; cursor: pointer; text-align: left; }
button.main { color: var(--vscode-button-foreground); background: var(--vscode-button-background); }
button.place { display: inline; padding: 0; border: 0; background: none; color: var(--vscode-textLink-foreground); text-decoration: underline; }
button:focus-visible, pre:focus-visible { outline: 2px solid var(--vscode-focusBorder); outline-offset: 2px; }
.path { display: flex; flex-wrap: wrap; gap: .5rem 1.6rem; list-style: none; margin: 0; padding: 0; }
.path li { position: relative; flex: 1 1 5.5rem; max-width: 14rem; padding: .4rem .6rem; border: 1px solid var(--vscode-panel-border, var(--vscode-contrastBorder, currentColor)); border-top: 4px solid var(--vscode-testing-iconPassed, #2a2); border-radius: 3px; overflow-wrap: anywhere; }
.path li + li::before { content: "\\2192" / ""; position: absolute; left: -1.35rem; top: .6rem; color: var(--vscode-descriptionForeground); }
.path .broken { border-top-color: var(--vscode-testing-iconFailed, #d33); background: var(--vscode-inputValidation-errorBackground); border-style: solid; }
.path .broken .state { font-weight: 600; color: var(--vscode-errorForeground); }
.path .unreached { border-top-color: var(--vscode-descriptionForeground); border-style: dashed; }
.path .unknown { border-top-color: var(--vscode-descriptionForeground); border-style: dotted; }
.kind, .state { display: block; font-size: .9em; color: var(--vscode-descriptionForeground); }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; font-weight: 600; padding-bottom: .3rem; }
th, td { text-align: left; vertical-align: top; font-weight: normal; padding: .15rem .8rem .15rem 0; border-bottom: 1px solid var(--vscode-panel-border, var(--vscode-contrastBorder, transparent)); unicode-bidi: isolate; }
th[scope=row] { color: var(--vscode-descriptionForeground); min-width: 7rem; }
td.number { text-align: right; white-space: nowrap; }
.headers { display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); gap: 0 2rem; align-items: start; }
.headers td, .headers th[scope=row], pre { font-family: var(--vscode-editor-font-family, monospace); font-size: var(--vscode-editor-font-size, 12px); }
pre { margin: 0 0 .4rem; padding: .5rem .75rem; white-space: pre-wrap; background: var(--vscode-textCodeBlock-background); border: 1px solid var(--vscode-contrastBorder, transparent); max-height: 24rem; overflow: auto; }
svg { display: block; width: 100%; max-width: 46rem; height: auto; overflow: visible; }
svg rect { fill: var(--vscode-charts-blue, #37c); stroke: var(--vscode-contrastBorder, none); }
svg rect.whole { fill: var(--vscode-descriptionForeground); }
svg line { stroke: var(--vscode-descriptionForeground); }
svg text { fill: var(--vscode-foreground); font-size: 11px; }
`;
