// Live by server-sent events. A page without news must not look healthy: it says so, and loses its colours.
"use strict";
(() => {
  const main = document.querySelector("main");
  const lost = document.getElementById("lost");
  const silent = Number(document.body.dataset.silentMs);
  let heard = performance.now();
  const source = new EventSource(document.body.dataset.events);
  source.onmessage = (event) => {
    heard = performance.now();
    main.innerHTML = event.data;
  };
  const two = (n) => String(n).padStart(2, "0");
  setInterval(() => {
    const quiet = performance.now() - heard;
    const gone = quiet > silent;
    document.body.classList.toggle("lost", gone);
    if (gone) lost.textContent = "No news from milink for " + Math.round(quiet / 1000) + " s: what is shown is old";
    // Clocks tick from the server's own number, so that a wrong clock here bends nothing.
    for (const clock of document.querySelectorAll("[data-elapsed-ms]")) {
      if (gone) continue;
      const s = (Number(clock.dataset.elapsedMs) + (clock.dataset.runs ? performance.now() - heard : 0)) / 1000;
      clock.textContent = two(Math.floor(s / 60)) + ":" + two(Math.floor(s % 60)) + "." + Math.floor((s * 10) % 10);
    }
  }, 100);
})();
