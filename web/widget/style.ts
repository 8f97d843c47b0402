/** The window's looks. A constructed sheet, so that a site's policy on styles does not matter. */
export function sheet(colour: string): CSSStyleSheet {
  const made = new CSSStyleSheet();
  made.replaceSync(`:host{--c:${colour};--on:${writing(colour)}}${rules}`);
  return made;
}

/** Dark or light, whichever can be read better on the colour. */
export function writing(colour: string): string {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  const light = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return (light + 0.05) / 0.05 > 1.05 / (light + 0.05) ? "#0b1220" : "#ffffff";
}

/** The colours apart from the site's own. */
const light = "--paper:#fff;--ink:#111827;--soft:#f1f5f9;--quiet:#475569;--line:#e2e8f0;--edge:#94a3b8;--note:#fef3c7;--on-note:#78350f;--bad:#b91c1c;color-scheme:light";
const dark = "--paper:#111827;--ink:#f1f5f9;--soft:#1f2937;--quiet:#a3b1c6;--line:#374151;--edge:#64748b;--note:#422006;--on-note:#fde68a;--bad:#fca5a5;color-scheme:dark";

const rules = `
:host{all:initial;position:fixed;z-index:2147483000;inset:auto 20px 20px auto;font:15px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;${light};color:var(--ink)}
:host([data-theme=dark]){${dark}}
@media (prefers-color-scheme:dark){:host([data-theme=auto]){${dark}}}
:host([data-side=left]){inset:auto auto 20px 20px}
*{box-sizing:border-box}button,input,textarea{font:inherit;color:inherit}
button{cursor:pointer;border:0;background:none;padding:0}
:focus-visible{outline:2px solid var(--c);outline-offset:2px}
.launch{width:56px;height:56px;border-radius:50%;background:var(--c);color:var(--on);box-shadow:0 6px 20px #0003;display:grid;place-items:center;margin:0 0 0 auto;position:relative}
.launch:focus-visible{outline-color:var(--ink)}
.count{position:absolute;inset-block-start:-4px;inset-inline-end:-4px;min-width:20px;height:20px;border-radius:10px;background:#b91c1c;color:#fff;font-size:12px;line-height:20px;text-align:center;padding:0 5px}
.hello{max-width:260px;margin:0 0 12px auto;padding:12px 14px;border-radius:14px;background:var(--paper);box-shadow:0 6px 24px #0002;text-align:start;display:block}
:host([data-side=left]) .launch{margin:0 auto 0 0}:host([data-side=left]) .hello{margin:0 auto 12px 0}
.panel{width:376px;height:min(620px,calc(100vh - 110px));margin-bottom:14px;border-radius:16px;background:var(--paper);box-shadow:0 12px 40px #0003;display:flex;flex-direction:column;overflow:hidden}
[hidden]{display:none!important}
header{background:var(--c);color:var(--on);padding:14px 16px;display:flex;align-items:center;gap:8px}
h2{margin:0;font-size:17px;font-weight:600;flex:1;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.icon{width:36px;height:36px;border-radius:8px;display:grid;place-items:center;flex:none}
header .icon:focus-visible{outline-color:var(--on)}
.bar{padding:8px 16px;background:var(--note);color:var(--on-note);font-size:13px}
.log{flex:1;overflow-y:auto;padding:16px;display:flex;flex-direction:column;gap:8px;overscroll-behavior:contain}
.msg{max-width:82%;align-self:flex-start;background:var(--soft);border-radius:14px;padding:8px 12px;overflow-wrap:anywhere}
.msg p{margin:0;white-space:pre-wrap}
.mine{align-self:flex-end;background:var(--c);color:var(--on)}
.mine a{color:inherit}
.who,.meta{font-size:12px;color:var(--quiet);margin:0 4px}
.who{align-self:flex-start}.meta{align-self:flex-end}
.meta button{color:var(--bad);text-decoration:underline}
.quote{border-inline-start:3px solid currentColor;padding-inline-start:8px;margin-bottom:4px;font-size:13px}
.msg img{max-width:100%;max-height:220px;border-radius:8px;display:block;margin-top:4px}
.msg code,.msg pre{font-family:ui-monospace,monospace;font-size:13px;white-space:pre-wrap}
.choices{display:flex;flex-wrap:wrap;gap:6px}
.choices button,.choices a{border:1px solid var(--c);border-radius:999px;padding:5px 12px;background:var(--paper);color:var(--ink);text-decoration:none}
.pay{display:flex;flex-wrap:wrap;align-items:center;gap:6px 10px;min-width:210px;padding:4px 0}
.pay p{flex-basis:100%}
.pay strong{font-size:20px}
.pay .state{font-size:12px;font-weight:600;border:1px solid var(--edge);border-radius:999px;padding:1px 9px}
.pay .good{border-color:transparent;background:var(--ink);color:var(--paper)}
.pay .over{color:var(--quiet)}
.pay .meta{flex-basis:100%;align-self:auto}
.pay .go,.pay .copy{flex:1 1 100%;text-align:center;border-radius:10px;padding:9px 12px;font-weight:600;text-decoration:none;border:1px solid var(--c)}
.pay .go{background:var(--c);color:var(--on)}
.pay .qr{width:168px;margin:0 auto;background:#fff;fill:#000;border-radius:8px}
.pay .code{flex:1 1 100%;max-height:58px;overflow-y:auto;font-size:12px;overflow-wrap:anywhere;background:var(--paper);border-radius:8px;padding:6px 8px}
.typing{font-size:13px;color:var(--quiet);padding:0 16px 6px;min-height:24px}
.files{display:flex;flex-wrap:wrap;gap:6px;padding:0 12px 8px;margin:0;list-style:none;max-height:132px;overflow-y:auto}
.files li{background:var(--soft);border-radius:8px;padding-inline-start:8px;font-size:13px;display:flex;align-items:center;gap:2px;max-width:100%}
.files span{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.files button{flex:none;width:28px;height:28px;font-size:16px}
::placeholder{color:var(--quiet);opacity:1}
form.write{display:flex;align-items:flex-end;gap:8px;padding:10px 12px;border-top:1px solid var(--line)}
textarea{flex:1;resize:none;border:1px solid var(--edge);border-radius:12px;padding:8px 12px;max-height:120px;background:var(--paper)}
.send{background:var(--c);color:var(--on);border-radius:10px}
form.ask{padding:20px 16px;display:flex;flex-direction:column;gap:14px;overflow-y:auto}
form.ask label{display:flex;flex-direction:column;gap:4px;font-size:14px;font-weight:500}
form.ask input{border:1px solid var(--edge);border-radius:10px;padding:9px 12px;background:var(--paper)}
form.ask .go{background:var(--c);color:var(--on);border-radius:10px;padding:11px;font-weight:600}
.wrong{color:var(--bad);font-size:13px;font-weight:400}
.quiet{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
@media (max-width:480px){:host([data-open]){inset:0}.panel{width:100vw;height:100dvh;margin:0;border-radius:0}:host([data-open]) .launch{display:none}}
@media (prefers-reduced-motion:no-preference){.panel{animation:up .18s ease-out}@keyframes up{from{transform:translateY(10px);opacity:0}}}
`;
