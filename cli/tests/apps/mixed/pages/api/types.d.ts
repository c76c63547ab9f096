declare type Id = string;
