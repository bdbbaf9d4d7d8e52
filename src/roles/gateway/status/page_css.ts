/** The one sheet of the public pages, and its one small script. Served by names that carry their hash. */
import { createHash } from "node:crypto";

const css = `:root{color-scheme:light dark;--ground:light-dark(#f6f7f8,#101417);--paper:light-dark(#fff,#171c20);--line:light-dark(#dde2e6,#2a3238);--edge:light-dark(#7d8790,#6b767f);--text:light-dark(#1b2328,#e4e9ec);--quiet:light-dark(#56626b,#9ca9b2);--accent:light-dark(#0f766e,#4fd1c1);--on-accent:light-dark(#fff,#06201d);
--up:light-dark(#16794a,#4cc38a);--degraded:light-dark(#935f00,#f0b64a);--partial:light-dark(#b3480c,#ff9d5c);--down:light-dark(#c02a34,#ff8086);--maintenance:light-dark(#6d4bb8,#b79cf2);--unknown:light-dark(#54657f,#93a7c4);
--b-up:light-dark(#3aa776,#37936a);--b-degraded:light-dark(#dd9a1c,#d69b2f);--b-down:light-dark(#d63f48,#ef5a62);--b-maintenance:light-dark(#a48ad8,#8a6cd0);--b-none:light-dark(#dfe4e8,#2f383f);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
[data-theme=light]{color-scheme:light}[data-theme=dark]{color-scheme:dark}
*{box-sizing:border-box}body{margin:0;background:var(--ground);color:var(--text);overflow-wrap:anywhere}
h1,h2,h3,p,ul,ol,figure,dl{margin:0;padding:0}a{color:var(--accent);text-underline-offset:.15em}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:4px}
.skip{position:absolute;left:-999rem}.skip:focus{left:1rem;top:1rem;background:var(--paper);padding:.5rem 1rem;z-index:2}
.wrap{max-width:56rem;margin:0 auto;padding:0 1.25rem}
header.top{padding:2.5rem 0 1.5rem}header.top h1{font-size:1.6rem;line-height:1.2;letter-spacing:-.015em}header.top .about{color:var(--quiet);margin-top:.5rem;max-width:44rem}header.top .about p+p{margin-top:.5rem}
.overall{display:flex;align-items:center;gap:.9rem;padding:1.15rem 1.35rem;border-radius:14px;background:var(--paper);border:1px solid var(--line);border-left:6px solid var(--c)}
.overall h2{flex:1 1 0;min-width:0;font-size:1.3rem;line-height:1.3;letter-spacing:-.01em}.overall .shape{width:2.1rem;height:2.1rem}.overall .when{margin-left:auto;color:var(--quiet);font-size:.86rem;text-align:right;flex:none}
.is-up{--c:var(--up)}.is-degraded{--c:var(--degraded)}.is-partial{--c:var(--partial)}.is-down{--c:var(--down)}.is-maintenance{--c:var(--maintenance)}.is-unknown{--c:var(--unknown)}
.shape{width:1.15rem;height:1.15rem;flex:none;fill:currentColor;color:var(--unknown)}.s-up{color:var(--up)}.s-degraded{color:var(--degraded)}.s-partial{color:var(--partial)}.s-down{color:var(--down)}.s-maintenance{color:var(--maintenance)}
.shape .in{fill:none;stroke:var(--paper);stroke-width:2.4;stroke-linecap:round;stroke-linejoin:round}.shape .ring,.shape .mark{fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round}
section{margin-top:2.25rem}section>h2{font-size:1.06rem;margin-bottom:.75rem}
.stale{margin-bottom:1rem;padding:.75rem 1rem;border:1px solid var(--degraded);border-radius:10px;background:var(--paper)}
.group{background:var(--paper);border:1px solid var(--line);border-radius:14px;margin-top:1rem;overflow:hidden}
.group>summary,.group>.group-head{display:flex;align-items:center;gap:.6rem;padding:.85rem 1.25rem;font-weight:600}.group>summary{cursor:pointer;list-style:none}.group>summary::-webkit-details-marker{display:none}
.group>summary::after{content:"";margin:0 .25rem 0 .6rem;flex:none;width:.55rem;height:.55rem;border:solid var(--quiet);border-width:0 2px 2px 0;transform:rotate(45deg)}.group[open]>summary::after{transform:rotate(225deg)}
.group>summary h3,.group-head h3{font-size:1rem}
.component{padding:1rem 1.25rem;border-top:1px solid var(--line)}.group>.component:first-child{border-top:0}
.component-head{display:flex;align-items:baseline;gap:.75rem;flex-wrap:wrap}.component-head h4{font-size:1rem;margin:0;font-weight:600}.state{display:inline-flex;align-items:center;gap:.4rem;margin-left:auto;font-size:.92rem;color:var(--c);font-weight:550}.state .shape{align-self:center}
.bars{display:block;width:100%;height:34px;margin-top:.7rem}.b-up{fill:var(--b-up)}.b-degraded{fill:var(--b-degraded)}.b-down{fill:var(--b-down)}.b-maintenance{fill:var(--b-maintenance)}.b-none{fill:var(--b-none)}.bars rect:hover{opacity:.65}
.ends{display:flex;align-items:center;gap:.75rem;margin-top:.35rem;color:var(--quiet);font-size:.82rem}.ends::before,.ends .u::before{content:none}.ends .u{margin:0 auto}
.latency{margin-top:.8rem}.latency figcaption{display:flex;justify-content:space-between;gap:1rem;color:var(--quiet);font-size:.82rem}.latency svg{display:block;width:100%;height:48px;margin-top:.25rem}.line{fill:none;stroke:var(--accent);stroke-width:1.6;vector-effect:non-scaling-stroke;stroke-linejoin:round}.area{fill:var(--accent);opacity:.12}
.note{background:var(--paper);border:1px solid var(--line);border-left:5px solid var(--c);border-radius:12px;padding:1rem 1.25rem;margin-top:.85rem}.note h3{font-size:1.05rem}.note .meta{color:var(--quiet);font-size:.88rem}.note .meta span+span::before{content:" · "}
.updates{list-style:none;margin-top:.75rem;display:grid;gap:.8rem}.updates .said{margin-top:.15rem}.said p+p,.said ul,.said ol{margin-top:.4rem}.said ul,.said ol{padding-left:1.3rem}.updates time{color:var(--quiet);font-size:.86rem}
.days>li{display:block;padding:.9rem 0;border-top:1px solid var(--line)}.days{list-style:none}.days h3{font-size:.95rem}.days .quiet,.quiet{color:var(--quiet)}.days .none{display:flex;justify-content:space-between;gap:1rem;padding:.55rem 0}
form{margin-top:.75rem}.row{display:flex;gap:.6rem;flex-wrap:wrap;align-items:end}label{display:block;font-size:.9rem;font-weight:550;flex:1 1 15rem}
input{display:block;font:inherit;width:100%;min-height:2.75rem;margin-top:.25rem;padding:.4rem .75rem;border:1px solid var(--edge);border-radius:8px;background:var(--paper);color:inherit}
button,.button{font:inherit;font-weight:600;min-height:2.75rem;padding:.4rem 1.25rem;border:0;border-radius:8px;background:var(--accent);color:var(--on-accent);cursor:pointer}
.panel>h2{font-size:1.06rem;margin-bottom:.35rem}.panel{background:var(--paper);border:1px solid var(--line);border-radius:14px;padding:1.25rem}.panel details{margin-top:.75rem}.panel summary{cursor:pointer;color:var(--quiet)}.bad{color:var(--down);font-weight:600}
.narrow{max-width:30rem;margin:12vh auto;padding:0 1.25rem}.narrow h1{font-size:1.4rem;margin-bottom:.5rem}
footer{margin:3rem 0 2.5rem;padding-top:1.25rem;border-top:1px solid var(--line);color:var(--quiet);font-size:.9rem}footer ul{list-style:none;display:flex;flex-wrap:wrap;gap:.35rem 1.25rem}footer p{margin-bottom:.6rem}
.widget{padding:.75rem}.widget a{display:flex;align-items:center;gap:.7rem;color:inherit;text-decoration:none;background:var(--paper);border:1px solid var(--line);border-radius:10px;padding:.6rem .9rem}.widget strong{display:block;line-height:1.25;font-size:.98rem}.widget span{color:var(--quiet);font-size:.82rem}
@media(min-width:1700px){.wrap{max-width:96rem}.group.columns{display:grid;grid-template-columns:1fr 1fr}.group.columns>summary,.group.columns>.group-head{grid-column:1/-1}}
@media(max-width:34rem){.overall{flex-wrap:wrap}.overall .when{margin-left:0;width:100%;text-align:left}header.top{padding-top:1.5rem}.component{padding:.9rem 1rem}}
@media(prefers-reduced-motion:no-preference){.bars rect{transition:opacity .12s}}`;

/** Times in the viewer's zone; and every half minute the page again, as long as somebody looks. */
const script = `(() => {
  const zone = (root) => root.querySelectorAll("time[datetime]").forEach((time) => {
    const at = new Date(time.dateTime);
    if (time.dataset.day !== undefined || isNaN(at)) return;
    time.title = time.textContent;
    time.textContent = at.toLocaleString(document.documentElement.lang === "ru" ? "ru" : "en-GB", { dateStyle: "medium", timeStyle: "short" });
  });
  zone(document);
  let tag = "";
  const refresh = async () => {
    const main = document.querySelector("main");
    if (document.hidden || !main || main.contains(document.activeElement) && /INPUT|BUTTON/.test(document.activeElement.tagName)) return;
    const answer = await fetch(location.pathname, { headers: { accept: "text/html" } });
    const next = answer.headers.get("etag");
    if (!answer.ok || next === tag) return;
    tag = next;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("main");
    if (!fresh) return;
    main.querySelectorAll("details[id]").forEach((old) => { const same = page.getElementById(old.id); if (same) same.open = old.open; });
    zone(fresh);
    main.replaceWith(fresh);
    document.title = page.title;
  };
  setInterval(() => refresh().catch(() => {}), 30000);
})();`;

export interface StatusAsset {
  type: string;
  bytes: string;
}

const named = (text: string, ending: string) => `/status/-/${createHash("sha256").update(text).digest("hex").slice(0, 12)}.${ending}`;

export const cssPath = named(css, "css");
export const scriptPath = named(script, "js");

export const statusAssets: ReadonlyMap<string, StatusAsset> = new Map([
  [cssPath, { type: "text/css; charset=utf-8", bytes: css }],
  [scriptPath, { type: "text/javascript; charset=utf-8", bytes: script }],
]);
