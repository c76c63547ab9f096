import { handlers } from "../../../lib/wrap";

export default handlers({
  GET: import("./_get"),
  POST: import("./_post"),
});
