import "../styles/office.css";
