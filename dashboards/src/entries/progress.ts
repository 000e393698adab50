import "../styles/office.css";
import { need } from "../lib/dom.ts";
import { followProgress, progressOf } from "../office/progress.ts";

const card = need("[data-testid=progress]");
followProgress(card, progressOf(card));
