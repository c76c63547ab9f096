export * from "./types";
export type { Failure as ApiFailure } from "./failure";
