import "../styles/staff.css";
