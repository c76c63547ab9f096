import { report } from "../../lib/report";

export default report;
