export const limit = "2mb";
