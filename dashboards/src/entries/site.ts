import "../styles/site.css";
import { followThemeButton } from "../lib/theme.ts";

const button = document.querySelector<HTMLElement>("[data-theme-button]");
if (button !== null) followThemeButton(button);
