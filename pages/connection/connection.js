// Says so when the server does not answer any more, and what to do. The text is put in as text, never as HTML.

const EVERY_MS = 4000;
const FAILURES = 2; // one refused connection may be a restart
const asking = new WeakMap(); // parent element -> its timer: Streamlit mounts again at every run of the page

export default function mount({ data, parentElement }) {
  clearInterval(asking.get(parentElement));
  let notice = parentElement.querySelector(":scope > .gone");
  if (!notice) {
    notice = document.createElement("div");
    notice.className = "gone";
    notice.setAttribute("role", "alert");
    notice.hidden = true;
    parentElement.append(notice);
  }
  let failed = 0;
  async function ask() {
    try {
      await fetch("/_stcore/health", { cache: "no-store" }); // a slow answer is an answer
      failed = 0;
    } catch {
      failed += 1;
    }
    if (failed >= FAILURES && notice.hidden) say(notice, data);
    notice.hidden = failed < FAILURES;
    if (!notice.hidden) closeStreamlitsOwn();
  }
  asking.set(parentElement, setInterval(ask, EVERY_MS));
  return () => clearInterval(asking.get(parentElement));
}

function say(notice, data) {
  const command = document.createElement("code");
  command.textContent = data.command;
  notice.replaceChildren(
    "The workbench has been stopped, or this computer cannot reach it. What was saved is kept. Start it again in a terminal: ",
    command,
    " – this page then goes on by itself.",
  );
}

// Its dialog asks about the internet and lies over the page, which the notice leaves usable: the voting desk goes on.
function closeStreamlitsOwn() {
  for (const dialog of document.querySelectorAll("[data-testid=stDialog]")) {
    if (dialog.textContent.includes("Streamlit server is not responding")) dialog.querySelector("button")?.click();
  }
}
