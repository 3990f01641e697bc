// Puts the caret into a field, once for each turn that the server names: Streamlit mounts again at every run of the page.

let done = null;

export default function mount({ data }) {
  if (!data.turn || data.turn === done) return;
  done = data.turn;
  document.querySelector(`.st-key-${CSS.escape(data.field)} :is(textarea, input)`)?.focus();
}
