"use strict";
(() => {
  const table = document.querySelector("table.cases");
  if (!table) return;
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const headings = Array.from(table.tHead.rows[0].cells);
  const written = (row, column) => row.cells[column].textContent.trim();
  const ordered = (a, b, column) => {
    const [left, right] = [written(a, column), written(b, column)];
    const [x, y] = [parseFloat(left), parseFloat(right)];
    // An empty cell is a dash: it stands below every number.
    if (column > 2) return (Number.isNaN(x) ? -1 : x) - (Number.isNaN(y) ? -1 : y);
    return left.localeCompare(right);
  };
  headings.forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = heading.textContent;
    heading.replaceChildren(button);
    heading.setAttribute("aria-sort", "none");
    button.addEventListener("click", () => {
      const ascending = heading.getAttribute("aria-sort") !== "ascending";
      headings.forEach((one) => one.setAttribute("aria-sort", "none"));
      heading.setAttribute("aria-sort", ascending ? "ascending" : "descending");
      rows.sort((a, b) => (ascending ? 1 : -1) * ordered(a, b, column));
      body.append(...rows);
    });
  });

  const labelled = (words, field) => {
    const label = document.createElement("label");
    label.append(words, field);
    return label;
  };
  const chosen = (column) => {
    const field = document.createElement("select");
    const values = new Set(rows.map((row) => written(row, column)));
    ["all", ...Array.from(values).sort()].forEach((value) => field.append(new Option(value)));
    return field;
  };
  const words = document.createElement("input");
  words.type = "search";
  const [kind, decision] = [chosen(1), chosen(2)];
  const count = document.createElement("output");
  const sieve = document.createElement("div");
  sieve.className = "sieve";
  sieve.append(labelled("Words", words), labelled("Kind", kind), labelled("Decision", decision), count);
  table.parentElement.before(sieve);

  const sift = () => {
    const wanted = words.value.toLowerCase();
    rows.forEach((row) => {
      row.hidden = !(
        written(row, 0).toLowerCase().includes(wanted) &&
        [kind, decision].every((field, place) => field.value === "all" || field.value === written(row, place + 1))
      );
    });
    count.textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length}`;
  };
  [words, kind, decision].forEach((field) => field.addEventListener("input", sift));
  sift();
})();
