export { default } from "some-package/handler";
