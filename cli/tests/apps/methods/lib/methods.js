export const METHODS = ["GET"];
