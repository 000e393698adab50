import "../styles/office.css";
import { followChosen } from "../office/refund.ts";

const form = document.querySelector<HTMLFormElement>("form[data-refund]");
if (form !== null) followChosen(form);
