/* The button beside a key copies it. Without this script the key is still selected by one click. */
for (const button of document.querySelectorAll("[data-copies]")) {
  if (!navigator.clipboard) break;
  const words = button.textContent;
  button.hidden = false;
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent.trim());
    button.textContent = button.dataset.said;
    setTimeout(() => { button.textContent = words; }, 2000);
  });
}
