// A text in pieces, each with a colour, a mark and a hint of its own. All texts are put in as text, never as HTML.

export default function mount({ data, parentElement }) {
  const line = document.createElement("div");
  line.className = "pieces";
  for (const piece of data.pieces) {
    const span = document.createElement(piece.mark === "gone" ? "del" : piece.mark === "new" ? "ins" : "span");
    span.textContent = piece.text;
    if (piece.colour) span.style.background = piece.colour;
    if (piece.hint) span.title = piece.hint;
    line.append(span);
  }
  for (const old of parentElement.querySelectorAll(":scope > .pieces")) old.remove();
  parentElement.append(line);
}
