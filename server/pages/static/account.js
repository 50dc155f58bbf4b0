/* The button beside a key copies it. Without this script the key is still selected by one click. */
for (const button of document.querySelectorAll("[data-copies]")) {
  if (!navigator.clipboard) break;
  const seen = button.firstChild; // behind it stands, for who hears the page, whose key it is
  const words = seen.data;
  button.hidden = false;
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent.trim());
    seen.data = button.dataset.said;
    setTimeout(() => { seen.data = words; }, 2000);
  });
}
