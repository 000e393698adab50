import "../styles/office.css";
import { pageData } from "../lib/dom.ts";
import { type FeeData, previewFee } from "../office/terms.ts";

const data = pageData<FeeData>("fee-data");
for (const form of document.querySelectorAll<HTMLFormElement>("form[data-terms]")) previewFee(form, data);
