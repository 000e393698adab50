import "../styles/door.css";
import { watchForUpdates } from "../adapters/updates.ts";
import { App } from "../app.ts";
import { restoreTheme } from "../ui/theme.ts";

restoreTheme();
const root = document.getElementById("door");
if (root === null) throw new Error("the shell has no #door");
new App(root, watchForUpdates("/door/sw.js", "/door/")).run();
