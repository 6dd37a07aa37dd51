// Narrows the list of articles to those whose titles have all the words typed.
const filter = document.getElementById("filter");
const plain = (text) => text.toLocaleLowerCase("ru").replaceAll("ё", "е");

filter.addEventListener("input", () => {
  const words = plain(filter.value).split(/\s+/).filter(Boolean);
  let left = 0;
  for (const section of document.querySelectorAll(".categories section")) {
    let shown = 0;
    for (const item of section.querySelectorAll("li")) {
      item.hidden = !words.every((word) => plain(item.textContent).includes(word));
      shown += item.hidden ? 0 : 1;
    }
    section.hidden = !shown;
    left += shown;
  }
  document.getElementById("nothing").hidden = left > 0;
});
