export type Failure = { error: { code: 400 | 404 | 500; message: string; details?: { [field: string]: string[] } } };
