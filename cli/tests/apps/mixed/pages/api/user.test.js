import { helper } from "./user";

test("helper", () => helper);
