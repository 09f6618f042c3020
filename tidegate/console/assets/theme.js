// Before anything is painted: the theme that was chosen, else the system's.
const chosen = document.documentElement.dataset.theme;
const dark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
const root = document.documentElement;
root.dataset.bsTheme = dark ? "dark" : "light";

// Paper is white in any theme.
addEventListener("beforeprint", () => (root.dataset.bsTheme = "light"));
addEventListener("afterprint", () => (root.dataset.bsTheme = dark ? "dark" : "light"));
